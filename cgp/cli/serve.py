"""``cgp serve``: the CGP API over this machine's store."""

from __future__ import annotations

import asyncio
from typing import Annotated

import bittensor as bt
import typer
from sqlalchemy.exc import SQLAlchemyError

from cgp.api.server import serve_api
from cgp.chain import ChainSetupError
from cgp.cli.console import fail
from cgp.config import Settings
from cgp.store import StoreError
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
) -> None:
    """Serve the CGP API: validators take conversations, importers bring them, anyone reads results.

    Runs until Ctrl-C. Its description is at /openapi.json. Keys for importers: `cgp keys create`.
    """
    settings = Settings()
    given = {"host": host, "port": port, "validators": validators}
    changed = {name: value for name, value in given.items() if value is not None}
    settings = settings.model_copy(update={"api": settings.api.model_copy(update=changed)})
    configure_logging(settings.log)
    try:
        asyncio.run(serve_api(settings))
    except (
        ChainSetupError,
        StoreError,
        SQLAlchemyError,
        ValueError,
        OSError,
        bt.BittensorError,
    ) as error:
        hint = "name the validators with --validators to serve without a chain"
        fail(str(error), hint=hint if isinstance(error, ChainSetupError) else "", status=1)
