"""Geometry of the pages' pictures: points and paths of SVG, computed on the server."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear map from values to pixels."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; all values lie at the start if the range is empty."""
        if self.high <= self.low:
            return self.start
        part = (value - self.low) / (self.high - self.low)
        return round(self.start + part * (self.stop - self.start), 2)

    def ticks(self, count: int = 5) -> list[float]:
        """Return about ``count`` round values within the range."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        # Steps of 1, 2 or 5 times a power of ten are what people expect on an axis.
        step = 10 ** math.floor(math.log10(span / count))
        factor = next((f for f in (1, 2, 5, 10) if span / (f * step) <= count), 10)
        first = math.ceil(self.low / (factor * step))
        last = math.floor(self.high / (factor * step) + 1e-9)
        return [round(n * factor * step, 10) for n in range(first, last + 1)]


def path(points: Sequence[Point]) -> str:
    """Return the ``d`` of a line through points, an empty text without any."""
    return " ".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))


def sparkline(
    values: Sequence[float], width: float = 120, height: float = 30, high: float = 1.0
) -> str:
    """Return the ``d`` of a line through values between 0 and ``high``, the oldest at the left."""
    if not values:
        return ""
    across = Axis(0, max(1, len(values) - 1), 1, width - 1)
    up = Axis(0, high, height - 2, 2)
    return path([(across(n), up(min(high, max(0.0, value)))) for n, value in enumerate(values)])


def radar(values: Sequence[float], radius: float) -> list[Point]:
    """Return a corner for each value between 0 and 1 around (0, 0), the first at the top."""
    return [
        (
            round(radius * value * math.sin(2 * math.pi * n / len(values)), 2),
            round(-radius * value * math.cos(2 * math.pi * n / len(values)), 2),
        )
        for n, value in enumerate(values)
    ]


def corners(points: Sequence[Point]) -> str:
    """Return points as the ``points`` of a polygon."""
    return " ".join(f"{x},{y}" for x, y in points)
