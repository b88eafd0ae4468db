"""``cgp mycelium``: nodes that improve the tag model together, and their fediverse."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from cgp.cli.console import fail, write_json
from cgp.cli.mycelium_nodes import status, timeline, up, wrong_values
from cgp.config import Settings
from cgp.privacy import loggable
from cgp.telemetry import configure_logging

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Improve the tag model together with others, and answer people who write to a node.",
)
for nodes_command in (up, status, timeline):
    app.command()(nodes_command)
NodeFolder = Annotated[
    Path | None,
    typer.Option(
        "--node", help="Folder of a node whose best models are told of.", show_default=False
    ),
]


@app.command()
def bot(node: NodeFolder = None) -> None:
    """Answer people on Mastodon by an account on somebody's instance (docs/fediverse.md).

    Needs MASTODON_INSTANCE_URL and MASTODON_API_KEY. Reads mentions and the hashtag NUTRIAL_TAG.
    """
    settings = Settings()
    configure_logging(settings.log)
    from cgp.mycelium.fediverse.at_work import run_bot

    _run(run_bot(settings, node))


@app.command()
def actor(
    base_url: Annotated[
        str | None,
        typer.Option(
            help="Address that others reach it by (default: FEDIVERSE_BASE_URL).",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port to bind (default: FEDIVERSE_PORT).", show_default=False
        ),
    ] = None,
    node: NodeFolder = None,
) -> None:
    """Serve an actor of one's own to the fediverse, behind a proxy that speaks https."""
    settings = Settings()
    options = {"base_url": base_url, "port": port}
    changes = {name: value for name, value in options.items() if value is not None}
    settings = settings.model_copy(
        update={"fediverse": settings.fediverse.model_copy(update=changes)}
    )
    configure_logging(settings.log)
    from cgp.mycelium.fediverse.at_work import serve_actor

    _run(serve_actor(settings, node))


@app.command()
def proposals(
    remove: Annotated[
        str | None,
        typer.Option(
            help="Take the proposal of this post out, accepted or not.", show_default=False
        ),
    ] = None,
) -> None:
    """List what people proposed with `add:`; nothing of it is used by itself."""
    rows = _run(_proposals(Settings(), remove))
    write_json(
        [{"post": row.post, "author": row.author, "text": loggable(row.text)} for row in rows]
    )


async def _proposals(settings: Settings, remove: str | None) -> list[Any]:
    from cgp.mycelium.fediverse.at_work import quarantine_of

    quarantine = quarantine_of(settings)
    try:
        if remove is not None and not await quarantine.remove(remove):
            fail(f"there is no proposal of the post {remove}", status=1)
        return list(await quarantine.proposals())
    finally:
        await quarantine.close()


def _run(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - the result of the work
    with wrong_values():
        return asyncio.run(work)
