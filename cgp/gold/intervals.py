"""Means over windows with their intervals: how far another draw of windows might move them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats

RESAMPLES = 2_000
"""From seed to seed the ends of a 95 % interval then move by a sixtieth of its width."""

_BATCH = 200  # resamples in memory at once


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the ends of its interval; these are NaN where one window tells of no spread."""

    mean: float
    low: float
    high: float

    def above(self, interval: Interval) -> bool:
        """Tell whether the whole interval lies above the other one."""
        return self.low > interval.high


def intervals_of(values: Floats, *, level: float = 0.95, seed: int = 0) -> list[Interval]:
    """Return the mean and interval of each column of ``values``, shape ``(windows, columns)``.

    Percentile bootstrap over windows (Efron 1979): the same windows are drawn for all columns, so
    that the interval of a column of differences is that of the paired comparison. The same seed
    gives the same intervals.

    Raises:
        ValueError: if there is no window.
    """
    if len(values) == 0:
        raise ValueError("no windows: there is no mean of nothing")
    means = values.mean(axis=0)
    if len(values) == 1:
        return [Interval(float(mean), float("nan"), float("nan")) for mean in means]
    # Every program reads gold windows' records, and few need intervals: the import takes a second.
    from scipy.stats import bootstrap

    ends = bootstrap(
        (values,),
        np.mean,
        axis=0,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        confidence_level=level,
        # BCa intervals do not exist for a column without spread, such as figures that are all 1.
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return [
        Interval(float(mean), float(low), float(high))
        for mean, low, high in zip(
            means, np.atleast_1d(ends.low), np.atleast_1d(ends.high), strict=True
        )
    ]
