"""``cgp state``: the contents of the store, and its repair."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.markup import escape

from cgp.cli.console import fail, output, write_json
from cgp.config import Settings
from cgp.store import Store, StoreError


def state(
    repair: Annotated[
        bool, typer.Option("--repair", help="Make leases and states agree again.")
    ] = False,
    requeue_failed: Annotated[
        bool,
        typer.Option("--requeue-failed", help="Put conversations that were given up back in line."),
    ] = False,
    prune: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="DAYS",
            help="Drop answers and scores of conversations done so many days ago.",
        ),
    ] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Give free room back to the disk.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Show the store, repair it, re-queue failures, prune and compact it. All safe in use."""
    try:
        store = Store(Settings().store_url)
    except StoreError as error:
        fail(str(error), hint="cgp doctor validator says more", status=1)
    with contextlib.closing(store):
        try:
            changes = _change(
                store, repair=repair, requeue=requeue_failed, prune=prune, compact=compact
            )
            page = _show(store) | changes
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            fail(f"{store.url}: {error}", hint="is the disk full, or the store locked?", status=1)
    if as_json:
        write_json(page)
        return
    for name, value in page.items():
        text = (
            ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else value
        )
        output.print(f"{name}: {escape(str(text))}", highlight=False)


def _change(
    store: Store, *, repair: bool, requeue: bool, prune: float | None, compact: bool
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    # In this order: what is repaired may then be re-queued, and the room of what is pruned is only
    # then given back.
    if repair:
        repair_counts = store.repair()
        changes["repaired"] = {
            "leases dropped": repair_counts.leases_dropped,
            "conversations freed": repair_counts.conversations_freed,
        }
    if requeue:
        changes["re-queued"] = store.requeue_failed()
    if prune is not None:
        changes["answers dropped"] = store.prune(prune)
    if compact:
        store.compact()
        changes["compacted"] = True
    return changes


def _show(store: Store) -> dict[str, Any]:
    windows = store.count_windows()
    return {
        "store": store.url,
        "conversations": store.count_conversations(),
        "windows": {"done": windows.done, "known": windows.total},
        "rows": store.sizes(),
        "failed because": dict(store.failure_reasons().most_common(10)),
        "standings": {
            f"{validator} ({version})": len(store.standings_of(validator, version))
            for validator, version in store.validators()
        },
    }
