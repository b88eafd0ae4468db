"""Coherence: a turn takes up the turns just before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cgp.quality.chance import excess
from cgp.quality.transcript import Words

# Weights of turns at distances 1, 2 and 3: an answer follows its question closely.
_LAG_WEIGHTS = (3.0, 2.0, 1.0)
# The autocorrelation that counts as half coherent.
_HALF = 0.04
_PRIOR_TURNS = 4.0
_NEAR_TURNS = 3
# A word in more than this share of the turns ties nothing to anything in particular.
_EVERYWHERE = 0.25


def coherence(words: Sequence[Words], vectors: NDArray[np.float64]) -> float:
    """Return the mean of semantic continuity and lexical cohesion, 0 to 1.

    0 is the value of the same turns in a random order; 1/2 is not evidence (one or two turns).
    """
    if not any(words):
        return 0.0
    return (continuity(vectors) + cohesion(words)) / 2


def continuity(vectors: NDArray[np.float64]) -> float:
    """Return the likeness of near turns beyond the likeness of all turns, 0 to 1.

    Foltz, Kintsch and Landauer 1998 ("The measurement of textual coherence with latent semantic
    analysis") take the mean cosine of neighbouring units. A conversation on one subject would score
    high there in any order, so the mean vector is subtracted first. The result is the
    autocorrelation at distances 1 to 3 with weights 3 : 2 : 1 (Moran's I, Moran 1950) less its
    expectation in a random order, -1 / (turns - 1). ``I / (I + 0.04)`` maps it to 0..1. In a
    language that the embedder does not know, vectors come from letters and the measure is one of
    shared spelling.
    """
    count = len(vectors)
    deviations = vectors - vectors.sum(axis=0) / max(1, count)
    variance = float(np.square(deviations).sum()) / max(1, count)
    # Two turns have one distance only, and equal turns no variance: both are not evidence.
    if count < 3 or variance < 1e-12:
        return 0.5
    correlation, weights = 0.0, 0.0
    for lag, weight in enumerate(_LAG_WEIGHTS[: count - 1], 1):
        products = np.multiply(deviations[lag:], deviations[:-lag])
        correlation += weight * float(products.sum()) / (count - lag)
        weights += weight
    beyond_chance = max(0.0, correlation / (weights * variance) + 1 / (count - 1))
    value = beyond_chance / (beyond_chance + _HALF)
    return (count * value + _PRIOR_TURNS * 0.5) / (count + _PRIOR_TURNS)


def cohesion(words: Sequence[Words]) -> float:
    """Return the recurrence of words within three turns beyond chance, 0 to 1.

    Repetition of words is the plainest of the ties of Halliday and Hasan 1976 ("Cohesion in
    English") and the ground of the entity grid of Barzilay and Lapata 2008 ("Modeling local
    coherence"). A word in ``d`` of ``n`` turns has ``d - 1`` gaps between its mentions; in a
    random order a gap is of three turns or fewer with probability ``1 - C(n - 3, d) / C(n, d)``.
    Gaps are weighted by the word's rarity, ``log(n / d)`` (Sparck Jones 1972). A turn said
    before, word for word, is not a tie.
    """
    turns = list(dict.fromkeys(turn for turn in words if turn))
    count = len(turns)
    mentions: dict[str, list[int]] = {}
    for index, turn in enumerate(turns):
        for word in dict.fromkeys(turn):
            mentions.setdefault(word, []).append(index)
    near, chance = 0.0, 0.0
    chances: dict[int, float] = {}
    for places in mentions.values():
        # A word that occurs once has no gap; one that occurs everywhere says nothing about order.
        often = len(places)
        if often < 2 or often > _EVERYWHERE * count:
            continue
        if often not in chances:
            chances[often] = 1 - _far_gap(count, often)
        rarity = math.log(count / often)
        near += rarity * sum(b - a <= _NEAR_TURNS for a, b in pairwise(places))
        chance += rarity * (often - 1) * chances[often]
    return excess(near, chance)


def _far_gap(turns: int, mentions: int) -> float:
    """Return the probability that a gap between mentions placed at random is over three turns."""
    probability = 1.0
    for step in range(_NEAR_TURNS):
        probability *= max(0, turns - mentions - step) / (turns - step)
    return probability
