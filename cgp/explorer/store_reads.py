"""Reads of the store that only the explorer needs: latest answers, lists, weights."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from cgp.store import State, Store, WindowReference
from cgp.store.schema import (
    answers,
    conversations,
    qualities,
    scores,
    weights,
)
from cgp.store.schema import windows as windows_table


@dataclass(frozen=True, slots=True)
class RecentAnswer:
    """One answer to one window: its miner, score, latency in seconds, and failure (empty: none)."""

    conversation_id: str
    window: int
    hotkey: str
    uid: int
    score: float
    failure: str
    seconds: float
    received_at: float


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """One conversation in a list. Times are seconds since the epoch; ``quality`` is 0 to 1."""

    number: int
    id: str
    source: str
    language: str
    turns: int
    state: State
    reason: str
    finished_at: float | None
    quality: float | None


@dataclass(frozen=True, slots=True)
class WeightsLine:
    """One attempt to set weights: rewards by hotkey, and the answer of the chain."""

    block: int
    set_at: float
    rewards: dict[str, float]
    success: bool
    code: str


class ExplorerStore(Store):
    """The store as the explorer reads it."""

    def recent_answers(self, limit: int) -> list[RecentAnswer]:
        """Return the ``limit`` latest answers with their scores, the latest first."""
        a = answers.c
        query = (
            sa.select(
                a.conversation_id,
                a.window,
                a.hotkey,
                a.uid,
                scores.c.value,
                a.failure,
                a.seconds,
                a.received_at,
            )
            .join(
                scores,
                sa.and_(
                    scores.c.conversation_id == a.conversation_id,
                    scores.c.window == a.window,
                    scores.c.hotkey == a.hotkey,
                ),
            )
            # There is an index by time: a long history costs nothing here.
            .order_by(a.received_at.desc())
            .limit(limit)
        )
        with self._reading() as connection:
            return [RecentAnswer(*row) for row in connection.execute(query)]

    def latest_uids(self, limit: int) -> dict[str, int]:
        """Return the uid under which each hotkey gave the last of the ``limit`` latest answers."""
        a = answers.c
        query = sa.select(a.hotkey, a.uid).order_by(a.received_at.desc()).limit(limit)
        with self._reading() as connection:
            latest_first = [(hotkey, uid) for hotkey, uid in connection.execute(query)]
        return dict(reversed(latest_first))

    def count_answers(self, *, after: float | None = None, until: float | None = None) -> int:
        """Return the number of answers and failures that came after a time, or until it."""
        query = sa.select(sa.func.count()).select_from(answers)
        if after is not None:
            query = query.where(answers.c.received_at > after)
        if until is not None:
            query = query.where(answers.c.received_at <= until)
        with self._reading() as connection:
            return connection.execute(query).scalar_one()

    def conversation_lines(
        self, *, after: int, count: int, state: State | None = None, source: str | None = None
    ) -> list[ConversationLine]:
        """Return up to ``count`` conversations after a number, in order of arrival."""
        c, q = conversations.c, qualities.c
        query = (
            sa.select(
                c.number,
                c.id,
                c.source,
                c.language,
                c.turns,
                c.state,
                c.reason,
                c.finished_at,
                q.summary,
            )
            .outerjoin(qualities, q.conversation_id == c.id)
            .where(c.number > after)
            .order_by(c.number)
            .limit(count)
        )
        if state is not None:
            query = query.where(c.state == state)
        if source is not None:
            query = query.where(c.source == source)
        with self._reading() as connection:
            return [ConversationLine(*row) for row in connection.execute(query)]

    def window_background(self, conversation_id: str, window: int) -> list[WindowReference]:
        """Return the windows that a window was scored against."""
        w = windows_table.c
        query = sa.select(w.background).where(
            w.conversation_id == conversation_id, w.window == window
        )
        with self._reading() as connection:
            background = connection.execute(query).scalar_one_or_none()
        return [WindowReference(*item) for item in background or ()]

    def weights_history(self, validator: str, count: int) -> list[WeightsLine]:
        """Return the latest ``count`` attempts of a validator to set weights, the oldest first."""
        w = weights.c
        query = (
            sa.select(w.block, w.set_at, w.rewards, w.success, w.code)
            .where(w.validator == validator)
            .order_by(w.number.desc())
            .limit(count)
        )
        with self._reading() as connection:
            rows = [WeightsLine(*row) for row in connection.execute(query)]
        # Read backwards to get the latest, shown forwards.
        return rows[::-1]

    def mean_quality_by_source(self) -> dict[str, float]:
        """Return the mean quality (0 to 1) of each source's conversations that were measured."""
        c, q = conversations.c, qualities.c
        query = (
            sa.select(c.source, sa.func.avg(q.summary))
            .join(qualities, q.conversation_id == c.id)
            .group_by(c.source)
        )
        with self._reading() as connection:
            return {row[0]: float(row[1]) for row in connection.execute(query)}
