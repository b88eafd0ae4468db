"""Rate limits: a token bucket for each key, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class RateLimit:
    """Limit of ``per_minute`` events a minute for each key, in bursts of a tenth of that (at
    least 10).

    Asking (``wait``) and counting (``count``) are two steps: an event is counted after its author
    is verified, so a forger cannot use up the budget of another key. Beyond ``keys`` keys the one
    unused for longest is forgotten, which only favours that key. ``clock`` returns seconds.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if per_minute <= 0 or keys < 1:
            raise ValueError(
                f"a rate limit needs a positive rate and room, got {per_minute}/{keys}"
            )
        self._rate = per_minute / 60
        # A burst is a tenth of a minute's events, and ten for a small rate: honest requests come in
        # groups.
        self._burst = max(1.0, min(per_minute, max(10.0, per_minute / 10)))
        self._keys = keys
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until ``key`` may cause its next event (0: now)."""
        return max(0.0, 1.0 - self._tokens(key, self._clock())) / self._rate

    def count(self, key: str) -> None:
        """Count one event of ``key``."""
        now = self._clock()
        # The debt is bounded: a flood is not punished for long after it ends.
        self._buckets[key] = (max(-self._burst, self._tokens(key, now) - 1.0), now)
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)

    def _tokens(self, key: str, now: float) -> float:
        tokens, then = self._buckets.get(key, (self._burst, now))
        return min(self._burst, tokens + (now - then) * self._rate)
