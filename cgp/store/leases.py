"""Leases: who works on a conversation, so that it is worked on once and never lost.

A lease ends by ``finish`` (in ``cgp.store.results``), ``release``, ``fail``, or by time. Its token
fences off a holder that lost it: what that holder still writes is refused with ``LeaseLost``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.store.conversations import FAILED, LEASED, WAITING
from cgp.store.database import Database, StoreError, storable
from cgp.store.schema import conversations, leases


class LeaseLost(StoreError):  # noqa: N818 - says what happened; the holder stops, it is no defect
    """Somebody else holds the conversation now (or it is finished): stop working on it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one conversation until ``expires_at`` (seconds since the epoch)."""

    conversation: Conversation
    holder: str
    token: str
    expires_at: float
    attempts: int


class Leases(Database):
    """The part of the store that says who works on what."""

    def reserve(self, holder: str, seconds: float) -> Lease | None:
        """Lease a free conversation to ``holder``; None where there is none.

        Free is what waits, and what was leased and not kept up. Atomic across processes.
        """
        now = self._clock()
        with self._writing() as connection:
            row = _take_free(connection, now)
            if row is None:
                return None
            token = secrets.token_hex(16)
            values = {
                "conversation_id": row.id,
                "holder": holder,
                "token": token,
                "acquired_at": now,
                "heartbeat_at": now,
                "expires_at": now + seconds,
            }
            connection.execute(self._upsert(leases), values)
            _set_state(connection, row.id, LEASED)
        conversation = conversation_from_json(row.document)
        return Lease(conversation, holder, token, now + seconds, row.attempts)

    def heartbeat(self, lease: Lease, seconds: float) -> bool:
        """Keep a lease for ``seconds`` from now; False where it was lost."""
        now = self._clock()
        with self._writing() as connection:
            result = connection.execute(
                sa.update(leases)
                .where(_is_held(lease))
                .values(heartbeat_at=now, expires_at=now + seconds)
            )
        return result.rowcount == 1

    def release(self, lease: Lease) -> bool:
        """Give a conversation back, to be taken again; False where the lease was lost."""
        with self._writing() as connection:
            return end_lease(connection, lease, WAITING)

    def release_held(self, holder: str) -> int:
        """Give back whatever ``holder`` holds; return how many conversations.

        Called once when a validator starts: what its killed predecessor held is free at once.
        """
        held = sa.select(leases.c.conversation_id).where(leases.c.holder == holder)
        with self._writing() as connection:
            connection.execute(
                sa.update(conversations)
                .where(conversations.c.id.in_(held), conversations.c.state == LEASED)
                .values(state=WAITING)
            )
            return connection.execute(sa.delete(leases).where(leases.c.holder == holder)).rowcount

    def fail(self, lease: Lease, reason: str, *, max_attempts: int) -> bool:
        """Record a failed attempt; return True where it was the last (the conversation is failed).

        Until then the conversation goes to the end of the line.

        Raises:
            LeaseLost: if somebody else holds the conversation.
        """
        last = lease.attempts + 1 >= max_attempts
        with self._writing() as connection:
            if not end_lease(connection, lease, FAILED if last else WAITING):
                raise LeaseLost(f"conversation {lease.conversation.id!r} is no longer leased to us")
            connection.execute(
                sa.update(conversations)
                .where(conversations.c.id == lease.conversation.id)
                .values(
                    attempts=lease.attempts + 1,
                    reason=storable(reason),
                    finished_at=self._clock() if last else None,
                )
            )
        return last


def require_lease(connection: Connection, lease: Lease) -> None:
    """Check, inside a transaction, that a lease is still held.

    Raises:
        LeaseLost: if it is not.
    """
    query = sa.select(leases.c.token).where(_is_held(lease)).with_for_update()
    if connection.execute(query).scalar_one_or_none() is None:
        raise LeaseLost(f"conversation {lease.conversation.id!r} is no longer leased to us")


def end_lease(connection: Connection, lease: Lease, state: str) -> bool:
    """Drop a lease and give its conversation a state; False (and no change) where it was lost."""
    if connection.execute(sa.delete(leases).where(_is_held(lease))).rowcount != 1:
        return False
    _set_state(connection, lease.conversation.id, state)
    return True


def _take_free(connection: Connection, now: float) -> sa.Row[Any, Any, Any] | None:
    """Return a conversation that may be taken, locked for this transaction: id, attempts, document.

    What was leased and not kept up comes first, then what waits, with the fewest attempts, in order
    of arrival. On SQLite the transaction holds the write lock already; PostgreSQL locks the row and
    lets other takers skip it.
    """
    c = conversations.c
    expired = (
        sa.select(c.number)
        .join(leases, leases.c.conversation_id == c.id)
        .where(c.state == LEASED, leases.c.expires_at <= now)
        .order_by(c.number)
    )
    waiting = sa.select(c.number).where(c.state == WAITING).order_by(c.attempts, c.number)
    for line in (expired, waiting):
        query = line.limit(1).with_for_update(skip_locked=True, of=conversations)
        number = connection.execute(query).scalar_one_or_none()
        if number is not None:
            taken = sa.select(c.id, c.attempts, c.document).where(c.number == number)
            return connection.execute(taken).one()
    return None


def _is_held(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(leases.c.conversation_id == lease.conversation.id, leases.c.token == lease.token)


def _set_state(connection: Connection, conversation_id: str, state: str) -> None:
    connection.execute(
        sa.update(conversations).where(conversations.c.id == conversation_id).values(state=state)
    )
