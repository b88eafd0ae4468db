"""Answers already paid for: a bounded SQLite file, keyed by everything that an answer depends on.

The key is a hash of the question (prompts, schema and quoted content), the model, its address and
the sampling parameters. Several processes may share the file: a claim keeps a second one from
asking the same question meanwhile.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cgp.sqlite_worker import SqliteWorker

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, body TEXT NOT NULL, size INTEGER NOT NULL, used REAL NOT NULL,
    expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used);
CREATE TABLE IF NOT EXISTS claims (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL);
INSERT OR IGNORE INTO total VALUES (1, 0);
CREATE TRIGGER IF NOT EXISTS answer_added AFTER INSERT ON answers BEGIN
    UPDATE total SET size = size + new.size; END;
CREATE TRIGGER IF NOT EXISTS answer_removed AFTER DELETE ON answers BEGIN
    UPDATE total SET size = size - old.size; END;
"""
_ROW_OVERHEAD = 200
_NEVER = 1e15


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """Entry of a question: the annotation, or the reason why there is none."""

    metadata: dict[str, Any] | None
    problem: str | None = None


class AnswerCache:
    """Answers by key, at most ``max_bytes`` of them; the least recently used leave first.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self, path: Path, max_bytes: int, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._worker = SqliteWorker(path, _SCHEMA)
        self._max_bytes = max_bytes
        self._clock = clock

    async def get(self, key: str) -> CachedAnswer | None:
        """Return the entry under ``key``, and count it as used."""
        return await self._worker.run(lambda connection: self._get(connection, key))

    async def put(self, key: str, answer: CachedAnswer, *, seconds: float | None = None) -> None:
        """Keep ``answer`` (for so many seconds, or until room is needed) and drop its claim."""
        body = json.dumps([answer.metadata, answer.problem], ensure_ascii=False)
        expires = _NEVER if seconds is None else self._clock() + seconds
        await self._worker.run(lambda connection: self._put(connection, key, body, expires))

    async def claim(self, key: str, owner: str, seconds: float) -> bool:
        """Say that ``owner`` is asking now; ``False`` if another owner is.

        A claim that was not released (its process died) ends after ``seconds``.
        """
        return await self._worker.run(
            lambda connection: self._claim(connection, key, owner, seconds)
        )

    def release(self, key: str, owner: str) -> None:
        """Give a claim back, soon; does not wait, so it works while being cancelled."""
        self._worker.submit(
            lambda connection: (
                connection.execute(
                    "DELETE FROM claims WHERE key = ? AND owner = ?", (key, owner)
                ).rowcount
            )
        )

    async def size(self) -> int:
        """Return the bytes counted against ``max_bytes``."""
        return await self._worker.run(_size)

    async def close(self) -> None:
        """Close the file. Idempotent."""
        await self._worker.close()

    def _get(self, connection: sqlite3.Connection, key: str) -> CachedAnswer | None:
        now = self._clock()
        row = connection.execute(
            "SELECT body, used FROM answers WHERE key = ? AND expires > ?", (key, now)
        ).fetchone()
        if row is None:
            return None
        if now - row[1] > 60:  # writing the time of use at most once a minute spares the disk
            connection.execute("UPDATE answers SET used = ? WHERE key = ?", (now, key))
        metadata, problem = json.loads(row[0])
        return CachedAnswer(metadata, problem)

    def _put(self, connection: sqlite3.Connection, key: str, body: str, expires: float) -> None:
        size = len(body.encode()) + len(key) + _ROW_OVERHEAD
        connection.execute("DELETE FROM claims WHERE key = ?", (key,))
        connection.execute("DELETE FROM answers WHERE key = ?", (key,))
        # An answer larger than the whole cache would only drive out all others.
        if size > self._max_bytes:
            return
        connection.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?)", (key, body, size, self._clock(), expires)
        )
        # The answers that were used longest ago go first, and never the new one.
        while _size(connection) > self._max_bytes:
            connection.execute(
                "DELETE FROM answers WHERE key IN"
                " (SELECT key FROM answers WHERE key != ? ORDER BY used LIMIT 16)",
                (key,),
            )

    def _claim(self, connection: sqlite3.Connection, key: str, owner: str, seconds: float) -> bool:
        now = self._clock()
        connection.execute("DELETE FROM claims WHERE expires <= ?", (now,))
        connection.execute(
            "INSERT OR IGNORE INTO claims VALUES (?, ?, ?)", (key, owner, now + seconds)
        )
        row = connection.execute("SELECT owner FROM claims WHERE key = ?", (key,)).fetchone()
        return bool(row[0] == owner)


def _size(connection: sqlite3.Connection) -> int:
    (size,) = connection.execute("SELECT size FROM total").fetchone()
    return int(size)
