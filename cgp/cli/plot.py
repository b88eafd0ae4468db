"""``cgp plot``: pictures of the store's standings and rewards."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from cgp.cli.console import fail, output
from cgp.config import Settings
from cgp.scoring import Standing
from cgp.scoring.plot import plot_rewards
from cgp.store import Store, StoreError

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", add_completion=False)


@app.callback()
def _plot() -> None:
    """Draw pictures of the store's standings and rewards."""


@app.command()
def rewards(
    picture: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .png, .svg or .pdf.")
    ] = Path("rewards.png"),
    store: Annotated[
        Path | None,
        typer.Option(help="SQLite file of a store, e.g. the localnet's (default: the settings')."),
    ] = None,
) -> None:
    """Draw the miners' standings, the bell curve and the rewards they were paid last."""
    if store is not None and not store.is_file():
        fail(f"{store}: no such file")
    url = Settings().store_url if store is None else f"sqlite:///{store.absolute()}"
    try:
        with closing(Store(url)) as open_store:
            standings, pay = _latest(open_store)
    except StoreError as error:
        fail(str(error), status=1)
    if not standings:
        fail("the store holds no standings yet", status=1)
    try:
        plot_rewards(standings, picture, weights=pay)
    except ValueError as error:
        fail(str(error))
    except (RuntimeError, OSError) as error:
        fail(str(error), status=1)
    output.print(f"{len(standings)} standings drawn to {picture}", markup=False)


def _latest(store: Store) -> tuple[dict[str, Standing], dict[str, float] | None]:
    """Return the standings of the validator that scored last, and the rewards it set last."""
    for validator, rule_version in store.validators():
        standings = {
            record.hotkey: Standing.from_json(record.standing)
            for record in store.standings_of(validator, rule_version)
        }
        # The first is the one that scored last; the others are of earlier runs or rules.
        weights = store.last_weights(validator)
        return standings, dict(weights.rewards) if weights else None
    return {}, None
