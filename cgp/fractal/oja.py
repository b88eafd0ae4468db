"""Oja's rule: a direction that turns to the first principal component, and keeps its length."""

from __future__ import annotations

import numpy as np

from cgp.arrays import Floats


def principal_direction(
    rows: Floats, weights: Floats, *, steps: int = 10_000, rate: float = 0.01, seed: int = 0
) -> Floats:
    """Return the direction of greatest spread of weighted rows, shape ``(inputs,)``.

    ``w += rate y (x - y w)`` with ``y = w x``, row by row, drawn by their weights: Oja (1982). The
    rows are centred and scaled to unit spread first, so that the rate fits any data.

    Raises:
        ValueError: if there is no row, or no weight above 0.
    """
    total = float(weights.sum())
    if not len(rows) or total <= 0.0:
        raise ValueError("a direction needs rows with weights above 0")
    offsets = rows - (weights @ rows) / total
    spread = np.sqrt(float((weights @ offsets**2).sum()) / total)
    if spread == 0.0:
        return np.zeros(rows.shape[1])
    random = np.random.default_rng(seed)
    picks = random.choice(len(rows), size=steps, p=weights / total)
    start = random.normal(size=(rows.shape[1],))
    direction = np.asarray(start / np.linalg.norm(start))
    for count, pick in enumerate(picks):
        row = offsets[pick] / spread
        output = float(direction @ row)
        # The rate falls, so that the last rows do not turn the direction any more.
        step = rate / (1.0 + 4.0 * count / steps)
        # A row far outside would throw the direction out of the region where the rule converges.
        step = min(step, 0.5 / max(output * output, 1e-9))
        direction = direction + step * output * (row - output * direction)
    return direction
