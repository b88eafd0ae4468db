"""A pace for costly readings: the longer one takes, the longer the pause until the next."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

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


class Paced(Generic[T]):
    """A costly reading whose last result is kept until the next is due. Any thread may use it."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._pace = Pace()
        self._lock = threading.Lock()  # one reading at a time, however many pages ask
        self._results: tuple[T, ...] = ()

    def value(self) -> T:
        """Return the latest result. Blocks while the first is read, or if the next is due."""
        last = self._results
        # While another thread reads, the last result is good enough.
        if (not last or self._pace.due) and self._lock.acquire(blocking=not last):
            try:
                if not self._results or self._pace.due:
                    with self._pace.reading():
                        self._results = (self._read(),)
            finally:
                self._lock.release()
        return self._results[0]
