"""Hidden gold windows: windows whose good tags are on record, sent to miners among the ordinary
ones.

Only the operator reads them: they live in tables of their own, which the API, the index and
exports never read. A use is stored, with the miners that it asks, before the first of them is
asked. So a crash spends the use, no window is used more often than the operator allows, and no
miner (nor another hotkey of the same cluster, coldkey or address) gets it a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.gold import GoldWindow, gold_from_json
from cgp.store.conversations import WindowReference
from cgp.store.database import atomic
from cgp.store.leases import Lease, require_lease
from cgp.store.results import (
    ScoredAnswer,
    answer_columns,
    answer_from,
    score_columns,
    score_from,
)
from cgp.store.schema import gold_asks, gold_uses, gold_windows
from cgp.store.standings import StandingChanges, Standings
from cgp.store_errors import StoreError


@dataclass(frozen=True, slots=True)
class GoldAsk:
    """A miner that a gold window is sent to, with the identities that count as this miner.

    ``cluster`` holds the hotkeys that count as one with it, its own among them.
    """

    hotkey: str
    uid: int
    cluster: frozenset[str]
    coldkey: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """The miners that have seen a gold window, with the identities that count as one of them."""

    hotkeys: frozenset[str] = frozenset()
    coldkeys: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    def with_ask(self, ask: GoldAsk) -> Exposure:
        """Return the exposure after this miner is asked too."""
        return Exposure(
            self.hotkeys | ask.cluster | {ask.hotkey},
            self.coldkeys | ({ask.coldkey} if ask.coldkey else set()),
            self.addresses | ({ask.address} if ask.address else set()),
        )

    def holds(self, ask: GoldAsk) -> bool:
        """Tell whether a miner has seen the window, itself or as another hotkey."""
        return (
            not self.hotkeys.isdisjoint(ask.cluster | {ask.hotkey})
            or ask.coldkey in self.coldkeys
            or ask.address in self.addresses
        )


@dataclass(frozen=True)
class GoldRecord:
    """A stored gold window and its past. ``removed`` says that it is out of use."""

    number: int
    gold: GoldWindow
    uses: int
    most_uses: int
    exposure: Exposure
    removed: bool = False


@dataclass(frozen=True)
class GoldTask:
    """A gold window that is about to go out, by its ``number``.

    ``sent`` is the window as it is sent. Its scores depend on ``background`` and ``rule_version``
    too. ``asks`` are the miners.
    """

    number: int
    sent: GoldWindow
    background: tuple[WindowReference, ...]
    rule_version: str
    asks: tuple[GoldAsk, ...]


@dataclass(frozen=True, slots=True)
class GoldCounts:
    """Counts of an addition: new gold windows, and known ones that got new
    annotations or bounds.
    """

    added: int
    changed: int


@dataclass(frozen=True)
class GoldUse:
    """One use of a gold window, with the input of its scores.

    ``gold`` is the window as it was sent. ``answers`` is empty where the validator ended before the
    scores were stored.
    """

    number: int
    gold: GoldWindow
    validator: str
    background: tuple[WindowReference, ...]
    rule_version: str
    asked_at: float
    done_at: float | None
    answers: tuple[ScoredAnswer, ...]


class GoldWindows(Standings):
    """The part of the store that holds hidden gold windows."""

    @atomic
    def add_gold(self, windows: Iterable[GoldWindow], most_uses: int) -> GoldCounts:
        """Store gold windows, each to be used ``most_uses`` times at most.

        A window that is there already keeps its past and takes the new annotations; one that was
        removed is in use again.

        Raises:
            StoreError: if another window is there under the same id. Nothing is stored then.
        """
        new = duplicates = 0
        with self._writing() as connection:
            now = self._now(connection)
            for gold in windows:
                values = {
                    "id": gold.id,
                    "document": gold.to_json(),
                    "most_uses": most_uses,
                    "removed_at": None,
                }
                content = gold.window.content_hash
                if _other_content(connection, gold.id, content):
                    raise StoreError(f"another gold window is there as {gold.id!r}: change the id")
                update = sa.update(gold_windows).where(gold_windows.c.content_hash == content)
                if connection.execute(update.values(values)).rowcount:
                    duplicates += 1
                    continue
                row = values | {"content_hash": content, "added_at": now}
                connection.execute(sa.insert(gold_windows), row)
                new += 1
        return GoldCounts(new, duplicates)

    @atomic
    def remove_gold(self, identifier: str) -> bool:
        """Take a gold window out of use; False where none of this id is in use.

        Its past is kept: its scores can be replayed, and no miner gets it twice if it is added
        again.
        """
        with self._writing() as connection:
            update = (
                sa.update(gold_windows)
                .where(gold_windows.c.id == identifier, gold_windows.c.removed_at.is_(None))
                .values(removed_at=self._now(connection))
            )
            return connection.execute(update).rowcount == 1

    def gold(self) -> list[GoldRecord]:
        """Return all gold windows in the order in which they were added."""
        with self._reading() as connection:
            uses = _uses(connection)
            exposures = _exposures(connection)
            rows = connection.execute(sa.select(gold_windows).order_by(gold_windows.c.number)).all()
        return [
            GoldRecord(
                number=row.number,
                gold=gold_from_json(row.document),
                uses=uses.get(row.number, 0),
                most_uses=row.most_uses,
                exposure=exposures.get(row.number, Exposure()),
                removed=row.removed_at is not None,
            )
            for row in rows
        ]

    @atomic
    def reserve_gold(self, lease: Lease, task: GoldTask) -> int | None:
        """Spend a use of a gold window on some miners, before they are asked; return the use's
        number.

        ``lease`` is that of the conversation among whose windows it goes out. None (and no change)
        if it must not go out: it is removed or used up, a miner has seen it, or two miners count as
        one.

        Raises:
            LeaseLost: if somebody else holds the conversation.
        """
        with self._writing() as connection:
            require_lease(connection, lease)
            if not _may_go_out(connection, task.number, task.asks):
                return None
            number: int = connection.execute(
                sa.insert(gold_uses)
                .values(
                    gold=task.number,
                    validator=lease.holder,
                    document=task.sent.to_json(),
                    background=[[r.conversation_id, r.start, r.stop] for r in task.background],
                    rule_version=task.rule_version,
                    asked_at=self._now(connection),
                )
                .returning(gold_uses.c.number)
            ).scalar_one()
            connection.execute(
                sa.insert(gold_asks),
                [
                    {
                        "use": number,
                        "hotkey": ask.hotkey,
                        "uid": ask.uid,
                        "cluster": sorted(ask.cluster | {ask.hotkey}),
                        "coldkey": ask.coldkey,
                        "address": ask.address,
                    }
                    for ask in task.asks
                ],
            )
        return number

    @atomic
    def commit_gold(
        self, lease: Lease, use: int, answers: Sequence[ScoredAnswer], changes: StandingChanges
    ) -> bool:
        """Store the scores of a use and the changed standings; False if that was done already.

        Raises:
            LeaseLost: if somebody else holds the conversation among whose windows it went out.
        """
        with self._writing() as connection:
            require_lease(connection, lease)
            update = (
                sa.update(gold_uses)
                .where(gold_uses.c.number == use, gold_uses.c.done_at.is_(None))
                .values(done_at=self._now(connection))
            )
            if connection.execute(update).rowcount != 1:
                return False
            for record in answers:
                connection.execute(
                    sa.update(gold_asks)
                    .where(gold_asks.c.use == use, gold_asks.c.hotkey == record.hotkey)
                    .values(
                        seconds=record.seconds,
                        answer={
                            **answer_columns(record.answer),
                            "evidence": dict(record.evidence),
                            "body_hash": record.body_hash,
                        },
                        score=score_columns(record.score),
                    )
                )
            self._save_changes(connection, lease.holder, changes)
        return True

    def gold_uses(self, identifier: str | None = None) -> list[GoldUse]:
        """Return the uses of all gold windows (or of one, by its id), the earliest first."""
        query = (
            sa.select(gold_uses)
            .join(gold_windows, gold_windows.c.number == gold_uses.c.gold)
            .order_by(gold_uses.c.number)
        )
        if identifier is not None:
            query = query.where(gold_windows.c.id == identifier)
        with self._reading() as connection:
            rows = connection.execute(query).all()
            asks = sa.select(gold_asks).where(gold_asks.c.use.in_([row.number for row in rows]))
            answers: dict[int, list[ScoredAnswer]] = defaultdict(list)
            for ask in connection.execute(asks.order_by(gold_asks.c.use, gold_asks.c.uid)):
                if ask.score is not None:
                    answers[ask.use].append(_scored_answer(ask))
        return [
            GoldUse(
                number=row.number,
                gold=gold_from_json(row.document),
                validator=row.validator,
                background=tuple(WindowReference(*reference) for reference in row.background),
                rule_version=row.rule_version,
                asked_at=row.asked_at,
                done_at=row.done_at,
                answers=tuple(answers[row.number]),
            )
            for row in rows
        ]


def _other_content(connection: Connection, identifier: str, content: str) -> bool:
    query = sa.select(gold_windows.c.content_hash).where(gold_windows.c.id == identifier)
    return connection.execute(query).scalar_one_or_none() not in {None, content}


def _may_go_out(connection: Connection, number: int, asks: Sequence[GoldAsk]) -> bool:
    """Tell if a window may go to these miners. Its row stays locked until the transaction ends."""
    c = gold_windows.c
    query = sa.select(c.most_uses).where(c.number == number, c.removed_at.is_(None))
    # Locked, so that two validators cannot both take the last use.
    limit = connection.execute(query.with_for_update()).scalar_one_or_none()
    if limit is None or not asks or _uses(connection, number).get(number, 0) >= limit:
        return False
    exposure = _exposures(connection, number).get(number, Exposure())
    for ask in asks:
        if exposure.holds(ask):
            return False
        exposure = exposure.with_ask(ask)
    return True


def _uses(connection: Connection, number: int | None = None) -> dict[int, int]:
    query = sa.select(gold_uses.c.gold, sa.func.count().label("uses")).group_by(gold_uses.c.gold)
    if number is not None:
        query = query.where(gold_uses.c.gold == number)
    return {row.gold: row.uses for row in connection.execute(query)}


def _exposures(connection: Connection, number: int | None = None) -> dict[int, Exposure]:
    c = gold_asks.c
    query = sa.select(gold_uses.c.gold, c.hotkey, c.uid, c.cluster, c.coldkey, c.address).join(
        gold_uses, gold_uses.c.number == c.use
    )
    if number is not None:
        query = query.where(gold_uses.c.gold == number)
    exposures: dict[int, Exposure] = defaultdict(Exposure)
    for row in connection.execute(query):
        ask = GoldAsk(row.hotkey, row.uid, frozenset(row.cluster), row.coldkey, row.address)
        exposures[row.gold] = exposures[row.gold].with_ask(ask)
    return exposures


def _scored_answer(ask: sa.Row[Any]) -> ScoredAnswer:
    return ScoredAnswer(
        hotkey=ask.hotkey,
        uid=ask.uid,
        answer=answer_from(ask.answer),
        score=score_from(ask.score, ask.score["tags"]),
        seconds=ask.seconds,
        evidence=ask.answer["evidence"],
        body_hash=ask.answer["body_hash"],
    )
