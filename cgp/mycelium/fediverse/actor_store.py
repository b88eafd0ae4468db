"""Memory of one actor in a SQLite file: followers, activities, posts, questions and deliveries.

Each method is one transaction. An activity and all that follows from it are written together, so
a program that is killed at any point neither forgets an activity nor acts on it twice.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from cgp.mycelium.fediverse.actor_records import (
    ActorQuestion,
    Effects,
    Follower,
    Outgoing,
    Post,
    WorkState,
)
from cgp.mycelium.fediverse.delivery_queue import SCHEMA, DeliveryQueue, enqueue
from cgp.mycelium.fediverse.errors import NoRoomError
from cgp.mycelium.fediverse.http_message import authority_of
from cgp.sqlite_worker import SqliteWorker

MAX_FOLLOWERS: Final = 20_000
MAX_INBOXES_OF_SERVER: Final = 100
"""Most inboxes that followers have on one server; most servers have one for all of their users."""

MAX_QUESTIONS: Final = 10_000
"""Most questions that wait; a tenth of it of one server."""

_SEEN_SECONDS: Final = 14 * 86_400.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen_activities (
    activity TEXT PRIMARY KEY, actor TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen_activities (at);
CREATE TABLE IF NOT EXISTS followers (
    actor TEXT PRIMARY KEY, inbox TEXT NOT NULL, server TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS followers_inbox ON followers (server, inbox);
CREATE TABLE IF NOT EXISTS follows (
    actor TEXT PRIMARY KEY, inbox TEXT NOT NULL, activity TEXT NOT NULL, state TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS posts (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, activity TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS questions (
    post TEXT PRIMARY KEY, author TEXT NOT NULL, server TEXT NOT NULL, inbox TEXT NOT NULL, handle TEXT NOT NULL,
    text TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS questions_turn ON questions (state, server, at);
"""


class ActorStore:
    """Holds what an actor must not forget; ``clock`` times come as arguments."""

    def __init__(self, file: Path) -> None:
        self._worker = SqliteWorker(file, _SCHEMA + SCHEMA)
        self.deliveries = DeliveryQueue(self._worker)

    async def close(self) -> None:
        """Close the file. Idempotent."""
        await self._worker.close()

    async def take(self, activity: str, actor: str, effects: Effects, now: float) -> bool:
        """Remember an activity and apply its effects; False if it was remembered already.

        Raises:
            NoRoomError: if there is no room for its effects; nothing is remembered.
        """

        def write(connection: sqlite3.Connection) -> bool:
            connection.execute("DELETE FROM seen_activities WHERE at < ?", (now - _SEEN_SECONDS,))
            connection.execute(
                "DELETE FROM questions WHERE state != ? AND at < ?",
                (WorkState.WAITING, now - _SEEN_SECONDS),
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
                enqueue(connection, outgoing, now)
            return is_new

        return await self._worker.run(write)

    async def enqueue(self, outgoing: Outgoing, now: float) -> None:
        """Add the deliveries of an activity that is not a post."""
        await self._worker.run(lambda connection: enqueue(connection, outgoing, now))

    async def add_follow(self, follow: Follower, outgoing: Outgoing, now: float) -> bool:
        """Remember that we asked to follow an actor; False if that stands or is on its way."""

        def write(connection: sqlite3.Connection) -> bool:
            # A refused follow may be asked for again, and so may one whose delivery was given up.
            (standing,) = connection.execute(
                "SELECT COUNT(*) FROM follows WHERE actor = ? AND (state = ? OR (state = ? AND "
                "EXISTS (SELECT 1 FROM deliveries WHERE deliveries.activity = follows.activity "
                "AND deliveries.state != ?)))",
                (follow.actor, WorkState.SUCCESS, WorkState.WAITING, WorkState.FAILURE),
            ).fetchone()
            if standing:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO follows VALUES (?, ?, ?, ?)",
                (follow.actor, follow.inbox, outgoing.activity, WorkState.WAITING),
            )
            enqueue(connection, outgoing, now)
            return True

        return await self._worker.run(write)

    async def answer(self, question: str, outgoing: Outgoing, now: float) -> bool:
        """Answer a question; False if it is answered, or is not there any more."""

        def write(connection: sqlite3.Connection) -> bool:
            if not _end_question(connection, question, WorkState.SUCCESS):
                return False
            enqueue(connection, outgoing, now)
            return True

        return await self._worker.run(write)

    async def drop_question(self, question: str) -> None:
        """Leave a question without an answer."""
        await self._worker.run(
            lambda connection: _end_question(connection, question, WorkState.FAILURE)
        )

    async def waiting_questions(self, limit: int = 16) -> list[ActorQuestion]:
        """Return questions that wait for an answer: the oldest of each server, then the second.

        So the many that one server asks do not delay those of the others.
        """
        rows = await self._worker.rows(
            "SELECT post, author, inbox, handle, text FROM (SELECT *, ROW_NUMBER() OVER "
            "(PARTITION BY server ORDER BY at, post) AS turn FROM questions WHERE state = ?) "
            "ORDER BY turn, at, post LIMIT ?",
            (WorkState.WAITING, limit),
        )
        return [ActorQuestion(*row) for row in rows]

    async def followers(self) -> list[Follower]:
        """Return all followers."""
        rows = await self._worker.rows("SELECT actor, inbox FROM followers ORDER BY actor")
        return [Follower(*row) for row in rows]

    async def follower_inboxes(self) -> list[str]:
        """Return the inboxes of all followers, each once."""
        rows = await self._worker.rows("SELECT DISTINCT inbox FROM followers ORDER BY inbox")
        return [inbox for (inbox,) in rows]

    async def count_followers(self) -> int:
        """Return the number of followers."""
        rows = await self._worker.rows("SELECT COUNT(*) FROM followers")
        return int(rows[0][0])

    async def concerns(self, actor: str) -> bool:
        """Tell if an actor follows ours, is followed by it, or has asked it something."""
        rows = await self._worker.rows(
            "SELECT EXISTS (SELECT 1 FROM followers WHERE actor = ?1) OR EXISTS (SELECT 1 FROM "
            "follows WHERE actor = ?1) OR EXISTS (SELECT 1 FROM questions WHERE author = ?1)",
            (actor,),
        )
        return bool(rows[0][0])

    async def follow_targets(self) -> set[str]:
        """Return the actors that ours follows, whether they have accepted or not."""
        rows = await self._worker.rows(
            "SELECT actor FROM follows WHERE state != ?", (WorkState.FAILURE,)
        )
        return {actor for (actor,) in rows}

    async def accepted_follows(self) -> set[str]:
        """Return the actors that have accepted that ours follows them."""
        rows = await self._worker.rows(
            "SELECT actor FROM follows WHERE state = ?", (WorkState.SUCCESS,)
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

    async def remove_inbox(self, inbox: str) -> None:
        """Forget the followers behind an inbox that is gone, and what waits for it."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM followers WHERE inbox = ?", (inbox,))
            connection.execute(
                "UPDATE deliveries SET state = ?, fault = 'gone', body = x'' "
                "WHERE inbox = ? AND state = ?",
                (WorkState.FAILURE, inbox, WorkState.WAITING),
            )

        await self._worker.run(write)


def _apply(connection: sqlite3.Connection, effects: Effects, now: float) -> None:
    if effects.add_follower is not None:
        _add_follower(connection, effects.add_follower, now)
    if effects.remove_follower:
        connection.execute("DELETE FROM followers WHERE actor = ?", (effects.remove_follower,))
    if effects.accept_follow:
        _set_follow(connection, effects.accept_follow, WorkState.SUCCESS)
    if effects.reject_follow:
        _set_follow(connection, effects.reject_follow, WorkState.FAILURE)
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
        enqueue(connection, outgoing, now)


def _add_follower(connection: sqlite3.Connection, follower: Follower, now: float) -> None:
    server = authority_of(follower.inbox)
    # One that follows anew changes its row, and needs no room.
    total, inboxes = connection.execute(
        "SELECT (SELECT COUNT(*) FROM followers WHERE actor != ?1), (SELECT COUNT(DISTINCT inbox) "
        "FROM followers WHERE server = ?2 AND inbox != ?3 AND actor != ?1)",
        (follower.actor, server, follower.inbox),
    ).fetchone()
    if total >= MAX_FOLLOWERS or inboxes >= MAX_INBOXES_OF_SERVER:
        raise NoRoomError(
            f"the actor has at most {MAX_FOLLOWERS} followers, and on one server at most "
            f"{MAX_INBOXES_OF_SERVER} without a shared inbox"
        )
    connection.execute(
        "INSERT OR REPLACE INTO followers VALUES (?, ?, ?, ?)",
        (follower.actor, follower.inbox, server, now),
    )


def _set_follow(connection: sqlite3.Connection, actor: str, state: WorkState) -> None:
    connection.execute("UPDATE follows SET state = ? WHERE actor = ?", (state, actor))


def _end_question(connection: sqlite3.Connection, question: str, state: WorkState) -> bool:
    # Its id stays, so that it is answered once; the words of a person are not kept beyond need.
    result = connection.execute(
        "UPDATE questions SET state = ?, text = '' WHERE post = ? AND state = ?",
        (state, question, WorkState.WAITING),
    )
    return result.rowcount == 1


def _add_question(connection: sqlite3.Connection, question: ActorQuestion, now: float) -> None:
    server = authority_of(question.author)
    total, of_server = connection.execute(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE server = ?) FROM questions WHERE state = ?",
        (server, WorkState.WAITING),
    ).fetchone()
    # In a flood the later ones get no answer; the earlier ones keep their turn.
    if total < MAX_QUESTIONS and of_server < MAX_QUESTIONS // 10:
        connection.execute(
            "INSERT OR IGNORE INTO questions (post, author, server, inbox, handle, text, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                question.post,
                question.author,
                server,
                question.inbox,
                question.handle,
                question.text,
                now,
            ),
        )
