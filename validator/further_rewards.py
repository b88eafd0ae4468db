"""Rewards beside those for answers, in the weights: experts of the tag model, where turned on."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from cgp.config import Settings
from cgp.errors import CgpError
from cgp.scoring import RewardSource, reward_source, with_further

logger = logging.getLogger("validator")


@dataclass(frozen=True, slots=True)
class FurtherRewards:
    """Rewards for work other than answers, and their share of the weights."""

    source: RewardSource
    share: float

    async def mixed_into(
        self, vector: Mapping[int, float], uids: Mapping[str, int]
    ) -> Mapping[int, float]:
        """Return the weights with these rewards; without them where they cannot be read."""
        try:
            amounts = await asyncio.to_thread(self.source.amounts)
        # Answers are paid also where the other rewards cannot be read.
        except (CgpError, sqlite3.Error, OSError) as error:
            logger.warning("Weights pay for answers alone: %s", error)
            return vector
        return with_further(vector, amounts, uids, self.share)


def further_rewards(settings: Settings) -> FurtherRewards | None:
    """Return the rewards for experts, None where the operator has not turned them on.

    Raises:
        cgp.errors.CgpError: if there is no such ledger.
    """
    experts = settings.experts
    if experts.ledger is None or not experts.weight_share:
        return None
    return FurtherRewards(reward_source("experts", experts.ledger), experts.weight_share)
