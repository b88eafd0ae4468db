"""Accounts of model calls: calls, tokens and money by day, model and purpose; and the budgets.

Money is reserved before a call (the most that it can cost) and settled after it (its true cost),
in one SQLite file shared by all processes of a data folder. So calls that run at the same
time, here or in another process, cannot exceed a budget together, and a process that dies leaves
its reservation standing for the day instead of forgetting its possible cost.
"""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from cgp.annotators.errors import BudgetExhaustedError
from cgp.sqlite_worker import SqliteWorker

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    day TEXT NOT NULL, model TEXT NOT NULL, purpose TEXT NOT NULL,
    calls INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    cached INTEGER NOT NULL DEFAULT 0, unpriced INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
    usd REAL NOT NULL DEFAULT 0, presumed_usd REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (day, model, purpose)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reservations (
    id TEXT PRIMARY KEY, run TEXT NOT NULL, day TEXT NOT NULL, model TEXT NOT NULL,
    purpose TEXT NOT NULL, usd REAL NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of one call; ``usd`` is ``None`` where no price is known.

    ``presumed`` says that the money is the most that the call can have cost, because the answer
    that would tell was lost.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    failed: bool = False
    presumed: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Sums for one day (UTC), model and purpose.

    ``calls`` were made (of which ``failed`` gave no answer and ``unpriced`` have no known price),
    ``cached`` were answered without a call. ``usd`` includes ``presumed_usd``, the most that calls
    with a lost answer can have cost.
    """

    day: str
    model: str
    purpose: str
    calls: int
    failed: int
    cached: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    usd: float
    presumed_usd: float


@dataclass(frozen=True, slots=True)
class Budget:
    """The most USD to spend in a UTC day (all processes) and in this run; ``None``: no limit."""

    day: float | None = None
    run: float | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one call."""

    id: str
    day: str
    model: str
    purpose: str
    usd: float


def costs_file(data_dir: Path) -> Path:
    """Return the file of the accounts in a data folder."""
    return data_dir / "llm-costs.sqlite"


def today() -> date:
    """Return the current date, UTC."""
    return datetime.now(UTC).date()


class CostLedger:
    """The accounts in one SQLite file, and the budgets of one run."""

    def __init__(
        self, path: Path, budget: Budget | None = None, *, day: Callable[[], date] = today
    ) -> None:
        self._worker = SqliteWorker(path, _SCHEMA)
        self._budget = budget or Budget()
        self._day = day
        self._run = uuid.uuid4().hex
        # Only the worker's thread touches it, so that it agrees with the file.
        self._spent_in_run = 0.0

    def reservation(self, model: str, purpose: str, usd: float) -> Reservation:
        """Return a reservation of today, not yet made."""
        return Reservation(uuid.uuid4().hex, self._day().isoformat(), model, purpose, usd)

    async def reserve(self, reservation: Reservation) -> None:
        """Set the money of a call aside.

        Raises:
            BudgetExhaustedError: if the call could exceed a budget; then nothing is set aside.
        """
        await self._worker.run(lambda connection: self._reserve(connection, reservation))

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Replace a reservation by the real usage (``None``: no call was made), soon.

        Does not wait, so it works while being cancelled; a reservation that was refused or is
        settled already is left alone.
        """
        self._worker.submit(lambda connection: self._settle(connection, reservation, usage))

    async def count_cached(self, model: str, purpose: str) -> None:
        """Count an answer that needed no call."""
        day = self._day().isoformat()
        await self._worker.run(
            lambda connection: _add(connection, (day, model, purpose), {"cached": 1})
        )

    async def accounts(self, *, since: date | None = None) -> list[Account]:
        """Return the accounts from ``since`` on, the newest day first."""
        return await self._worker.run(lambda connection: _accounts(connection, since))

    async def close(self) -> None:
        """Write the settled costs and close the file. Idempotent."""
        await self._worker.close()

    def _reserve(self, connection: sqlite3.Connection, reservation: Reservation) -> None:
        # What a process that died had set aside counts for its day; then it can go.
        connection.execute(
            "DELETE FROM reservations WHERE day < date(?, '-2 days')", (reservation.day,)
        )
        day_limit, run_limit = self._budget.day, self._budget.run
        if day_limit is not None:
            expense = _spent_on(connection, reservation.day)
            _check("LLM_DAILY_BUDGET", day_limit, expense, reservation)
        if run_limit is not None:
            expense = self._spent_in_run + _reserved_by(connection, self._run)
            _check("LLM_RUN_BUDGET", run_limit, expense, reservation)
        connection.execute(
            "INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?)",
            (
                reservation.id,
                self._run,
                reservation.day,
                reservation.model,
                reservation.purpose,
                reservation.usd,
            ),
        )

    def _settle(
        self, connection: sqlite3.Connection, reservation: Reservation, usage: Usage | None
    ) -> None:
        row_count = connection.execute(
            "DELETE FROM reservations WHERE id = ?", (reservation.id,)
        ).rowcount
        if not row_count or usage is None:
            return
        usd = usage.usd or 0.0
        _add(
            connection,
            (reservation.day, reservation.model, reservation.purpose),
            {
                "calls": 1,
                "failed": int(usage.failed),
                "unpriced": int(usage.usd is None),
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "usd": usd,
                "presumed_usd": usd if usage.presumed else 0.0,
            },
        )
        self._spent_in_run += usd


async def read_accounts(path: Path, *, since: date | None = None) -> list[Account]:
    """Return the accounts of a ledger's file; none if there is no file."""
    if not await asyncio.to_thread(path.exists):
        return []
    ledger = CostLedger(path)
    try:
        return await ledger.accounts(since=since)
    finally:
        await ledger.close()


def _check(setting: str, limit: float, expense: float, reservation: Reservation) -> None:
    # The sums are of floats: a budget of ten equal calls must allow the tenth.
    if expense + reservation.usd > limit + 1e-9:
        raise BudgetExhaustedError(
            f"{setting} of ${limit:g} is spent: ${expense:.4f} are used or set aside and a call to"
            f" {reservation.model} for {reservation.purpose} can cost ${reservation.usd:.4f}"
        )


def _spent_on(connection: sqlite3.Connection, day: str) -> float:
    (usd,) = connection.execute(
        "SELECT (SELECT TOTAL(usd) FROM accounts WHERE day = :day)"
        " + (SELECT TOTAL(usd) FROM reservations WHERE day = :day)",
        {"day": day},
    ).fetchone()
    return float(usd)


def _reserved_by(connection: sqlite3.Connection, run: str) -> float:
    (usd,) = connection.execute(
        "SELECT TOTAL(usd) FROM reservations WHERE run = ?", (run,)
    ).fetchone()
    return float(usd)


def _add(
    connection: sqlite3.Connection, key: tuple[str, str, str], sums: dict[str, int | float]
) -> None:
    connection.execute("INSERT OR IGNORE INTO accounts (day, model, purpose) VALUES (?, ?, ?)", key)
    # The column names are this module's own, never data.
    changes = ", ".join(f"{column} = {column} + ?" for column in sums)
    connection.execute(
        f"UPDATE accounts SET {changes} WHERE day = ? AND model = ? AND purpose = ?",  # noqa: S608
        (*sums.values(), *key),
    )


def _accounts(connection: sqlite3.Connection, since: date | None) -> list[Account]:
    rows = connection.execute(
        "SELECT day, model, purpose, calls, failed, cached, unpriced, input_tokens, output_tokens,"
        " usd, presumed_usd FROM accounts WHERE day >= ? ORDER BY day DESC, model, purpose",
        (since.isoformat() if since else "",),
    )
    return [Account(*row) for row in rows]
