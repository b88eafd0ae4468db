"""The validator's own store of conversations that come from an API.

It holds the conversations that were leased, their ground truths, answers and scores, the
standings, and marks the results that the API has taken. The outbox still has to deliver all other
results: a result and the duty to deliver it are one transaction, so neither
outlives the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.store import GroundTruthRecord, Lease, Store, StoreError, WindowReference, WindowResult
from cgp.store.conversations import DONE, LEASED, WAITING
from cgp.store.database import atomic
from cgp.store.schema import (
    answers,
    conversation_metadata,
    conversations,
    ground_truths,
    leases,
    mined_windows,
    scores,
    windows,
)

mirror_schema = sa.MetaData()

# Conversations that came from the API. ``token`` is the lease's there; ``is_open`` says that the
# API still counts it as ours.
mirrored_table = sa.Table(
    "mirrored",
    mirror_schema,
    sa.Column("conversation_id", sa.String(200), primary_key=True),
    sa.Column("token", sa.String(32), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
)

# Windows that need no delivery (any more): taken by the API, or refused by it for good.
delivered_table = sa.Table(
    "delivered",
    mirror_schema,
    sa.Column("conversation_id", sa.String(200), primary_key=True),
    sa.Column("window", sa.Integer, primary_key=True, autoincrement=False),
)


@dataclass(frozen=True, slots=True)
class PendingWindow:
    """A scored window that the API has not taken; its answers are read from the store."""

    conversation_id: str
    token: str
    index: int
    seed: int
    background: tuple[WindowReference, ...]
    rule_version: str


@dataclass(frozen=True, slots=True)
class PendingFinish:
    """A conversation that is done here and not yet there."""

    conversation_id: str
    token: str


def mirror_url(settings: Settings) -> str:
    """Return the URL of the mirror: a SQLite file in ``DATA_DIR``, one for each API."""
    # A name from the API's address: two APIs may know different conversations by one id.
    name = hashlib.sha256((settings.cgp_api_url or "").rstrip("/").encode()).hexdigest()[:12]
    return f"sqlite:///{(settings.data_dir / f'api-{name}.sqlite').absolute()}"


def open_store(settings: Settings) -> Store:
    """Return the store that a validator works with: a mirror where it works for an API.

    Raises:
        StoreError: if it cannot be opened.
    """
    private_folder(settings.data_dir)
    if settings.cgp_api_url is None:
        return Store(settings.store_url)
    mirror = Mirror(mirror_url(settings))
    mirror.create_tables()
    return mirror


class Mirror(Store):
    """A store that follows an API's. Where they differ, the API's is right."""

    def create_tables(self) -> None:
        """Make the mirror's own tables where they are missing."""
        with self._writing() as connection:
            mirror_schema.create_all(connection)

    def adopt(
        self,
        lease: Lease,
        seconds: float,
        truth: GroundTruthRecord | None,
        cuts: Collection[tuple[int, int]],
    ) -> None:
        """Take over a lease that the API gave, with the ground truth and windows that it knows.

        Results of a ground truth that is not the API's are forgotten.

        Raises:
            StoreError: if the conversation's id or content is here already as another one.
        """
        conversation = lease.conversation
        self.add_conversations([conversation])
        present = self.content_hashes([conversation.id]).get(conversation.id)
        if present != conversation.content_hash:
            raise StoreError(
                f"conversation {conversation.id!r} of the API differs from the one here"
            )
        self._take_over(lease, seconds, truth)
        if truth is not None:
            self.seal(lease, truth, list(cuts))

    @atomic
    def _take_over(self, lease: Lease, seconds: float, truth: GroundTruthRecord | None) -> None:
        identifier = lease.conversation.id
        with self._writing() as connection:
            now = self._now(connection)
            seal = connection.execute(
                sa.select(ground_truths.c.seal).where(ground_truths.c.conversation_id == identifier)
            ).scalar_one_or_none()
            # Scores of another ground truth are not results for the API's: they would be refused.
            if seal is not None and (truth is None or truth.seal != seal):
                _forget(connection, identifier)
            row = {
                "conversation_id": identifier,
                "holder": lease.holder,
                "token": lease.token,
                "acquired_at": now,
                "heartbeat_at": now,
                "expires_at": now + seconds,
            }
            connection.execute(self._upsert(leases), row)
            row = {"conversation_id": identifier, "token": lease.token, "is_open": True}
            connection.execute(self._upsert(mirrored_table), row)
            connection.execute(
                sa.update(conversations)
                .where(conversations.c.id == identifier)
                .values(state=LEASED, attempts=lease.attempts, finished_at=None)
            )

    @atomic
    def requeue_missing(self, conversation_id: str, done_there: Collection[int]) -> list[int]:
        """Deliver again all that the API lacks; return the windows that are done only there."""
        w, d = windows.c, delivered_table.c
        with self._writing() as connection:
            connection.execute(
                sa.delete(delivered_table).where(
                    d.conversation_id == conversation_id, d.window.not_in(list(done_there))
                )
            )
            ours = sa.select(w.window).where(
                w.conversation_id == conversation_id,
                w.state == DONE,
                w.window.in_(sa.select(d.window).where(d.conversation_id == conversation_id)),
            )
            done_here = set(connection.execute(ours).scalars())
        return sorted(set(done_there) - done_here)

    def copy_window(self, lease: Lease, result: WindowResult) -> None:
        """Store a window that was done elsewhere, in place of the one here; it
        needs no delivery.
        """
        # Marked as delivered before it is stored: after a crash between the two the copy is made
        # again, and nothing is sent back.
        self._clear_window(lease.conversation.id, result.index)
        self.commit_window(lease, result)

    @atomic
    def _clear_window(self, conversation_id: str, index: int) -> None:
        with self._writing() as connection:
            for table in (scores, answers):
                connection.execute(
                    sa.delete(table).where(
                        table.c.conversation_id == conversation_id, table.c.window == index
                    )
                )
            connection.execute(
                sa.update(windows)
                .where(windows.c.conversation_id == conversation_id, windows.c.window == index)
                .values(state=WAITING)
            )
            row = {"conversation_id": conversation_id, "window": index}
            connection.execute(self._insert_new(delivered_table), row)

    def open_conversations(self) -> list[str]:
        """Return the ids of the conversations that the API counts as ours."""
        query = sa.select(mirrored_table.c.conversation_id).where(mirrored_table.c.is_open)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def next_pending(self) -> PendingWindow | PendingFinish | None:
        """Return the next deliveries to the API: windows in the order of their end, then finished
        conversations.
        """
        with self._reading() as connection:
            return _next_window(connection) or _next_finish(connection)

    @atomic
    def window_delivered(self, conversation_id: str, index: int) -> None:
        """Remember that a window needs no more delivery."""
        row = {"conversation_id": conversation_id, "window": index}
        with self._writing() as connection:
            connection.execute(self._insert_new(delivered_table), row)

    @atomic
    def close_conversation(self, conversation_id: str, token: str) -> None:
        """Remember that the API no longer counts a conversation as ours: nothing more is delivered.

        The lease here ends with it. Nothing happens where the conversation was leased anew
        meanwhile.
        """
        m = mirrored_table.c
        with self._writing() as connection:
            result = connection.execute(
                sa.update(mirrored_table)
                .where(m.conversation_id == conversation_id, m.token == token)
                .values(is_open=False)
            )
            if result.rowcount == 1:
                connection.execute(
                    sa.delete(leases).where(
                        leases.c.conversation_id == conversation_id, leases.c.token == token
                    )
                )

    @atomic
    def close_all(self) -> None:
        """Remember that the API counts no conversation as ours."""
        with self._writing() as connection:
            connection.execute(sa.update(mirrored_table).values(is_open=False))


def _forget(connection: Connection, conversation_id: str) -> None:
    tables = (scores, answers, windows, ground_truths, conversation_metadata, mined_windows)
    for table in (delivered_table, *tables):
        connection.execute(sa.delete(table).where(table.c.conversation_id == conversation_id))


def _next_window(connection: Connection) -> PendingWindow | None:
    w, d = windows.c, delivered_table.c
    query = (
        sa.select(w.conversation_id, w.window, w.seed, w.background, mirrored_table.c.token)
        .add_columns(ground_truths.c.rule_version)
        .join(mirrored_table, mirrored_table.c.conversation_id == w.conversation_id)
        .join(ground_truths, ground_truths.c.conversation_id == w.conversation_id)
        .outerjoin(
            delivered_table, sa.and_(d.conversation_id == w.conversation_id, d.window == w.window)
        )
        .where(w.state == DONE, mirrored_table.c.is_open, d.window.is_(None))
        .order_by(w.done_at, w.window)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return PendingWindow(
        row.conversation_id,
        row.token,
        row.window,
        row.seed,
        tuple(WindowReference(*reference) for reference in row.background),
        row.rule_version,
    )


def _next_finish(connection: Connection) -> PendingFinish | None:
    c, m = conversations.c, mirrored_table.c
    query = (
        sa.select(c.id, m.token)
        .join(mirrored_table, m.conversation_id == c.id)
        .where(c.state == DONE, m.is_open)
        .order_by(c.finished_at)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else PendingFinish(row.id, row.token)
