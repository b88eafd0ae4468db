"""Memory of one actor in a SQLite file: followers, activities, posts, questions and deliveries.

Each method is one transaction. An activity and all that follows from it are written together, so
a program that is killed at any point neither forgets an activity nor acts on it twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Final

from cgp.backoff import pause_after
from cgp.mycelium.fediverse.actor_records import (
    Effects,
    Follower,
    Outgoing,
    PendingDelivery,
    Post,
    Question,
    State,
)
from cgp.sqlite_worker import SqliteWorker

FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 6 * 3600.0
MAX_TRIES: Final = 14
"""Tries of a delivery before it is given up: with the pauses above about two days."""

MAX_WAITING: Final = 50_000
"""Most deliveries that wait. Beyond it the oldest of them are given up."""

MAX_QUESTIONS: Final = 10_000
_SEEN_SECONDS: Final = 14 * 86_400.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen_activities (
    activity TEXT PRIMARY KEY, actor TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen_activities (at);
CREATE TABLE IF NOT EXISTS followers (
    actor TEXT PRIMARY KEY, inbox TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS follows (
    actor TEXT PRIMARY KEY, inbox TEXT NOT NULL, activity TEXT NOT NULL, state TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS posts (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, activity TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY, activity TEXT NOT NULL, inbox TEXT NOT NULL, body BLOB NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, expires REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', fault TEXT NOT NULL DEFAULT '',
    UNIQUE (activity, inbox)
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE TABLE IF NOT EXISTS questions (
    post TEXT PRIMARY KEY, author TEXT NOT NULL, inbox TEXT NOT NULL, handle TEXT NOT NULL,
    text TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', at REAL NOT NULL
) WITHOUT ROWID;
"""


class ActorStore:
    """Holds what an actor must not forget; ``clock`` times come as arguments."""

    def __init__(self, file: Path) -> None:
        self._worker = SqliteWorker(file, _SCHEMA)

    async def close(self) -> None:
        """Close the file. Idempotent."""
        await self._worker.close()

    async def take(self, activity: str, actor: str, effects: Effects, now: float) -> bool:
        """Remember an activity and apply its effects; False if it was remembered already."""

        def write(connection: sqlite3.Connection) -> bool:
            connection.execute("DELETE FROM seen_activities WHERE at < ?", (now - _SEEN_SECONDS,))
            connection.execute(
                "DELETE FROM questions WHERE state != ? AND at < ?",
                (State.WAITING, now - _SEEN_SECONDS),
            )
            new = connection.execute(
                "INSERT OR IGNORE INTO seen_activities VALUES (?, ?, ?)", (activity, actor, now)
            )
            if new.rowcount != 1:
                return False
            _apply(connection, effects, now)
            return True

        return await self._worker.run(write)

    async def add_post(self, post: Post, outgoing: Outgoing, now: float) -> bool:
        """Add a public post of ours with its deliveries; False if it is there already."""

        def write(connection: sqlite3.Connection) -> bool:
            result = connection.execute(
                "INSERT OR IGNORE INTO posts (id, activity, document, at) VALUES (?, ?, ?, ?)",
                (post.id, post.activity, post.document, now),
            )
            is_new = result.rowcount == 1
            if is_new:
                _enqueue(connection, outgoing, now)
            return is_new

        return await self._worker.run(write)

    async def enqueue(self, outgoing: Outgoing, now: float) -> None:
        """Add the deliveries of an activity that is no post."""
        await self._worker.run(lambda connection: _enqueue(connection, outgoing, now))

    async def add_follow(self, follow: Follower, outgoing: Outgoing, now: float) -> bool:
        """Remember that we asked to follow an actor; False if that stands or is on its way."""

        def write(connection: sqlite3.Connection) -> bool:
            # A refused follow may be asked for again, and so may one whose delivery was given up.
            (standing,) = connection.execute(
                "SELECT COUNT(*) FROM follows WHERE actor = ? AND (state = ? OR (state = ? AND "
                "EXISTS (SELECT 1 FROM deliveries WHERE deliveries.activity = follows.activity "
                "AND deliveries.state != ?)))",
                (follow.actor, State.SUCCESS, State.WAITING, State.FAILURE),
            ).fetchone()
            if standing:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO follows VALUES (?, ?, ?, ?)",
                (follow.actor, follow.inbox, outgoing.activity, State.WAITING),
            )
            _enqueue(connection, outgoing, now)
            return True

        return await self._worker.run(write)

    async def answer(self, question: str, outgoing: Outgoing, now: float) -> bool:
        """Answer a question; False if it is answered, or is not there any more."""

        def write(connection: sqlite3.Connection) -> bool:
            if not _end_question(connection, question, State.SUCCESS):
                return False
            _enqueue(connection, outgoing, now)
            return True

        return await self._worker.run(write)

    async def drop_question(self, question: str) -> None:
        """Leave a question without an answer."""
        await self._worker.run(
            lambda connection: _end_question(connection, question, State.FAILURE)
        )

    async def waiting_questions(self, limit: int = 16) -> list[Question]:
        """Return the oldest questions that wait for an answer."""
        rows = await self._worker.rows(
            "SELECT post, author, inbox, handle, text FROM questions WHERE state = ? "
            "ORDER BY at LIMIT ?",
            (State.WAITING, limit),
        )
        return [Question(*row) for row in rows]

    async def followers(self) -> list[Follower]:
        """Return all followers."""
        rows = await self._worker.rows("SELECT actor, inbox FROM followers ORDER BY actor")
        return [Follower(*row) for row in rows]

    async def follow_targets(self) -> set[str]:
        """Return the actors that ours follows, whether they have accepted or not."""
        rows = await self._worker.rows(
            "SELECT actor FROM follows WHERE state != ?", (State.FAILURE,)
        )
        return {actor for (actor,) in rows}

    async def accepted_follows(self) -> set[str]:
        """Return the actors that have accepted that ours follows them."""
        rows = await self._worker.rows(
            "SELECT actor FROM follows WHERE state = ?", (State.SUCCESS,)
        )
        return {actor for (actor,) in rows}

    async def public_posts(self, before: int | None, limit: int) -> list[tuple[int, Post]]:
        """Return public posts with their numbers, the youngest first, below number ``before``."""
        rows = await self._worker.rows(
            "SELECT number, id, activity, document FROM posts WHERE number < ? "
            "ORDER BY number DESC LIMIT ?",
            (1 << 62 if before is None else before, limit),
        )
        return [(number, Post(*columns)) for number, *columns in rows]

    async def public_post(self, address: str) -> str | None:
        """Return the JSON of a public post by its id or its activity's, None if there is none."""
        rows = await self._worker.rows(
            "SELECT document FROM posts WHERE ? IN (id, activity)", (address,)
        )
        return str(rows[0][0]) if rows else None

    async def count_posts(self) -> int:
        """Return the number of public posts."""
        rows = await self._worker.rows("SELECT COUNT(*) FROM posts")
        return int(rows[0][0])

    async def due_deliveries(
        self, now: float, limit: int, besides: Collection[str] = ()
    ) -> list[PendingDelivery]:
        """Return deliveries that are due, one for each inbox, and drop the expired ones.

        Inboxes of ``besides`` are left out: something is on its way to them.
        """

        def read(connection: sqlite3.Connection) -> list[PendingDelivery]:
            # Neither tried nor made again: a node's beats alone would fill the disk.
            connection.execute("DELETE FROM deliveries WHERE expires < ?", (now,))
            # The oldest of each inbox: a server that is away must not fill all places.
            rows = connection.execute(
                "SELECT MIN(number), activity, inbox, body, tries FROM deliveries "
                "WHERE state = ? AND due <= ? AND inbox NOT IN (SELECT value FROM json_each(?)) "
                "GROUP BY inbox ORDER BY 1 LIMIT ?",
                (State.WAITING, now, json.dumps(sorted(besides)), limit),
            )
            return [PendingDelivery(*row) for row in rows]

        return await self._worker.run(read)

    async def next_due(self, besides: Collection[str] = ()) -> float | None:
        """Return the time at which the next delivery is due, None if none waits."""
        rows = await self._worker.rows(
            "SELECT MIN(due) FROM deliveries WHERE state = ? "
            "AND inbox NOT IN (SELECT value FROM json_each(?))",
            (State.WAITING, json.dumps(sorted(besides))),
        )
        return None if rows[0][0] is None else float(rows[0][0])

    async def finish_delivery(self, number: int) -> None:
        """Note that a delivery has arrived."""
        await self._end(number, State.SUCCESS, "")

    async def abandon_delivery(self, number: int, fault: str) -> None:
        """Give a delivery up."""
        await self._end(number, State.FAILURE, fault)

    async def postpone_delivery(
        self, number: int, fault: str, now: float, *, at_least: float = 0.0
    ) -> None:
        """Try a delivery again later, or give it up after ``MAX_TRIES``.

        The pauses double. The first is 30 s, or a twentieth of the delivery's life: a message of a
        round is of no use later. ``at_least`` is the number of seconds that the server asks for.
        """

        def write(connection: sqlite3.Connection) -> None:
            row = connection.execute(
                "SELECT tries, expires FROM deliveries WHERE number = ? AND state = ?",
                (number, State.WAITING),
            ).fetchone()
            # It may have been given up while it was on its way, where too many wait.
            if row is None:
                return
            tries, expires = row
            first = min(FIRST_PAUSE, max(1.0, (expires - now) / 20))
            pause = pause_after(tries, first=first, longest=LONGEST_PAUSE)
            connection.execute(
                "UPDATE deliveries SET tries = ?, due = ?, fault = ?, state = ? WHERE number = ?",
                (
                    tries + 1,
                    now + max(pause, min(at_least, LONGEST_PAUSE)),
                    fault,
                    State.FAILURE if tries + 1 >= MAX_TRIES else State.WAITING,
                    number,
                ),
            )

        await self._worker.run(write)

    async def remove_inbox(self, inbox: str) -> None:
        """Forget the followers behind an inbox that is gone, and what waits for it."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM followers WHERE inbox = ?", (inbox,))
            connection.execute(
                "UPDATE deliveries SET state = ?, fault = 'gone', body = x'' "
                "WHERE inbox = ? AND state = ?",
                (State.FAILURE, inbox, State.WAITING),
            )

        await self._worker.run(write)

    async def _end(self, number: int, state: State, fault: str) -> None:
        # The body of a delivery that is over is of no use, and would fill the disk.
        await self._worker.run(
            lambda connection: connection.execute(
                "UPDATE deliveries SET state = ?, fault = ?, body = x'' WHERE number = ?",
                (state, fault, number),
            )
        )


def _apply(connection: sqlite3.Connection, effects: Effects, now: float) -> None:
    if effects.add_follower is not None:
        follower = effects.add_follower
        connection.execute(
            "INSERT OR REPLACE INTO followers VALUES (?, ?, ?)",
            (follower.actor, follower.inbox, now),
        )
    if effects.remove_follower:
        connection.execute("DELETE FROM followers WHERE actor = ?", (effects.remove_follower,))
    if effects.accept_follow:
        _set_follow(connection, effects.accept_follow, State.SUCCESS)
    if effects.reject_follow:
        _set_follow(connection, effects.reject_follow, State.FAILURE)
    if effects.question is not None:
        _add_question(connection, effects.question, now)
    if effects.forget_actor:
        for table, column in (
            ("followers", "actor"),
            ("follows", "actor"),
            ("questions", "author"),
        ):
            connection.execute(
                f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608 - names of our own
                (effects.forget_actor,),
            )
    for outgoing in effects.outgoing:
        _enqueue(connection, outgoing, now)


def _set_follow(connection: sqlite3.Connection, actor: str, state: State) -> None:
    connection.execute("UPDATE follows SET state = ? WHERE actor = ?", (state, actor))


def _end_question(connection: sqlite3.Connection, question: str, state: State) -> bool:
    # Its id stays, so that it is answered once; the words of a person are not kept beyond need.
    result = connection.execute(
        "UPDATE questions SET state = ?, text = '' WHERE post = ? AND state = ?",
        (state, question, State.WAITING),
    )
    return result.rowcount == 1


def _add_question(connection: sqlite3.Connection, question: Question, now: float) -> None:
    (waiting,) = connection.execute(
        "SELECT COUNT(*) FROM questions WHERE state = ?", (State.WAITING,)
    ).fetchone()
    # In a flood the later ones get no answer; the earlier ones keep their turn.
    if waiting < MAX_QUESTIONS:
        connection.execute(
            "INSERT OR IGNORE INTO questions (post, author, inbox, handle, text, at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (question.post, question.author, question.inbox, question.handle, question.text, now),
        )


def _enqueue(connection: sqlite3.Connection, outgoing: Outgoing, now: float) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO deliveries (activity, inbox, body, due, expires) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (outgoing.activity, inbox, outgoing.body, now, outgoing.expires)
            for inbox in dict.fromkeys(outgoing.inboxes)
        ],
    )
    (waiting,) = connection.execute(
        "SELECT COUNT(*) FROM deliveries WHERE state = ?", (State.WAITING,)
    ).fetchone()
    if waiting > MAX_WAITING:
        connection.execute(
            "UPDATE deliveries SET state = ?, fault = 'too many wait', body = x'' WHERE number IN "
            "(SELECT number FROM deliveries WHERE state = ? ORDER BY number LIMIT ?)",
            (State.FAILURE, State.WAITING, waiting - MAX_WAITING),
        )
