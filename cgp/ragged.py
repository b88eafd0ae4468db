"""Lists of unequal lengths in one array: the tags of answers, the words of tags."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]


class Ragged:
    """Layout of ``n`` lists that stand one after another; ``sizes`` are their lengths, ``(n,)``."""

    def __init__(self, sizes: Sequence[int] | NDArray[np.integer[Any]]) -> None:
        self.sizes: Indices = np.asarray(sizes, dtype=np.intp)

    def __len__(self) -> int:
        """Return the number of lists."""
        return len(self.sizes)

    @cached_property
    def ends(self) -> Indices:
        """Where each list ends (excluded), ``(n,)``."""
        return np.cumsum(self.sizes)

    @cached_property
    def starts(self) -> Indices:
        """Where each list begins, ``(n,)``; an empty one where the next begins."""
        return self.ends - self.sizes

    @cached_property
    def filled(self) -> NDArray[np.bool_]:
        """Which lists have anything in them, ``(n,)``."""
        return self.sizes > 0

    @property
    def owners(self) -> Indices:
        """The list of each place in the array, ``(sum of sizes,)``."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def places(self) -> Indices:
        """The place of each item in its own list, from 0, ``(sum of sizes,)``."""
        return np.arange(self.sizes.sum()) - np.repeat(self.starts, self.sizes)

    def fold(self, operation: np.ufunc, values: NDArray[Any], axis: int = 0) -> NDArray[Any]:
        """Return one value of ``operation`` for each list that is not empty, in their order.

        ``values`` has the lists' items along ``axis``. Items of a list are taken from its first to
        its last.
        """
        # reduceat joins from one start to the next, and gives nonsense for a list without items.
        return operation.reduceat(values, self.starts[self.filled], axis=axis)
