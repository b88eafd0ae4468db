"""The API's own reads of the store: pages of lists, and leases by token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from cgp.api.keys import ApiKeys
from cgp.conversation import Conversation
from cgp.store import DONE, Lease, LeaseLost, State, WindowReference
from cgp.store.database import atomic
from cgp.store.schema import (
    conversations,
    ground_truths,
    holders,
    leases,
    scores,
    standings,
    weights,
)
from cgp.store.schema import windows as windows_table


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One conversation in a list. Times are seconds since the epoch."""

    number: int
    id: str
    source: str
    language: str
    language_recognised: str
    content_hash: str
    turns: int
    state: State
    attempts: int
    added_at: float
    finished_at: float | None
    seal: str | None
    windows: int
    windows_done: int


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window in a list; its scores depend on ``background``."""

    index: int
    start: int
    stop: int
    done: bool
    done_at: float | None
    seed: int | None
    background: tuple[WindowReference, ...]
    rule_version: str


@dataclass(frozen=True, slots=True)
class TruthRow:
    """A sealed ground truth with its validator and time."""

    validator: str
    sealed_at: float
    seal: str
    annotator: str
    embedder: str
    rule_version: str
    document: str


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One validator's standing of one hotkey; ``standing`` is the text that scoring makes of it."""

    validator: str
    hotkey: str
    registered_at: int
    rule_version: str
    standing: str
    updated_at: float


@dataclass(frozen=True, slots=True)
class WeightsRow:
    """One attempt of a validator to set weights."""

    number: int
    validator: str
    block: int
    set_at: float
    rewards: dict[str, float]
    weights: dict[str, float]
    success: bool
    code: str


@dataclass(frozen=True, slots=True)
class HeldConversation:
    """A leased conversation: the lease fences writes off, ``turns`` says how long it is."""

    lease: Lease
    turns: int


class LeaseKey(NamedTuple):
    """Name of a lease: its conversation, and the token that a holder shows."""

    conversation_id: str
    token: str


class ApiStore(ApiKeys):
    """The store as the API uses it."""

    def lease_of(self, holder: str, conversation_id: str, token: str) -> HeldConversation:
        """Return the lease with this token, to be used in writes, which check it again.

        The conversation in it has its id only: most writes need no more.

        Raises:
            LeaseLost: if ``holder`` does not hold the conversation under this token.
        """
        c, lease = conversations.c, leases.c
        query = (
            sa.select(c.turns, c.attempts, lease.expires_at)
            .join(leases, lease.conversation_id == c.id)
            .where(c.id == conversation_id, lease.token == token, lease.holder == holder)
        )
        with self._reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise LeaseLost(f"conversation_id: {conversation_id!r} is not leased to you (any more)")
        # Writes check the token again in their own transaction, so nothing of the conversation can
        # be stale here.
        fence = Conversation(conversation_id, "", (), ())
        return HeldConversation(
            Lease(fence, holder, token, row.expires_at, row.attempts), row.turns
        )

    @atomic
    def renew_unacknowledged(
        self, holder: str, session: str, holding: list[str], seconds: float
    ) -> LeaseKey | None:
        """Return the key of a lease that ``holder`` does not know of, renewed.

        None where there is none, or where another session has claimed ``holder``.
        """
        c = leases.c
        current = sa.select(holders.c.holder).where(holders.c.session == session)
        query = (
            sa.select(c.conversation_id, c.token)
            .where(c.holder == holder, c.holder.in_(current), c.conversation_id.not_in(holding))
            .order_by(c.acquired_at)
            .limit(1)
            # Locked on PostgreSQL, so that no other taker changes the row before this transaction
            # ends.
            .with_for_update()
        )
        with self._writing() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            now = self._now(connection)
            connection.execute(
                sa.update(leases)
                .where(c.conversation_id == row.conversation_id)
                .values(heartbeat_at=now, expires_at=now + seconds)
            )
        return LeaseKey(row.conversation_id, row.token)

    def attempts_of(self, conversation_id: str) -> int:
        """Return the number of attempts at a conversation that ended in an error."""
        query = sa.select(conversations.c.attempts).where(conversations.c.id == conversation_id)
        with self._reading() as connection:
            attempts: int = connection.execute(query).scalar_one()
        return attempts

    def conversation_page(
        self, after: int, limit: int, state: State | None, language: str | None
    ) -> list[ConversationRow]:
        """Return up to ``limit`` conversations with a number above ``after``, in
        order of arrival.

        The language is the one that the source names, else the one recognised; ``pt`` stands for
        ``pt-BR`` too.
        """
        c = conversations.c
        query = _conversation_query().where(c.number > after).order_by(c.number).limit(limit)
        if state is not None:
            query = query.where(c.state == state)
        if language is not None:
            known = sa.func.coalesce(sa.func.nullif(c.language, ""), c.language_recognised)
            region = known.startswith(f"{language}-", autoescape=True)
            query = query.where(sa.or_(known == language, region))
        with self._reading() as connection:
            return [ConversationRow(*row) for row in connection.execute(query)]

    def conversation_row(self, conversation_id: str) -> ConversationRow | None:
        """Return one conversation as in a list, None where there is none of this id."""
        query = _conversation_query().where(conversations.c.id == conversation_id)
        with self._reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else ConversationRow(*row)

    def window_page(self, conversation_id: str, after: int, limit: int) -> list[WindowRow]:
        """Return up to ``limit`` windows of a conversation with an index above ``after``."""
        w = windows_table.c
        query = (
            _window_query()
            .where(w.conversation_id == conversation_id, w.window > after)
            .order_by(w.window)
            .limit(limit)
        )
        with self._reading() as connection:
            return [_window_row(row) for row in connection.execute(query)]

    def window_row(self, conversation_id: str, index: int) -> WindowRow | None:
        """Return one window, None where there is none of this index."""
        w = windows_table.c
        query = _window_query().where(w.conversation_id == conversation_id, w.window == index)
        with self._reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _window_row(row)

    def truth_row(self, conversation_id: str) -> TruthRow | None:
        """Return the sealed ground truth of a conversation, None before it is sealed."""
        c = ground_truths.c
        query = sa.select(
            c.validator, c.sealed_at, c.seal, c.annotator, c.embedder, c.rule_version, c.document
        ).where(c.conversation_id == conversation_id)
        with self._reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else TruthRow(*row)

    def standing_page(
        self, after: tuple[str, str, str], limit: int, validator: str | None
    ) -> list[StandingRow]:
        """Return up to ``limit`` standings after (validator, hotkey, rule version),
        in that order.
        """
        c = standings.c
        # Compared as one: validators share hotkeys, and a page may end between two rules of one.
        key = sa.tuple_(c.validator, c.hotkey, c.rule_version)
        query = (
            sa.select(
                c.validator, c.hotkey, c.registered_at, c.rule_version, c.standing, c.updated_at
            )
            .where(key > sa.tuple_(*(sa.literal(part) for part in after)))
            .order_by(c.validator, c.hotkey, c.rule_version)
            .limit(limit)
        )
        if validator is not None:
            query = query.where(c.validator == validator)
        with self._reading() as connection:
            return [StandingRow(*row) for row in connection.execute(query)]

    def weights_page(self, before: int, limit: int, validator: str | None) -> list[WeightsRow]:
        """Return up to ``limit`` attempts to set weights with a number below ``before``, latest
        first.
        """
        c = weights.c
        query = (
            sa.select(
                c.number, c.validator, c.block, c.set_at, c.rewards, c.weights, c.success, c.code
            )
            .where(c.number < before)
            .order_by(c.number.desc())
            .limit(limit)
        )
        if validator is not None:
            query = query.where(c.validator == validator)
        with self._reading() as connection:
            return [WeightsRow(*row) for row in connection.execute(query)]


def _conversation_query() -> sa.Select[Any]:
    """Return the query for ``ConversationRow``."""
    c, w = conversations.c, windows_table.c
    count = (
        sa.select(sa.func.count())
        .select_from(windows_table)
        .where(w.conversation_id == c.id)
        .correlate(conversations)
    )
    # Counted in the query: a page would else ask the database twice for each conversation.
    return sa.select(
        c.number,
        c.id,
        c.source,
        c.language,
        c.language_recognised,
        c.content_hash,
        c.turns,
        c.state,
        c.attempts,
        c.added_at,
        c.finished_at,
        ground_truths.c.seal,
        count.scalar_subquery(),
        count.where(w.state == DONE).scalar_subquery(),
    ).outerjoin(ground_truths, ground_truths.c.conversation_id == c.id)


def _window_query() -> sa.Select[Any]:
    """Return the query for ``WindowRow``: a window, and the rule that its scores follow."""
    w = windows_table.c
    # All scores of one window have one version: the greatest is any of them.
    version = (
        sa.select(sa.func.max(scores.c.rule_version))
        .where(scores.c.conversation_id == w.conversation_id, scores.c.window == w.window)
        .correlate(windows_table)
        .scalar_subquery()
    )
    return sa.select(
        w.window, w.start, w.stop, w.state, w.done_at, w.seed, w.background
    ).add_columns(version.label("rule_version"))


def _window_row(row: sa.Row[Any]) -> WindowRow:
    return WindowRow(
        row.window,
        row.start,
        row.stop,
        row.state == DONE,
        row.done_at,
        row.seed,
        tuple(WindowReference(*reference) for reference in row.background or ()),
        row.rule_version or "",
    )
