"""Calibrated similarity of texts: ramps of the cosine, computed exactly.

Unit vectors are rounded to integers of at most 2**11 before they are multiplied. All products and
all partial sums (bounded by Cauchy and Schwarz) then stay below 2**24 and are exact in float32,
in any order of addition: a cosine is the same to the last bit on every processor, with any number
of threads, and in any batch. The rounding moves a cosine by about 0.0002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Vectors
from cgp.scoring.settings import DEFAULTS, SimilaritySettings

# 2**11: products of two rounded unit rows then sum exactly in float32.
_SCALE = np.float32(2048)

Matrix = NDArray[np.float32]


def exact_rows(vectors: Vectors) -> Matrix:
    """Return unit rows, shape ``(n, d)``, scaled and rounded to integers held in float32."""
    rows: Matrix = np.rint(vectors * _SCALE).astype(np.float32, copy=False)
    return rows


def cosines(a: Matrix, b: Matrix) -> Matrix:
    """Return the cosines, shape ``(..., n, m)``, of exact rows ``(..., n, d)`` and
    ``(..., m, d)``.
    """
    product: Matrix = np.matmul(a, np.swapaxes(b, -1, -2))
    product *= np.float32(1 / (2048 * 2048))
    return product


def ramp(values: Matrix, low: float, high: float) -> Matrix:
    """Return ``values`` mapped linearly from ``low..high`` to ``0..1`` and cut there."""
    position = (values - np.float32(low)) * np.float32(1 / (high - low))
    share: Matrix = np.clip(position, np.float32(0), np.float32(1), out=position)
    return share


class Similarity:
    """The two calibrated similarities: of tags to each other, and of tags to a
    window's segments.
    """

    def __init__(self, settings: SimilaritySettings = DEFAULTS.similarity) -> None:
        self._settings = settings

    def tags(self, a: Matrix, b: Matrix) -> Matrix:
        """Return the similarity in meaning of texts, 0..1, shape ``(n, m)``, of exact rows."""
        return ramp(cosines(a, b), self._settings.unrelated, self._settings.same)

    def at(self, cosine: float) -> float:
        """Return the similarity, 0..1, of two tags at a cosine.

        Thresholds are named by their cosine and go through this, so that they stay where they were
        chosen when the ramp moves.
        """
        limit = np.array([cosine], dtype=np.float32)
        return float(ramp(limit, self._settings.unrelated, self._settings.same)[0])

    def support(self, tags: Matrix, segments: Matrix) -> Matrix:
        """Return the relevance of each segment to each tag, 0..1, shape ``(n, m)``,
        of exact rows.
        """
        return ramp(cosines(tags, segments), self._settings.unsupported, self._settings.supported)
