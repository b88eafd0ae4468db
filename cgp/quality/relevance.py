"""Relevance: the turns bear on the conversation's subject."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.quality.transcript import Words

# Mean cosine that counts as half relevant.
_HALF = 0.25


def relevance(words: Sequence[Words], vectors: NDArray[np.float64]) -> float:
    """Return the mean nearness of each turn to all the others together, 0 to 1.

    The subject of a text is the centroid of its parts (Radev et al. 2004, "Centroid-based
    summarization of multiple documents"). ``c`` is a turn's cosine to the sum of all other turns'
    vectors, 0 where it is negative or the turn has no word of its own. Its mean, weighted by the
    logarithm of the turn's words, is mapped to 0..1 by ``c / (c + 0.25)``. One turn has nothing to
    compare with: 1/2. In a language that the embedder does not know, vectors come from letters and
    the value is near 1 for any text.
    """
    if not any(words):
        return 0.0
    if len(vectors) < 2:
        return 0.5
    rest = vectors.sum(axis=0) - vectors
    lengths = np.sqrt(np.square(rest).sum(axis=1) * np.square(vectors).sum(axis=1))
    products = np.multiply(rest, vectors).sum(axis=1)
    cosines = np.divide(products, lengths, out=np.zeros(len(vectors)), where=lengths > 1e-12)
    weights = np.log1p(np.array([len(turn) for turn in words], dtype=np.float64))
    mean = float((np.clip(cosines, 0.0, 1.0) * weights).sum()) / float(weights.sum())
    # The last factor makes a cosine of 1 a relevance of 1.
    return mean / (mean + _HALF) * (1 + _HALF)
