"""Boosted decision trees as arrays: the frozen base's score, computed with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats


@dataclass(frozen=True, slots=True)
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
        rows, trees = len(features), len(self.feature)
        # float32 thresholds are compared with float32 features, so that a row never lies between
        # a threshold and its rounded form.
        table = features.astype(np.float32)
        tree = np.arange(trees)[None, :]
        row = np.arange(rows)[:, None]
        node = np.zeros((rows, trees), dtype=np.int16)
        for _ in range(self.depth):
            value = table[row, self.feature[tree, node]]
            goes_left = value <= self.threshold[tree, node]
            goes_left |= np.isnan(value) & (self.missing_left[tree, node] > 0)
            node = np.where(goes_left, self.left[tree, node], self.right[tree, node])
        scores = self.values[tree, node].astype(np.float64)
        return np.asarray(scores.sum(axis=1) + self.bias)

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
