"""``cgp gateway``: the chat gateway."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.errors import CgpError
from cgp.extras import require_package
from cgp.telemetry import configure_logging


def gateway(
    host: Annotated[
        str | None,
        typer.Option(help="Address to bind (default: GATEWAY_HOST).", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port to bind (default: GATEWAY_PORT).", show_default=False
        ),
    ] = None,
    no_keys: Annotated[
        bool,
        typer.Option("--no-keys", help="Ask for no API key; only on this machine's own address."),
    ] = False,
    users: Annotated[
        bool,
        typer.Option(
            "--users", help="Print the users for a NATS cluster's configuration, and end."
        ),
    ] = False,
) -> None:
    """Serve one OpenAI-compatible address in front of workers that dial in.

    Keys: `cgp keys create NAME --scope chat --scope worker`. Workers: `cgp worker`.
    """
    settings = Settings()
    options = {"host": host, "port": port}
    changes = {name: value for name, value in options.items() if value is not None}
    settings = settings.model_copy(update={"gateway": settings.gateway.model_copy(update=changes)})
    configure_logging(settings.log)
    # First: the pages that it serves need another extra, which this one brings along.
    require_package("nats")
    try:
        if users:
            from cgp.chat.gateway import cluster_users

            sys.stdout.write(cluster_users(settings))
            return
        from cgp.chat.gateway import LIMITS, serve_gateway
        from cgp.chat.open_files import allow_open_files

        # A file for each stream, and some for all else.
        allow_open_files(LIMITS.connections + 512)
        asyncio.run(serve_gateway(settings, asks_for_keys=not no_keys))
    except ValueError as error:
        # Other errors have their remedies in `cgp.cli.errors`: a port in use, a full disk.
        fail_by(error, hint=error.remedy if isinstance(error, CgpError) else "", status=1)
