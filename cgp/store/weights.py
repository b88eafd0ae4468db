"""The log of weights that were set, or that the chain did not take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from cgp.store.database import Database, atomic, storable
from cgp.store.schema import standings, weights


@dataclass(frozen=True, slots=True)
class WeightsRecord:
    """One attempt to set weights: rewards by hotkey, weights by uid, and the chain's reply."""

    block: int
    rewards: Mapping[str, float]
    weights: Mapping[int, float]
    success: bool
    code: str = ""
    message: str = ""


class WeightsLog(Database):
    """The part of the store that remembers weights."""

    @atomic
    def log_weights(self, validator: str, record: WeightsRecord) -> None:
        """Remember one attempt to set weights."""
        with self._writing() as connection:
            connection.execute(
                sa.insert(weights).values(
                    validator=validator,
                    block=record.block,
                    set_at=self._now(connection),
                    rewards=dict(record.rewards),
                    weights={str(uid): weight for uid, weight in record.weights.items()},
                    success=record.success,
                    code=storable(record.code, 64),
                    message=storable(record.message),
                )
            )

    def last_weights(self, validator: str) -> WeightsRecord | None:
        """Return the last weights that the chain took from a validator."""
        c = weights.c
        query = (
            sa.select(c.block, c.rewards, c.weights, c.success, c.code, c.message)
            .where(c.validator == validator, c.success)
            .order_by(c.number.desc())
            .limit(1)
        )
        with self._reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        by_uid = {int(uid): weight for uid, weight in row.weights.items()}
        return WeightsRecord(row.block, row.rewards, by_uid, row.success, row.code, row.message)

    def weights_are_current(self, validator: str) -> bool:
        """Tell if the chain took weights from a validator after its last scored window."""
        last_weights = sa.select(sa.func.max(weights.c.set_at)).where(
            weights.c.validator == validator, weights.c.success
        )
        last_scores = sa.select(sa.func.max(standings.c.updated_at)).where(
            standings.c.validator == validator
        )
        with self._reading() as connection:
            set_at = connection.execute(last_weights).scalar_one_or_none()
            changed_at = connection.execute(last_scores).scalar_one_or_none()
        return set_at is not None and (changed_at is None or set_at >= changed_at)
