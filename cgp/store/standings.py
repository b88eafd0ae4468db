"""Standings by hotkey, and the recent answers that scoring compares with one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.store.conversations import DONE
from cgp.store.database import Database
from cgp.store.schema import answers, gold_asks, gold_uses, ground_truths, standings
from cgp.store.schema import windows as windows_table


@dataclass(frozen=True, slots=True)
class StandingRecord:
    """A validator's standing of one hotkey, and the block at which the hotkey registered.

    ``standing`` is text from scoring (``Standing.to_json``); the store never reads it.
    """

    hotkey: str
    registered_at: int
    standing: str


@dataclass(frozen=True, slots=True)
class StandingChanges:
    """Standings that one window's scores change, committed with them or not at all."""

    rule_version: str
    standings: Sequence[StandingRecord] = ()


class ScoringValidator(NamedTuple):
    """Validator that has standings, and the version of the rule that they were made under."""

    hotkey: str
    rule_version: str


class Standings(Database):
    """The part of the store that holds standings."""

    def standings_of(self, validator: str, rule_version: str) -> list[StandingRecord]:
        """Return a validator's standings under one version of the scoring rule."""
        c = standings.c
        query = sa.select(c.hotkey, c.registered_at, c.standing).where(
            c.validator == validator, c.rule_version == rule_version
        )
        with self._reading() as connection:
            return [StandingRecord(*row) for row in connection.execute(query)]

    def validators(self) -> list[ScoringValidator]:
        """Return each validator that has standings, the latest first."""
        c = standings.c
        query = (
            sa.select(c.validator, c.rule_version)
            .group_by(c.validator, c.rule_version)
            .order_by(sa.func.max(c.updated_at).desc())
        )
        with self._reading() as connection:
            return [ScoringValidator(*row) for row in connection.execute(query)]

    def peer_history(self, validator: str, windows: int) -> list[str]:
        """Return the peer records of the answers to the latest ``windows`` windows,
        oldest first.
        """
        w = windows_table.c
        latest = (
            sa.select(w.conversation_id, w.window, w.done_at)
            .join(ground_truths, ground_truths.c.conversation_id == w.conversation_id)
            .where(w.state == DONE, ground_truths.c.validator == validator)
            .order_by(w.done_at.desc())
            .limit(windows)
            .subquery()
        )
        query = (
            sa.select(answers.c.peer_record)
            .join(
                latest,
                sa.and_(
                    latest.c.conversation_id == answers.c.conversation_id,
                    latest.c.window == answers.c.window,
                ),
            )
            .where(answers.c.peer_record != "")
            .order_by(latest.c.done_at, answers.c.uid)
        )
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def times_asked(self, validator: str) -> dict[str, int]:
        """Return the number of windows that a validator asked each hotkey about, gold ones too."""
        ordinary = (
            sa.select(answers.c.hotkey)
            .join(ground_truths, ground_truths.c.conversation_id == answers.c.conversation_id)
            .where(ground_truths.c.validator == validator)
        )
        gold = (
            sa.select(gold_asks.c.hotkey)
            .join(gold_uses, gold_uses.c.number == gold_asks.c.use)
            .where(gold_uses.c.validator == validator)
        )
        hotkeys = sa.union_all(ordinary, gold).subquery()
        query = sa.select(hotkeys.c.hotkey, sa.func.count().label("asked")).group_by(
            hotkeys.c.hotkey
        )
        with self._reading() as connection:
            return {row.hotkey: row.asked for row in connection.execute(query)}

    def _save_changes(
        self, connection: Connection, validator: str, changes: StandingChanges
    ) -> None:
        common = {
            "validator": validator,
            "rule_version": changes.rule_version,
            "updated_at": self._now(connection),
        }
        if rows := [
            {
                **common,
                "hotkey": record.hotkey,
                "registered_at": record.registered_at,
                "standing": record.standing,
            }
            # Rows in one order everywhere: two validators that lock them in different orders could
            # block each other.
            for record in sorted(changes.standings, key=lambda record: record.hotkey)
        ]:
            connection.execute(self._upsert(standings), rows)
