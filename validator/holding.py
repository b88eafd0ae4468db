"""Holding: while a fault is the validator's own, nothing is scored and no weights are set."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from validator.own_faults import OwnFault

logger = logging.getLogger("validator")


class Holding:
    """State of a hold on conversations, standings and weights: its reason and its start."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._fault: OwnFault | None = None
        self._since = 0.0
        self._seen = 0.0
        self.times = 0
        """Number of holds since the start."""

    @property
    def fault(self) -> OwnFault | None:
        """The fault for which the validator holds; None where it works."""
        return self._fault

    @property
    def seconds(self) -> float:
        """Length of the hold in seconds; 0 without one."""
        return self._clock() - self._since if self._fault else 0.0

    def begin(self, fault: OwnFault) -> None:
        """Hold, and say so once for each kind of fault."""
        if self._fault is None:
            self._since = self._clock()
            self.times += 1
        if self._fault is None or self._fault.kind is not fault.kind:
            logger.error("Holding conversations, standings and weights: %s", fault)
        self._fault = fault
        self._seen = self._clock()

    def now(self) -> float:
        """Return the time on the clock that ``end`` goes by."""
        return self._clock()

    def end(self, asked_at: float) -> None:
        """Go on: a miner has answered a request of ``asked_at``.

        An answer to a request from before the last sight of the fault proves nothing.
        """
        if self._fault is not None and asked_at > self._seen:
            logger.warning("Miners answer again after %.0f s: going on", self.seconds)
            self._fault = None
