"""The pulse of the event loop: whether this process stood still while it waited for others.

A process that was stopped (SIGSTOP, a debugger, a suspended machine, no CPU) wakes to find that
all its deadlines have passed, though the answers lie ready. None of that is the miners' doing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

BEAT_SECONDS: Final = 0.25
STALL_SECONDS: Final = 1.0
"""Longest gap between beats that still counts as work: one call to scoring may take
half a second.
"""

_MOST_BEATS = 64


class Pulse:
    """Remembers when the event loop stood still. ``clock`` gives seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._stalls: deque[float] = deque(maxlen=_MOST_BEATS)

    async def beat(self) -> None:
        """Feel the pulse for ever."""
        self._last = self._clock()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.feel()

    def feel(self) -> None:
        """Take one beat."""
        now = self._clock()
        if (gap := now - self._last - BEAT_SECONDS) > STALL_SECONDS:
            self._stalls.append(now)
            logger.warning(
                "This process stood still for %.1f s (stopped, or no CPU): what it waited for meanwhile "
                "is asked again",
                gap,
            )
        self._last = now

    def stalled_since(self, moment: float) -> bool:
        """Tell if the loop stood still at any time after ``moment``."""
        # The loop may have woken just now, before the next beat could notice it.
        waking = self._clock() - self._last - BEAT_SECONDS > STALL_SECONDS
        return waking or any(stall >= moment for stall in self._stalls)
