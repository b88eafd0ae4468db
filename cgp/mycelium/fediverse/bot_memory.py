"""Memory of the bot in a SQLite file: how far it has read, questions, and posts it is to write.

A question and its answer's draft change places in one transaction. A draft is claimed before it is
sent, so after a crash it is known which posts may be out already.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp.mycelium.fediverse.actor_records import WorkState
from cgp.sqlite_worker import SqliteWorker

MAX_WAITING: Final = 2000
"""Most questions that wait; in a flood the later ones get no answer."""

_KEPT_SECONDS: Final = 90 * 86_400.0

# A draft that is claimed was sent, or was about to be: whether it arrived is not certain.
_CLAIM: Final = "claimed"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (feed TEXT PRIMARY KEY, post TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions (
    number INTEGER PRIMARY KEY, post TEXT NOT NULL UNIQUE, author TEXT NOT NULL,
    handle TEXT NOT NULL, text TEXT NOT NULL, visibility TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS drafts (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, reply_to TEXT NOT NULL,
    visibility TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    claimed_at REAL NOT NULL DEFAULT 0, post TEXT NOT NULL DEFAULT '', at REAL NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class BotQuestion:
    """A post that asks the bot. ``text`` is plain, and is data of its author."""

    post: str
    author: str
    handle: str
    text: str
    visibility: str


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A post that the bot is to write once; ``key`` names it, ``reply_to`` is empty for news."""

    key: str
    reply_to: str
    visibility: str
    text: str


class BotMemory:
    """Holds what the bot must not forget. Times are seconds since 1970."""

    def __init__(self, file: Path) -> None:
        self._worker = SqliteWorker(file, _SCHEMA)

    async def close(self) -> None:
        """Close the file. Idempotent."""
        await self._worker.close()

    async def mark(self, feed: str) -> str:
        """Return the last post that was read of a feed, empty if none was."""
        rows = await self._worker.rows("SELECT post FROM marks WHERE feed = ?", (feed,))
        return str(rows[0][0]) if rows else ""

    async def add_questions(
        self, feed: str, mark: str, questions: Sequence[BotQuestion], now: float
    ) -> None:
        """Keep the questions of a page and how far the feed is read, together."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (feed, mark))
            # A post is not read twice, so what was answered long ago need not be remembered.
            for table in ("questions", "drafts"):
                connection.execute(
                    f"DELETE FROM {table} WHERE state NOT IN ('waiting', ?) AND at < ?",  # noqa: S608 - names of our own
                    (_CLAIM, now - _KEPT_SECONDS),
                )
            (waiting,) = connection.execute(
                "SELECT COUNT(*) FROM questions WHERE state = ?", (WorkState.WAITING,)
            ).fetchone()
            for question in questions[: max(0, MAX_WAITING - waiting)]:
                connection.execute(
                    "INSERT OR IGNORE INTO questions "
                    "(post, author, handle, text, visibility, at) VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        question.post,
                        question.author,
                        question.handle,
                        question.text,
                        question.visibility,
                        now,
                    ),
                )

        await self._worker.run(write)

    async def waiting_questions(self, limit: int = 32) -> list[BotQuestion]:
        """Return questions that have no draft yet: the oldest of each server, then the second.

        So the many that one server asks do not delay those of the others.
        """
        rows = await self._worker.rows(
            # A handle without a server, of the bot's own instance, is taken for one.
            "SELECT post, author, handle, text, visibility FROM (SELECT *, ROW_NUMBER() OVER "
            "(PARTITION BY substr(handle, instr(handle, '@')) ORDER BY number) AS turn "
            "FROM questions WHERE state = ?) ORDER BY turn, number LIMIT ?",
            (WorkState.WAITING, limit),
        )
        return [BotQuestion(*row) for row in rows]

    async def drop_question(self, post: str) -> None:
        """Leave a question without an answer."""
        await self._worker.run(
            lambda connection: connection.execute(
                "UPDATE questions SET state = ?, text = '' WHERE post = ?",
                (WorkState.FAILURE, post),
            )
        )

    async def add_draft(self, draft: ReplyDraft, now: float) -> bool:
        """Keep a draft, and mark the question that it answers; False if it is kept already."""

        def write(connection: sqlite3.Connection) -> bool:
            # The words of a person are not kept beyond need.
            connection.execute(
                "UPDATE questions SET state = ?, text = '' WHERE post = ?",
                (WorkState.SUCCESS, draft.reply_to),
            )
            return (
                connection.execute(
                    "INSERT OR IGNORE INTO drafts (key, reply_to, visibility, text, at) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (draft.key, draft.reply_to, draft.visibility, draft.text, now),
                ).rowcount
                == 1
            )

        return await self._worker.run(write)

    async def waiting_drafts(self) -> list[ReplyDraft]:
        """Return the drafts that were surely not sent, the oldest first."""
        return await self._drafts("state = ? ORDER BY number", (WorkState.WAITING,))

    async def uncertain_drafts(self, before: float) -> list[ReplyDraft]:
        """Return the drafts that were claimed before a time and may be out."""
        return await self._drafts("state = ? AND claimed_at <= ? ORDER BY number", (_CLAIM, before))

    async def claim(self, draft: ReplyDraft, now: float) -> None:
        """Note that a draft is about to be sent."""
        await self._set(draft, _CLAIM, claimed_at=now)

    async def release(self, draft: ReplyDraft) -> None:
        """Note that a claimed draft was surely not sent."""
        await self._set(draft, WorkState.WAITING)

    async def finish(self, draft: ReplyDraft, post: str) -> None:
        """Note the post that a draft became."""
        await self._set(draft, WorkState.SUCCESS, post=post)

    async def give_up(self, draft: ReplyDraft) -> None:
        """Note that a draft was refused for good."""
        await self._set(draft, WorkState.FAILURE)

    async def _set(
        self, draft: ReplyDraft, state: str, *, claimed_at: float = 0.0, post: str = ""
    ) -> None:
        await self._worker.run(
            lambda connection: connection.execute(
                "UPDATE drafts SET state = ?, claimed_at = ?, post = ? WHERE key = ?",
                (state, claimed_at, post, draft.key),
            )
        )

    async def _drafts(self, condition: str, values: tuple[object, ...]) -> list[ReplyDraft]:
        rows = await self._worker.rows(
            f"SELECT key, reply_to, visibility, text FROM drafts WHERE {condition}",  # noqa: S608 - conditions of our own
            values,
        )
        return [ReplyDraft(*row) for row in rows]
