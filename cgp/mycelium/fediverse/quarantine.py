"""Quarantine: items that people propose, kept apart until the operator accepts them.

Nothing that a stranger writes enters a catalogue or a graph by itself.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp.sqlite_worker import SqliteWorker

MAX_TEXT: Final = 1000
MAX_WAITING: Final = 1000
MAX_PER_AUTHOR: Final = 20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS proposals (
    post TEXT PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item that a person proposed in a post. ``text`` is data of its author."""

    post: str
    author: str
    text: str


class Quarantine:
    """Proposals in a SQLite file."""

    def __init__(self, file: Path) -> None:
        self._worker = SqliteWorker(file, _SCHEMA)

    async def add(self, proposal: Proposal) -> bool:
        """Keep a proposal, once for each post; False if too many wait, of all or of its author."""

        def write(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "SELECT COUNT(*), COUNT(*) FILTER (WHERE author = ?), "
                "COUNT(*) FILTER (WHERE post = ?) FROM proposals",
                (proposal.author, proposal.post),
            ).fetchone()
            total, of_author, of_post = row
            # After a crash the same post may be answered anew; its proposal is here then.
            if of_post:
                return True
            if total >= MAX_WAITING or of_author >= MAX_PER_AUTHOR:
                return False
            connection.execute(
                "INSERT INTO proposals VALUES (?, ?, ?)",
                (proposal.post, proposal.author, proposal.text[:MAX_TEXT]),
            )
            return True

        return await self._worker.run(write)

    async def proposals(self) -> list[Proposal]:
        """Return all that wait, the oldest first."""
        rows = await self._worker.rows("SELECT post, author, text FROM proposals ORDER BY rowid")
        return [Proposal(*row) for row in rows]

    async def remove(self, post: str) -> bool:
        """Take a proposal out, accepted or not; False if there is none of that post."""
        return await self._worker.run(
            lambda connection: (
                connection.execute("DELETE FROM proposals WHERE post = ?", (post,)).rowcount == 1
            )
        )

    async def close(self) -> None:
        """Close the file. Idempotent."""
        await self._worker.close()
