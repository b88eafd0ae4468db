"""Selection of tags among judged candidates: likely wanted, unlike each other, as many as deserve
it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.model import RankedCandidates

# Two candidates as close as this would win one tag of a reader (chosen on training windows: a
# higher bound gives more doubles, a lower one loses neighbouring topics).
_SAME_IN_ANSWER = 0.5
# The wanted tags that an answer may hope to win, chosen on training windows. A reader wants 8.6 on
# average, but some of them stand nowhere among the candidates.
_WANTED_TAGS = 6.0
# Two candidates as close as this say the same to a ground truth, where a near topic is worth
# having.
_SAME_IN_TRUTH = 0.75
# Share of the best candidate's probability below which a candidate is none for a ground truth. With
# tags from there on, and not only those of an answer, pay follows quality better: Spearman .34 for
# .16 and .21 for .17 on two thirds of the development windows; from a share of 0.2 on .20 on the
# second.
_LEAST_LIKELY = 0.05


def select(reading: WindowReading, ranking: RankedCandidates, max_tags: int) -> list[int]:
    """Return the candidates that become tags, best first, at most ``max_tags``.

    The number of tags is the one with the greatest expected f: with k tags of summed probability
    s, f is about 2 s / (k + wanted tags).
    """
    picks: list[int] = []
    keys = [candidate.key for candidate in reading.candidates]
    for row in ranking.order.tolist():
        if len(picks) == max_tags:
            break
        repeats = any(keys[row] <= keys[pick] or keys[pick] <= keys[row] for pick in picks)
        if not repeats and not any(ranking.cosines[row, pick] >= _SAME_IN_ANSWER for pick in picks):
            picks.append(row)
    if not picks:
        return []
    return picks[: deserved_count(ranking.probabilities[picks])]


def likely(ranking: RankedCandidates, limit: int) -> list[int]:
    """Return at most ``limit`` candidates that a reader may want, best first: for a ground truth.

    They are more than an answer holds, since each counts only as far as it is likely. Left out are
    candidates that say the same as a better one, and those far less likely than the best.
    """
    picks: list[int] = []
    for row in ranking.order.tolist():
        if len(picks) == limit or ranking.probabilities[row] < _LEAST_LIKELY * _best(
            ranking, picks
        ):
            break
        if not any(ranking.cosines[row, pick] >= _SAME_IN_TRUTH for pick in picks):
            picks.append(row)
    return picks


def _best(ranking: RankedCandidates, picks: list[int]) -> float:
    return float(ranking.probabilities[picks[0]]) if picks else 0.0


def deserved_count(probabilities: NDArray[np.float64]) -> int:
    """Return the number of an answer's tags, best first, with the greatest expected f."""
    sums = np.cumsum(probabilities)
    expected_f = sums / (np.arange(1, len(sums) + 1) + max(_WANTED_TAGS, float(sums[-1])))
    return int(np.argmax(expected_f)) + 1
