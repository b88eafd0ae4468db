"""Statistics of experts' calls, kept in the ledger's database. Nothing is paid for calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from cgp.experts.ledger import Ledger

_SCHEMA = """
CREATE TABLE IF NOT EXISTS usage (
  name TEXT PRIMARY KEY, calls INTEGER NOT NULL, seconds REAL NOT NULL, remote INTEGER NOT NULL,
  failed INTEGER NOT NULL, last_at INTEGER NOT NULL)
"""
_COLUMNS = "name, calls, seconds, remote, failed, last_at"


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of an expert: their number, their seconds together, those that a node answered, those
    that nobody could answer, and the Unix time of the last one.
    """

    name: str
    calls: int
    seconds: float
    remote: int
    failed: int
    last_at: int


class UsageBook:
    """The statistics of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.transact(lambda connection: connection.execute(_SCHEMA).close())

    def add(self, uses: Iterable[Usage]) -> None:
        """Add the calls of a window, in one transaction."""
        rows = [(u.name, u.calls, u.seconds, u.remote, u.failed, u.last_at) for u in uses]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                f"INSERT INTO usage ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name)"  # noqa: S608 - columns are ours
                " DO UPDATE SET calls = calls + excluded.calls, seconds = seconds + excluded.seconds,"
                " remote = remote + excluded.remote, failed = failed + excluded.failed,"
                " last_at = MAX(last_at, excluded.last_at)",
                rows,
            )

        self._ledger.transact(write)

    def of(self, name: str) -> Usage | None:
        """Return the statistics of an expert, None where it was never called."""
        rows = self._rows("WHERE name = ?", (name,))
        return rows[0] if rows else None

    def top(self, limit: int) -> list[Usage]:
        """Return the experts with the most calls, the most first."""
        return self._rows("ORDER BY calls DESC, name LIMIT ?", (limit,))

    def _rows(self, rest: str, values: tuple[object, ...]) -> list[Usage]:
        query = f"SELECT {_COLUMNS} FROM usage {rest}"  # noqa: S608 - as above
        return self._ledger.transact(
            lambda connection: [Usage(*row) for row in connection.execute(query, values)]
        )
