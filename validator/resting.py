"""Miners that keep failing are left in peace for a while, so that they slow nobody else down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_LEAST_FAILURES = 3
_LONGEST_REST = 300.0


@dataclass(frozen=True, slots=True)
class _Failures:
    in_a_row: int
    until: float


class Resting:
    """Remembers who did not answer.

    After three failures in a row (silence or no connection, not a bad answer) a miner rests: for
    ``first`` seconds, then twice as long after each further failure, at most five minutes. While it
    rests it counts as silent for what it is chosen for (silence is a zero, so resting is no way out);
    the first request after the rest goes through. ``clock`` gives seconds.
    """

    def __init__(self, first: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._first = first
        self._clock = clock
        self._failures: dict[str, _Failures] = {}

    def left(self, hotkey: str) -> float:
        """Return the seconds until a miner may be asked again (0: now)."""
        failures = self._failures.get(hotkey)
        return max(0.0, failures.until - self._clock()) if failures else 0.0

    def failed(self, hotkey: str) -> None:
        """Remember that a miner did not answer."""
        earlier = self._failures.get(hotkey)
        count = earlier.in_a_row + 1 if earlier else 1
        until = 0.0
        if count >= _LEAST_FAILURES:
            doubled = self._first * 2.0 ** min(count - _LEAST_FAILURES, 20)
            until = self._clock() + min(doubled, _LONGEST_REST)
        self._failures[hotkey] = _Failures(count, until)

    def answered(self, hotkey: str) -> None:
        """Remember that a miner answered."""
        self._failures.pop(hotkey, None)
