"""Calibration: log odds fitted to a hold-out by a slope and an intercept for each kind of talk.

Anybody can shift a model's log odds for a kind of talk, and any random direction does it a little.
Such a shift changes losses and no order of tags. So a judge looks also at what is left of a gain
once both models are fitted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgp.arrays import Floats
from cgp.experts.window_table import WindowTable
from cgp.tagmodel.head import logistic

# Pull of slope and intercept towards 1 and 0: a kind of few windows says little about them.
_PULL = 1e-3
_STEPS = 12
_LEAST_SCALE = 1e-3


def fitted(log_odds: Floats, table: WindowTable, kinds: Sequence[str]) -> Floats:
    """Return log odds after the best slope and intercept of each kind, shape ``(rows,)``.

    ``kinds`` has the kind of each window. The loss of a kind is never greater than before.
    """
    row_kinds = np.asarray(kinds)[table.window_of_row]
    result = np.array(log_odds)
    for kind in sorted(set(kinds)):
        inside = row_kinds == kind
        weights = table.row_weights[inside] / table.row_weights[inside].sum()
        credit = table.credit[inside].astype(np.float64)
        slope, intercept = _fit(log_odds[inside], credit, weights)
        result[inside] = slope * log_odds[inside] + intercept
    return result


def _fit(log_odds: Floats, credit: Floats, weights: Floats) -> tuple[float, float]:
    """Return the slope and intercept of the least loss, by Newton's method."""
    inputs = np.stack([log_odds, np.ones(len(log_odds))], axis=1)
    start = np.array([1.0, 0.0])

    def cost(point: Floats) -> float:
        value = inputs @ point
        loss = weights @ (np.logaddexp(0.0, value) - credit * value)
        return float(loss + 0.5 * _PULL * ((point - start) ** 2).sum())

    point, lowest = start, cost(start)
    for _ in range(_STEPS):
        chance = logistic(inputs @ point)
        slopes = inputs.T @ (weights * (chance - credit)) + _PULL * (point - start)
        curvature = inputs.T @ (inputs * (weights * chance * (1.0 - chance))[:, None])
        step = np.linalg.solve(curvature + _PULL * np.eye(2), slopes)
        scale = 1.0
        # Far from the minimum a whole step may lead up.
        while scale > _LEAST_SCALE and cost(point - scale * step) > lowest:
            scale /= 2
        if scale <= _LEAST_SCALE:
            break
        point = point - scale * step
        lowest = cost(point)
    return float(point[0]), float(point[1])
