"""Queue of deliveries in an actor's SQLite file: one activity to one inbox each.

Servers that took our last delivery at once are kept apart from all others: any stranger can follow
our actor from any number of servers that hardly answer, and those must not take the places of the
quick.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Final

from cgp.backoff import pause_after
from cgp.mycelium.fediverse.actor_records import Outgoing, PendingDelivery, WorkState
from cgp.mycelium.fediverse.http_message import authority_of
from cgp.sqlite_worker import SqliteWorker

FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 6 * 3600.0
MAX_TRIES: Final = 14
"""Tries of a delivery before it is given up: with the pauses above about two days."""

MAX_WAITING: Final = 50_000
"""Most deliveries that wait. Beyond it the oldest of them are given up."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY, activity TEXT NOT NULL, inbox TEXT NOT NULL, server TEXT NOT NULL,
    body BLOB NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, expires REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', fault TEXT NOT NULL DEFAULT '',
    UNIQUE (activity, inbox)
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_end ON deliveries (expires);
CREATE TABLE IF NOT EXISTS quick_servers (server TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_CHOICE: Final = (
    "state = ? AND server NOT IN (SELECT value FROM json_each(?)) "
    "AND coalesce(EXISTS (SELECT 1 FROM quick_servers WHERE server = deliveries.server) = ?, TRUE)"
)


def enqueue(connection: sqlite3.Connection, outgoing: Outgoing, now: float) -> None:
    """Add the deliveries of an activity, one for each inbox, within a transaction."""
    connection.executemany(
        "INSERT OR IGNORE INTO deliveries (activity, inbox, server, body, due, expires) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (outgoing.activity, inbox, authority_of(inbox), outgoing.body, now, outgoing.expires)
            for inbox in dict.fromkeys(outgoing.inboxes)
        ],
    )
    (waiting,) = connection.execute(
        "SELECT COUNT(*) FROM deliveries WHERE state = ?", (WorkState.WAITING,)
    ).fetchone()
    if waiting > MAX_WAITING:
        connection.execute(
            "UPDATE deliveries SET state = ?, fault = 'too many wait', body = x'' WHERE number IN "
            "(SELECT number FROM deliveries WHERE state = ? ORDER BY number LIMIT ?)",
            (WorkState.FAILURE, WorkState.WAITING, waiting - MAX_WAITING),
        )


class DeliveryQueue:
    """Deliveries in the file of a worker whose schema contains ``SCHEMA``."""

    def __init__(self, worker: SqliteWorker) -> None:
        self._worker = worker

    async def due(
        self, now: float, limit: int, *, quick: bool | None = None, besides: Collection[str] = ()
    ) -> list[PendingDelivery]:
        """Return deliveries that are due, the oldest of each server, and drop the expired ones.

        ``quick`` asks only for those to servers that took our last delivery at once, or only for
        those to all others. Servers of ``besides`` are left out: something is on its way to them.
        """
        # Here, and not in the thread of the file: the caller goes on to change it.
        servers = json.dumps(sorted(besides))

        def read(connection: sqlite3.Connection) -> list[PendingDelivery]:
            # Neither tried nor made again: a node's beats alone would fill the disk.
            connection.execute("DELETE FROM deliveries WHERE expires < ?", (now,))
            # One of each server: a server that is away must not fill all places.
            rows = connection.execute(
                "SELECT MIN(number), activity, inbox, server, body, tries FROM deliveries "  # noqa: S608 - a condition of our own
                f"WHERE {_CHOICE} AND due <= ? GROUP BY server ORDER BY 1 LIMIT ?",
                (WorkState.WAITING, servers, quick, now, limit),
            )
            return [PendingDelivery(*row) for row in rows]

        return await self._worker.run(read)

    async def next_due(
        self, *, quick: bool | None = None, besides: Collection[str] = ()
    ) -> float | None:
        """Return the time at which the next of these deliveries is due, None if none waits."""
        rows = await self._worker.rows(
            f"SELECT MIN(due) FROM deliveries WHERE {_CHOICE}",  # noqa: S608 - a condition of our own
            (WorkState.WAITING, json.dumps(sorted(besides)), quick),
        )
        return None if rows[0][0] is None else float(rows[0][0])

    async def finish(self, delivery: PendingDelivery, *, quick: bool) -> None:
        """Note that a delivery has arrived, and if its server took it at once."""

        def write(connection: sqlite3.Connection) -> None:
            if quick:
                connection.execute(
                    "INSERT OR IGNORE INTO quick_servers VALUES (?)", (delivery.server,)
                )
            else:
                _note_slow(connection, delivery.server)
            _end(connection, delivery, WorkState.SUCCESS, "")

        await self._worker.run(write)

    async def abandon(self, delivery: PendingDelivery, fault: str) -> None:
        """Give a delivery up."""
        await self._worker.run(
            lambda connection: _end(connection, delivery, WorkState.FAILURE, fault)
        )

    async def postpone(
        self, delivery: PendingDelivery, fault: str, now: float, *, at_least: float = 0.0
    ) -> None:
        """Try a delivery again later, or give it up after ``MAX_TRIES``.

        The pauses double. The first is 30 s, or a twentieth of the delivery's life: a message of a
        round is of no use later. ``at_least`` is the number of seconds that the server asks for.
        """

        def write(connection: sqlite3.Connection) -> None:
            _note_slow(connection, delivery.server)
            row = connection.execute(
                "SELECT tries, expires FROM deliveries WHERE number = ? AND state = ?",
                (delivery.number, WorkState.WAITING),
            ).fetchone()
            # It may have been given up while it was on its way, where too many wait.
            if row is None:
                return
            tries, expires = row
            if tries + 1 >= MAX_TRIES:
                _end(connection, delivery, WorkState.FAILURE, fault)
                return
            first = min(FIRST_PAUSE, max(1.0, (expires - now) / 20))
            pause = pause_after(tries, first=first, longest=LONGEST_PAUSE)
            connection.execute(
                "UPDATE deliveries SET tries = ?, due = ?, fault = ? WHERE number = ?",
                (
                    tries + 1,
                    now + max(pause, min(at_least, LONGEST_PAUSE)),
                    fault,
                    delivery.number,
                ),
            )

        await self._worker.run(write)


def _note_slow(connection: sqlite3.Connection, server: str) -> None:
    connection.execute("DELETE FROM quick_servers WHERE server = ?", (server,))


def _end(
    connection: sqlite3.Connection, delivery: PendingDelivery, state: WorkState, fault: str
) -> None:
    # The body of a delivery that is over is of no use, and would fill the disk.
    connection.execute(
        "UPDATE deliveries SET state = ?, fault = ?, body = x'' WHERE number = ?",
        (state, fault, delivery.number),
    )
