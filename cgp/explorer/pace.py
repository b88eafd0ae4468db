"""A pace for costly readings: the longer one takes, the longer the pause until the next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REST = 20.0
"""Pause after a reading, in times its duration: readings take at most about 5 % of the time."""


class Pace:
    """Tells when a reading is due. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due_at = -math.inf

    @property
    def due(self) -> bool:
        """True before the first reading, and when the pause after the last is over."""
        return self._clock() >= self._due_at

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Measure a reading while the block runs; a failed one has its pause too."""
        began = self._clock()
        try:
            yield
        finally:
            ended = self._clock()
            self._due_at = ended + REST * (ended - began)
