"""``cgp costs``: questions to the models, and their cost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cgp.annotators.costs import Account, costs_file, read_accounts, today
from cgp.cli.console import fail, messages, output, write_json
from cgp.config import Settings
from cgp.counts import counted

_COLUMNS = ("calls", "failed", "cached", "input tokens", "output tokens", "USD")


def costs(
    days: Annotated[int, typer.Option(min=1, help="How many days to show, today included.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show calls, tokens and money by day (UTC), model and purpose."""
    file = costs_file(Settings().data_dir)
    try:
        accounts = asyncio.run(read_accounts(file, since=today() - timedelta(days=days - 1)))
    except sqlite3.Error as error:
        fail(f"{file}: {error}", status=1)
    if as_json:
        write_json([asdict(account) for account in accounts])
    elif accounts:
        output.print(costs_table(accounts))
        for note in _notes(accounts):
            messages.print(note, highlight=False)
    else:
        messages.print(f"no model was asked in the last {counted(days, 'day')}", highlight=False)


def costs_table(accounts: Sequence[Account]) -> Table:
    """Return the accounts as a table with a line for their sum."""
    table = Table("day", "model", "purpose", box=None, pad_edge=False, show_footer=True)
    sums = _sums(accounts)
    table.columns[0].footer = "total"
    # Sums are the columns' footers: they are known before the first row.
    for column, total in zip(_COLUMNS, sums, strict=True):
        table.add_column(column, footer=total, justify="right")
    for account in accounts:
        table.add_row(
            account.day, escape(account.model), escape(account.purpose), *_sums([account])
        )
    return table


def _sums(accounts: Sequence[Account]) -> tuple[str, ...]:
    """Return the formatted sums for ``_COLUMNS``."""
    counts = (
        sum(account.calls for account in accounts),
        sum(account.failed for account in accounts),
        sum(account.cached for account in accounts),
        sum(account.input_tokens for account in accounts),
        sum(account.output_tokens for account in accounts),
    )
    usd = f"{sum(account.usd for account in accounts):.4f}"
    if any(account.unpriced for account in accounts):
        # Some calls have no known price, so the sum alone would be too small.
        usd = f"{usd} + ?"
    return (*(f"{count:,}" for count in counts), usd)


def _notes(accounts: Sequence[Account]) -> list[str]:
    notes = []
    if calls_without_price := sum(account.unpriced for account in accounts):
        notes.append(
            f"no known price for {counted(calls_without_price, 'call')} (+ ?): set LLM_PRICE_INPUT and LLM_PRICE_OUTPUT"
        )
    if presumed_usd := sum(account.presumed_usd for account in accounts):
        notes.append(
            f"${presumed_usd:.4f} of it is the most that calls without a complete answer can have cost"
        )
    return notes
