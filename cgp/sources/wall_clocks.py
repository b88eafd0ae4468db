"""Times of day without a date: a talk that goes on past midnight."""

from __future__ import annotations

DAY = 86400.0
_BACK = DAY / 2
"""Seconds that a clock goes back at most: by summer time, on a journey, or by an edited line."""


class WallClock:
    """Clock that runs on over midnight: its seconds count from the first day's beginning."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._days = 0.0

    def seconds(self, of_day: float) -> float:
        """Return the seconds of the next time of day that is read."""
        if self._last is not None and of_day < self._last - _BACK:
            self._days += DAY
        self._last = of_day
        return self._days + of_day
