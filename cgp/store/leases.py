"""Leases: the right of one holder to work on a conversation, so that it is mined once and never
lost.

Two processes that work as the same validator would overwrite each other's standings. So each run
is a session, and a validator claims its name when it starts. Then the leases of earlier sessions
are free again; earlier sessions can commit nothing more, and their reservations raise
``HolderReplacedError``.

On PostgreSQL a taker locks the rows of its conversation and skips rows that others have locked
(``FOR UPDATE SKIP LOCKED``). A lease's row is locked before its conversation's everywhere else, so
takers and holders never wait for each other.

A lease ends by ``finish`` (in ``cgp.store.results``), ``release``, ``fail``, or by time. Its token
fences off a holder that lost it: a late write of that holder is refused with ``LeaseLost``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.store.conversations import FAILED, LEASED, WAITING
from cgp.store.database import Database, atomic, storable
from cgp.store.schema import conversations, holders, leases
from cgp.store_errors import HolderReplacedError, LeaseLost


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one conversation until ``expires_at``.

    That is in seconds since the epoch on the store's clock (see ``Database``).
    """

    conversation: Conversation
    holder: str
    token: str
    expires_at: float
    attempts: int


class Leases(Database):
    """The part of the store that holds leases."""

    def __init__(
        self, url: str, *, clock: Callable[[], float] | None = None, upgrades: bool = True
    ) -> None:
        super().__init__(url, clock=clock, upgrades=upgrades)
        self._session = secrets.token_hex(16)
        self._claimed: set[str] = set()

    @atomic
    def reserve(self, holder: str, seconds: float, *, session: str | None = None) -> Lease | None:
        """Lease a free conversation to ``holder``; None where there is none.

        A conversation is free if it is waiting or its lease has expired. Atomic across processes.
        ``session`` is the session that claimed ``holder``; by default this store's own, once
        ``release_held`` has claimed it. A holder without a claim in this store is not checked.

        Raises:
            HolderReplacedError: if a later session has claimed ``holder``.
        """
        if session is None and holder in self._claimed:
            session = self._session
        with self._writing() as connection:
            if session is not None and not _is_current(connection, holder, session):
                raise HolderReplacedError(
                    f"another process works as {holder} on this store: two would overwrite each "
                    "other's standings. Stop one of them"
                )
            now = self._now(connection)
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

    @atomic
    def heartbeat(self, lease: Lease, seconds: float) -> bool:
        """Keep a lease for ``seconds`` from now; False where it was lost."""
        with self._writing() as connection:
            now = self._now(connection)
            result = connection.execute(
                sa.update(leases)
                .where(_is_held(lease))
                .values(heartbeat_at=now, expires_at=now + seconds)
            )
        return result.rowcount == 1

    @atomic
    def release(self, lease: Lease) -> bool:
        """Give a conversation back, to be taken again; False where the lease was lost."""
        with self._writing() as connection:
            return end_lease(connection, lease, WAITING)

    def release_held(self, holder: str) -> int:
        """Give back all leases of ``holder``; return their number.

        A validator calls this when it starts, which claims the name (see ``claim``): the leases of
        its killed predecessor are free at once. When it ends it calls this again and gives back the
        leases of this store's session: none, once another session has claimed the name.
        """
        if holder in self._claimed:
            return self.release_session(holder, self._session)
        self._claimed.add(holder)
        return self.claim(holder, self._session)

    @atomic
    def claim(self, holder: str, session: str) -> int:
        """Let ``session`` (at most 64 characters) be the one that works as ``holder`` from now on.

        The leases of earlier sessions are given back; returns their number.
        """
        with self._writing() as connection:
            values = {"holder": holder, "session": session, "since": self._now(connection)}
            connection.execute(self._upsert(holders), values)
            return _release_all(connection, holder)

    @atomic
    def release_session(self, holder: str, session: str) -> int:
        """Give back the leases of ``holder`` if ``session`` is its present one; return their
        number.
        """
        with self._writing() as connection:
            if not _is_current(connection, holder, session):
                return 0
            return _release_all(connection, holder)

    @atomic
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
                    finished_at=self._now(connection) if last else None,
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


def _is_current(connection: Connection, holder: str, session: str) -> bool:
    """Tell if ``session`` is the present one of ``holder``. The row stays locked meanwhile."""
    query = sa.select(holders.c.session).where(holders.c.holder == holder)
    return connection.execute(query.with_for_update()).scalar_one_or_none() == session


def _release_all(connection: Connection, holder: str) -> int:
    drop = sa.delete(leases).where(leases.c.holder == holder).returning(leases.c.conversation_id)
    ids = list(connection.execute(drop).scalars())
    connection.execute(
        sa.update(conversations)
        .where(conversations.c.id.in_(ids), conversations.c.state == LEASED)
        .values(state=WAITING)
    )
    return len(ids)


def _take_free(connection: Connection, now: float) -> sa.Row[Any, Any, Any] | None:
    """Return a conversation that may be taken, locked for this transaction: id, attempts, document.

    Conversations with an expired lease come first. Waiting ones follow, the fewest attempts
    first, in order of arrival. On SQLite the transaction holds the write lock already. PostgreSQL
    locks the deciding rows, the lease's among them, so it sees a change that another transaction
    has just made (a heartbeat, another taker), and skips rows that are locked.
    """
    c = conversations.c
    old_leases = (
        sa.select(c.number)
        .join(leases, leases.c.conversation_id == c.id)
        .where(c.state == LEASED, leases.c.expires_at <= now)
        .order_by(c.number)
        .limit(1)
        .with_for_update(skip_locked=True, of=[leases, conversations])
    )
    waiting = (
        sa.select(c.number)
        .where(c.state == WAITING)
        # Those that failed come last, so that one bad conversation does not hold up the others.
        .order_by(c.attempts, c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    for line in (old_leases, waiting):
        number = connection.execute(line).scalar_one_or_none()
        if number is not None:
            row = sa.select(c.id, c.attempts, c.document).where(c.number == number)
            return connection.execute(row).one()
    return None


def _is_held(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(leases.c.conversation_id == lease.conversation.id, leases.c.token == lease.token)


def _set_state(connection: Connection, conversation_id: str, state: str) -> None:
    connection.execute(
        sa.update(conversations).where(conversations.c.id == conversation_id).values(state=state)
    )
