"""Selection of tags among judged candidates: likely wanted, unlike each other, as many as deserve
it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.model import Judged

# Two candidates as close as this would win one tag of a reader (chosen on training windows: a
# higher bound gives more doubles, a lower one loses neighbouring topics).
_SAME = 0.6
# The wanted tags that an answer may hope to win, chosen on training windows. A reader wants 8.6 on
# average, but some of them stand nowhere among the candidates.
_WANTED = 6.0
# Two candidates as close as this say the same to a ground truth, where a near topic is worth having.
_SAME_IN_TRUTH = 0.75
# Share of the best candidate's probability below which a candidate is none for a ground truth. With tags from
# there on, and not only those of an answer, pay follows quality better: Spearman .34 for .16 and .21 for .17
# on two thirds of the development windows; from a share of 0.2 on .20 on the second.
_LEAST_LIKELY = 0.05


def select(reading: WindowReading, judged: Judged, max_tags: int) -> list[int]:
    """Return the candidates that become tags, best first, at most ``max_tags``.

    The number of tags is the one with the greatest expected f: with k tags of summed probability
    s, f is about 2 s / (k + wanted tags).
    """
    picks: list[int] = []
    keys = [candidate.key for candidate in reading.candidates]
    for row in judged.order.tolist():
        if len(picks) == max_tags:
            break
        repeats = any(keys[row] <= keys[pick] or keys[pick] <= keys[row] for pick in picks)
        if not repeats and not any(judged.cosines[row, pick] >= _SAME for pick in picks):
            picks.append(row)
    if not picks:
        return []
    return picks[: deserved(judged.probabilities[picks])]


def likely(judged: Judged, most: int) -> list[int]:
    """Return at most ``most`` candidates that a reader may want, best first: for a ground truth.

    They are more than an answer holds, since each counts only as far as it is likely. Left out are
    candidates that say the same as a better one, and those far less likely than the best.
    """
    picks: list[int] = []
    for row in judged.order.tolist():
        if len(picks) == most or judged.probabilities[row] < _LEAST_LIKELY * _best(judged, picks):
            break
        if not any(judged.cosines[row, pick] >= _SAME_IN_TRUTH for pick in picks):
            picks.append(row)
    return picks


def _best(judged: Judged, picks: list[int]) -> float:
    return float(judged.probabilities[picks[0]]) if picks else 0.0


def deserved(probabilities: NDArray[np.float64]) -> int:
    """Return how many of an answer's tags, best first, give the greatest expected f."""
    sums = np.cumsum(probabilities)
    expected = sums / (np.arange(1, len(sums) + 1) + max(_WANTED, float(sums[-1])))
    return int(np.argmax(expected)) + 1
