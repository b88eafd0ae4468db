"""Boosted decision trees as arrays: the frozen base's score, computed with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """The nodes of all trees in one row, so that a step of all walks is a few look-ups.

    ``column`` is a node's feature in a table that has each feature twice: first with missing values
    below all others, then with missing values above them. ``children`` holds a node's left and
    right child side by side.
    """

    roots: NDArray[np.intp]
    column: NDArray[np.intp]
    threshold: NDArray[np.float32]
    children: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees of one ensemble, each array of shape ``(trees, nodes)``.

    At a node, a row goes left if its ``feature`` is at most ``threshold``, or if it is missing and
    ``missing_left``; a leaf has itself as both children. ``values`` holds the leaves' scores
    (log odds), ``bias`` the score of an empty ensemble.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    missing_left: NDArray[np.uint8]
    values: NDArray[np.float32]
    bias: float
    depth: int

    def score(self, features: Floats) -> Floats:
        """Return the log odds of each row of ``features``, float64, shape ``(rows,)``."""
        steps = self._steps
        # float32 thresholds are compared with float32 features, so that a row never lies between
        # a threshold and its rounded form.
        table = features.astype(np.float32)
        missing = np.isnan(table)
        below, above = (np.where(missing, np.float32(end), table) for end in (-np.inf, np.inf))
        twice = np.stack([below, above], axis=2)
        start_of_row = np.arange(len(table))[:, None] * (2 * table.shape[1])
        node = np.repeat(steps.roots[None, :], len(table), axis=0)
        for _ in range(self.depth):
            goes_right = twice.take(start_of_row + steps.column.take(node)) > steps.threshold.take(
                node
            )
            node = steps.children.take(2 * node + goes_right)
        scores = self.values.take(node).astype(np.float64)
        return np.asarray(scores.sum(axis=1) + self.bias)

    @cached_property
    def _steps(self) -> _Steps:
        trees, nodes = self.feature.shape
        roots = np.arange(trees, dtype=np.intp) * nodes
        children = np.stack([self.left, self.right], axis=2).astype(np.intp)
        return _Steps(
            roots,
            2 * self.feature.astype(np.intp) + (self.missing_left == 0),
            # A tree may ask whether a value is missing, with a threshold of infinity.
            np.minimum(self.threshold, np.finfo(np.float32).max),
            children + roots[:, None, None],
        )

    def tensors(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays by name, for a safetensors file."""
        return {
            "trees.feature": self.feature,
            "trees.threshold": self.threshold,
            "trees.left": self.left,
            "trees.right": self.right,
            "trees.missing_left": self.missing_left,
            "trees.values": self.values,
            "trees.shape": np.array([self.bias, self.depth], dtype=np.float64),
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, NDArray[np.generic]]) -> Trees:
        """Read the result of ``tensors``."""
        bias, depth = tensors["trees.shape"].tolist()
        return cls(
            tensors["trees.feature"].astype(np.int16),
            tensors["trees.threshold"].astype(np.float32),
            tensors["trees.left"].astype(np.int16),
            tensors["trees.right"].astype(np.int16),
            tensors["trees.missing_left"].astype(np.uint8),
            tensors["trees.values"].astype(np.float32),
            float(bias),
            int(depth),
        )
