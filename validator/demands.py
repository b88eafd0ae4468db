"""Demands of the subnet that this validator cannot meet: found before weights are
refused for them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, MutableMapping
from typing import Final

import bittensor as bt

from cgp.chain import ChainMismatchError
from cgp.chain.demands import (
    MINIMUM_REMEDY,
    late_version_key,
    too_few_miners,
    version_key_remedy,
)
from cgp.chain.metagraph import Chain, SubnetRules
from cgp.telemetry import Problem

logger = logging.getLogger("validator")

LOOK_SECONDS: Final = 600.0
"""Time between two looks: owners change the rules once in two tempos (144 minutes) at most."""

_NAMES = ("runtime", "version key", "minimum weights")


class Demands:
    """Keeps the problems of the health page true: which demand of the subnet is not met.

    Args:
        chain: the subnet, as this validator sees it.
        version_key: our own version key.
        problems: the problems that the health page shows, by name; changed by ``look``.
        clock: gives seconds.
    """

    def __init__(
        self,
        chain: Chain,
        version_key: int,
        problems: MutableMapping[str, Problem],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chain = chain
        self._version_key = version_key
        self._problems = problems
        self._clock = clock
        self._looked_at: float | None = None
        self.rules: SubnetRules | None = None
        """The rules as they were last read, None before."""

    async def look(self, miners: int) -> None:
        """Compare the rules with ours, if it is time; ``miners`` is the number of miners to be
        paid.

        Where the chain does not answer, the problems stay as they are.
        """
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS:
            return
        try:
            problem = await self._problem(miners)
        except bt.BittensorError as error:
            logger.warning("The subnet's rules for weights are not known: %s", error)
            return
        self._looked_at = now
        # Old problems go first, since this look may find that one is over; a new one is logged
        # once.
        before = [self._problems.pop(name) for name in _NAMES if name in self._problems]
        if problem is None:
            return
        self._problems[problem.name] = problem
        if problem not in before:
            logger.error("%s: %s", problem.reason, problem.remedy)

    async def _problem(self, miners: int) -> Problem | None:
        try:
            rules = await self._chain.rules()
        except ChainMismatchError as error:
            return Problem("runtime", str(error), error.remedy)
        self.rules = rules
        if self._version_key < rules.version_key:
            reason = late_version_key(rules.version_key, self._version_key)
            return Problem("version key", reason, version_key_remedy(rules.version_key))
        # Without any miner the page says so already.
        if 0 < miners < rules.minimum_weights:
            reason = too_few_miners(rules.minimum_weights, miners)
            return Problem("minimum weights", reason, MINIMUM_REMEDY)
        return None
