"""Treatment of a failing server: wait and repeat, or stop asking it for a while.

The SDKs' own retries are switched off in favour of these, since theirs know neither the time that
is left, nor the budget, nor the circuit breaker, nor each other.
"""

from __future__ import annotations

import email.utils
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cgp.annotators.errors import CircuitOpenError
from cgp.backoff import pause_after


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    The wait before repeat ``n`` (from 0) is uniform between 0 and ``min(longest, first * 2**n)``
    seconds (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), and never less
    than the server's own demand.
    """

    first: float = 0.5
    longest: float = 20.0

    def wait(self, repeat: int, retry_after: float | None, random_source: random.Random) -> float:
        """Return the seconds to wait before repeat ``repeat``."""
        pause = pause_after(repeat, first=self.first, longest=self.longest)
        seconds = random_source.uniform(0, pause)
        # Some jitter also on top of the server's wish: it told everyone the same moment.
        return seconds if retry_after is None else retry_after + min(seconds, 1.0)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the wait in seconds that a server asks for, or ``None``.

    Reads ``retry-after-ms``, and ``Retry-After`` as seconds or as an HTTP date (RFC 9110, section
    10.2.3). ``now`` is the time in seconds since the epoch. Nonsense counts as no wish.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _number(headers.get(name, ""))
        if seconds is not None:
            return seconds * unit
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, moment.timestamp() - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


class CircuitBreaker:
    """Stops calls to a backend that fails, and lets one through now and then to see if it is back.

    Closed: calls pass. After ``failures`` in a row it opens for ``pause`` seconds, in which calls
    fail at once. Then one call is tried: success closes it, failure opens it for twice as long,
    up to ``longest``. A pause is never shorter than the server's demand. ``clock`` is monotonic.
    """

    def __init__(
        self,
        *,
        failures: int,
        pause: float,
        longest: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = failures
        self._first_pause = pause
        self._longest = longest
        self._clock = clock
        self._failures = 0
        self._pause = pause
        self._open_until: float | None = None
        self._trial = False
        self._reason = ""

    def check(self) -> None:
        """Let a call pass. It must end in one of the three ``note_`` methods.

        Raises:
            CircuitOpenError: while the breaker is open; it says for how long and why.
        """
        if self._open_until is None:
            return
        seconds_left = self._open_until - self._clock()
        # After the pause one call at a time tries the server; the others still fail at once.
        if seconds_left > 0 or self._trial:
            raise CircuitOpenError(
                f"left alone for another {max(seconds_left, 0.0):.0f} s after {self._failures} failures,"
                f" the last one: {self._reason}",
                retry_after=max(seconds_left, 0.0),
            )
        self._trial = True

    def note_success(self) -> None:
        """Count a call that the server answered."""
        self._failures = 0
        self._pause = self._first_pause
        self._open_until = None
        self._trial = False

    def note_failure(self, reason: str, asked_pause: float | None = None) -> None:
        """Count a failure, after which the server may have asked for a pause in seconds."""
        self._failures += 1
        self._reason = reason
        # The trial failed as well: the server gets twice the pause.
        if self._trial:
            self._pause = min(self._longest, 2 * self._pause)
        if self._trial or self._failures >= self._threshold:
            self._open_until = self._clock() + max(self._pause, asked_pause or 0.0)
        self._trial = False

    def note_abandonment(self) -> None:
        """Count a call that was cancelled: it says nothing about the server."""
        self._trial = False


def _number(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
