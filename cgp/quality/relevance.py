"""Relevance: the turns bear on what the conversation is about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.quality.transcript import Words

_HALF = 0.25


def relevance(words: Sequence[Words], vectors: NDArray[np.float64]) -> float:
    """Return how near each turn is to all the others together, by length of turn, 0 to 1.

    What a text is about is the centroid of its parts (Radev et al. 2004, "Centroid-based
    summarization of multiple documents"). A turn's cosine ``c`` to the sum of all other turns' vectors,
    0 where negative or where the turn says nothing of its own, is averaged with the logarithm of the
    turn's words as weight and brought to 0..1 by ``c / (c + 0.25)``. One turn has nothing to compare
    with: 1/2. In a language that the embedder does not know, vectors are those of letters and the value
    is near 1 for everything said in it.
    """
    if not any(words):
        return 0.0
    if len(vectors) < 2:
        return 0.5
    others = vectors.sum(axis=0) - vectors
    lengths = np.sqrt(np.square(others).sum(axis=1) * np.square(vectors).sum(axis=1))
    products = np.multiply(others, vectors).sum(axis=1)
    cosines = np.divide(products, lengths, out=np.zeros(len(vectors)), where=lengths > 1e-12)
    weights = np.log1p(np.array([len(turn) for turn in words], dtype=np.float64))
    mean = float((np.clip(cosines, 0.0, 1.0) * weights).sum()) / float(weights.sum())
    return mean / (mean + _HALF) * (1 + _HALF)
