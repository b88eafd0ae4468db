"""Holding: while a fault is the validator's own, nothing is scored and no weights are set."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from validator.own_faults import FaultKind, OwnFault

logger = logging.getLogger("validator")


class Holding:
    """State of a hold on conversations, standings and weights: its reason and its start.

    A fault that may be a conversation's is a suspicion until a probe has failed as well: the hold
    is in force from its beginning, but it is neither counted nor said.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._fault: OwnFault | None = None
        self._said: FaultKind | None = None
        self._since = 0.0
        self._seen = 0.0
        self.times = 0
        """Number of holds since the start, without suspicions that came to nothing."""

    @property
    def fault(self) -> OwnFault | None:
        """The fault for which the validator holds; None where it works."""
        return self._fault

    @property
    def seconds(self) -> float:
        """Length of the hold in seconds; 0 without one."""
        return self._clock() - self._since if self._fault else 0.0

    def begin(self, fault: OwnFault) -> None:
        """Hold for the fault that a conversation met."""
        if self._fault is None:
            self._since = self._clock()
            self._said = None
        self._see(fault)
        if not fault.may_be_a_conversations:
            self._say(fault)

    def confirm(self, fault: OwnFault) -> None:
        """Keep a hold up, since a probe met the fault too. It begins none.

        Since the probe was asked, a miner may have answered a conversation; and with nothing put
        off only another probe could end a new hold.
        """
        if self._fault is not None:
            self._see(fault)
            self._say(fault)

    def now(self) -> float:
        """Return the time on the clock that ``end`` goes by."""
        return self._clock()

    def end(self, asked_at: float) -> None:
        """Go on: a miner has answered a request of ``asked_at``.

        An answer to a request from before the last sight of the fault proves nothing.
        """
        if self._fault is not None and asked_at > self._seen:
            if self._said is not None:
                logger.warning("Miners answer again after %.0f s: going on", self.seconds)
            self._fault = None

    def _see(self, fault: OwnFault) -> None:
        self._fault = fault
        self._seen = self._clock()

    def _say(self, fault: OwnFault) -> None:
        """Count the hold, and log it once for each kind of fault."""
        if self._said is None:
            self.times += 1
        if self._said is not fault.kind:
            logger.error("Holding conversations, standings and weights: %s", fault)
        self._said = fault.kind
