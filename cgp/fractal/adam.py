"""Adam over parameters by name, with a gradient of bounded length (Kingma and Ba 2015)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cgp.arrays import Floats

_FIRST_DECAY, _SECOND_DECAY, _TINY = 0.9, 0.999, 1e-8


class Adam:
    """Running means of gradients; each ``step`` gives the next parameters.

    ``clip`` is the maximum length of a gradient: one odd row must not throw the parameters far.
    """

    def __init__(self, rate: float, clip: float = 1.0) -> None:
        self._rate = rate
        self._clip = clip
        self._first: dict[str, Floats] = {}
        self._second: dict[str, Floats] = {}
        self._count = 0

    def step(
        self, parameters: Mapping[str, Floats], gradient: Mapping[str, Floats]
    ) -> dict[str, Floats]:
        """Return the parameters after one step down a gradient."""
        self._count += 1
        length = np.sqrt(sum(float((slope**2).sum()) for slope in gradient.values()))
        scale = min(1.0, self._clip / max(length, _TINY))
        return {
            name: value - self._rate * self._direction(name, scale * gradient[name])
            for name, value in parameters.items()
        }

    def _direction(self, name: str, slope: Floats) -> Floats:
        first = self._first.get(name, np.zeros_like(slope))
        second = self._second.get(name, np.zeros_like(slope))
        self._first[name] = first = _FIRST_DECAY * first + (1 - _FIRST_DECAY) * slope
        self._second[name] = second = _SECOND_DECAY * second + (1 - _SECOND_DECAY) * slope**2
        # The averages begin at 0 and are too small at first.
        first = first / (1 - _FIRST_DECAY**self._count)
        second = second / (1 - _SECOND_DECAY**self._count)
        return np.asarray(first / (np.sqrt(second) + _TINY))
