"""``cgp serve``: the CGP API and the explorer's pages over this machine's store."""

from __future__ import annotations

import asyncio
import importlib.util
from functools import partial
from typing import Annotated

import bittensor as bt
import typer
from rich.markup import escape

from cgp.api.server import Extension, is_loopback, serve_api
from cgp.chain import ChainSetupError
from cgp.cli.console import fail, messages
from cgp.config import Settings
from cgp.extras import how_to_install, require_package
from cgp.telemetry import configure_logging


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to bind (default: API_HOST).", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port to bind (default: API_PORT).", show_default=False
        ),
    ] = None,
    validators: Annotated[
        str | None,
        typer.Option(
            help="Hotkeys that may validate, with commas (default: API_VALIDATORS, or else the "
            "permitted validators of the subnet).",
            show_default=False,
        ),
    ] = None,
    web: Annotated[
        bool | None,
        typer.Option(
            "--web/--no-web",
            help="Serve the explorer's pages beside the API (default: if the extra web is installed).",
            show_default=False,
        ),
    ] = None,
    read_only: Annotated[
        bool,
        typer.Option(
            "--read-only",
            help="Serve readers only: no validator may call, no wallet, no chain, no upgrade of an "
            "older store.",
        ),
    ] = False,
    operator: Annotated[
        bool,
        typer.Option(
            "--operator", help="Show what only the operator may see, on this machine's own address."
        ),
    ] = False,
) -> None:
    """Serve the CGP API and the explorer: validators take conversations, importers bring them,
    anyone reads.

    Runs until Ctrl-C. The pages are at the address that is printed; the API is described at
    /openapi.json. Keys for importers: `cgp keys create`.
    """
    settings = Settings()
    options = {"host": host, "port": port, "validators": validators}
    changes = {name: value for name, value in options.items() if value is not None}
    settings = settings.model_copy(update={"api": settings.api.model_copy(update=changes)})
    configure_logging(settings.log)
    # A miner that saw hidden gold windows would know them when they come.
    if operator and not is_loopback(settings.api.host):
        fail(
            f"--operator: {settings.api.host} can be reached by others, and the pages hold hidden gold",
            hint="serve on --host 127.0.0.1, and reach it by an SSH tunnel",
        )
    if not is_loopback(settings.api.host):
        messages.print(
            f"[yellow]Others can reach {escape(settings.api.host)}.[/] "
            "What they read is redacted; TLS is for a proxy in front (docs/security.md)."
        )
    # The three answers: --no-web leaves the pages out, --web needs them, and without either they
    # come where they can.
    extend = None if web is False else _explorer(operator=operator, is_asked=bool(web))
    try:
        asyncio.run(serve_api(settings, extend, read_only=read_only))
    # Other errors have their remedies in `cgp.cli.errors`: a port in use, a full disk, a locked
    # store.
    except (ChainSetupError, ValueError, bt.BittensorError) as error:
        hint = "name the validators with --validators to serve without a chain"
        fail(str(error), hint=hint if isinstance(error, ChainSetupError) else "", status=1)


def _explorer(*, operator: bool, is_asked: bool) -> Extension | None:
    """Return the function that adds the pages, None if they are neither here nor asked for."""
    if is_asked or operator:
        require_package("jinja2")
    if importlib.util.find_spec("jinja2") is None:
        line = how_to_install("web")
        # Escaped and unwrapped: the extra's name stands in brackets, and the line is to be copied.
        messages.print(
            f"The API alone, without pages for people; they need: {escape(line)}",
            highlight=False,
            soft_wrap=True,
        )
        return None
    # Only here: without the extra there is nothing to import.
    from cgp.explorer.serving import explorer_pages

    return partial(explorer_pages, operator=operator)
