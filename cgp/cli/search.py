"""``cgp search``: windows, conversations and tags of this machine's index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from cgp.cli.console import fail, output, write_json
from cgp.config import Settings
from cgp.embedders.choose import make_embedder
from cgp.search import Filters, GenomeIndex, Hit, Kind, SearchError

_SHOWN_CHARACTERS = 240


def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    kind: Annotated[Kind, typer.Option(help="What to find.")] = "windows",
    source: Annotated[str | None, typer.Option(help="Only conversations from this source.")] = None,
    participant: Annotated[
        str | None, typer.Option(help="Only conversations with this participant.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only conversations with this tag.")] = None,
    after: Annotated[
        datetime | None, typer.Option(help="Only conversations from this time (UTC) on.")
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(help="Only conversations before this time (UTC).")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=100, help="Most results.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Search the index that `cgp index` makes: by words and by meaning at once.

    Exit status: 0, also where nothing is found; 2 if there is no index or the question is wrong.
    """
    settings = Settings()
    filters = Filters(source, participant, tag, _seconds(after), _seconds(before))
    try:
        embedder = make_embedder(settings)
        with GenomeIndex.open(settings.index_dir, embedder, read_only=True) as index:
            hits = index.search(query, kind=kind, filters=filters, count=count)
    except SearchError as error:
        fail(str(error), hint="cgp index (or cgp index FILE...) makes the index")
    except ValueError as error:
        fail(str(error))
    if as_json:
        write_json([asdict(hit) for hit in hits])
    else:
        _show(hits, kind)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.replace(tzinfo=UTC).timestamp()


def _show(hits: Sequence[Hit], kind: Kind) -> None:
    if not hits:
        output.print("nothing found")
    for number, hit in enumerate(hits, 1):
        if kind == "tags":
            many = f"{hit.conversations} conversation{'s' if hit.conversations != 1 else ''}"
            output.print(
                f"{number:3d}  {hit.score:.2f}  [bold]{escape(hit.text)}[/]  [dim]{many}[/]",
                highlight=False,
            )
            continue
        output.print(
            f"{number:3d}  {hit.score:.2f}  [bold]{escape(hit.title or hit.conversation_id)}[/]  "
            f"[dim]{escape(hit.conversation_id)}, turns {hit.start}-{hit.stop - 1}, "
            f"{escape(hit.source)}[/]",
            highlight=False,
        )
        output.print(f"           [green]{escape(', '.join(hit.tags))}[/]", highlight=False)
        output.print(Text(f"           {_shortened(hit.text)}"), highlight=False)


def _shortened(text: str) -> str:
    line = " / ".join(text.split("\n"))
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS].rstrip()}…"
