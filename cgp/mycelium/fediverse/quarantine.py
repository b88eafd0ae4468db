"""Quarantine: items that people propose, kept apart until the operator accepts them.

Nothing that a stranger writes enters a catalogue or a graph by itself.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp.mycelium.fediverse.http_message import authority_of
from cgp.sqlite_worker import SqliteWorker

MAX_TEXT: Final = 1000
MAX_WAITING: Final = 1000
MAX_PER_AUTHOR: Final = 20
MAX_PER_SERVER: Final = 200

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


def _server_of(author: str) -> str:
    """Return the server of an author's address or handle; a handle without one is its own."""
    return authority_of(author) if "://" in author else author.rpartition("@")[2]


class Quarantine:
    """Proposals in a SQLite file."""

    def __init__(self, file: Path) -> None:
        self._worker = SqliteWorker(file, _SCHEMA)

    async def add(self, proposal: Proposal) -> bool:
        """Keep a proposal, once for each post.

        False if too many wait: of all, of its author, or of the author's server, where anybody may
        have any number of accounts.
        """
        server = _server_of(proposal.author)

        def write(connection: sqlite3.Connection) -> bool:
            waiting = dict(connection.execute("SELECT post, author FROM proposals").fetchall())
            # After a crash the same post may be answered anew; its proposal is here then.
            if proposal.post in waiting:
                return True
            authors = list(waiting.values())
            if (
                len(authors) >= MAX_WAITING
                or authors.count(proposal.author) >= MAX_PER_AUTHOR
                or sum(_server_of(author) == server for author in authors) >= MAX_PER_SERVER
            ):
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
