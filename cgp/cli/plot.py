"""``cgp plot``: pictures of what the store holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cgp.cli.console import fail, output
from cgp.cli.standings import StandingsView, read_standings
from cgp.config import Settings
from cgp.store import StoreError

app = typer.Typer(help="Draw pictures of what the store holds.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Draw pictures of what the store holds."""


@app.command()
def rewards(
    to: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .png, .svg or .pdf.")
    ] = Path("rewards.png"),
    store: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of the store (default: the settings')")
    ] = None,
) -> None:
    """Draw standings, the bell curve and the rewards."""
