"""Ranking for questions: how well each window of an index fits, on a scale that keeps its meaning.

The order comes from the product's own search: BM25 and the vectors of windows. Here BM25 is
divided by its bound for the question, not by the best window. So a score says how much of the
question a window says, and a question of another subject gets low ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cgp.retrieval.question import Question
from cgp.search import Filters, GenomeIndex

# Chosen with benchmarks/chat_retrieval.py --table; see docs/retrieval.md.
NEIGHBOUR_SHARE: Final = 0.2
VECTOR_SHARE: Final = 0.3
_TEXT_AND_TAGS: Final = (1.0, 1.0)

# Among many windows one fits any question a little. So the fit from which a question counts
# as answered grows with the logarithm of the number of windows: calibrated by the same benchmark.
ANSWERABLE_BASE: Final = 0.175
ANSWERABLE_GROWTH: Final = 0.037


@dataclass(frozen=True, slots=True)
class RankedWindow:
    """A window by its catalogue ``number``; ``confidence`` (0 to 1) is .5 at the threshold."""

    number: int
    confidence: float


def ranked_windows(
    index: GenomeIndex, question: Question, filters: Filters, limit: int
) -> list[RankedWindow]:
    """Return the ``limit`` windows within ``filters`` that fit a question best, the best first.

    A window's fit is its BM25 by the bound of BM25, a share of the same of the windows beside it (a
    subject goes on over several), and a share of the cosine of its vector.
    """
    windows = index.count_windows(filters)
    if not windows:
        return []
    words = index.windows_by_words(question.query, filters, _TEXT_AND_TAGS)
    bound = index.greatest_score(question.query) or 1.0
    coverage = {number: score / bound for number, score in words.items()}
    cosines = index.windows_by_meaning(question.query, filters, also=words)
    fits = _fits(coverage, cosines, index.conversations_of(cosines))
    best = sorted(fits, key=lambda number: (-fits[number], number))[:limit]
    return [RankedWindow(number, confidence(fits[number], windows)) for number in best]


def confidence(fit: float, windows: int) -> float:
    """Return how sure a fit among ``windows`` windows is, from 0 to 1; .5 is the threshold.

    The odds, ``c / (1 - c)``, are the fit in units of the threshold.
    """
    threshold = ANSWERABLE_BASE + ANSWERABLE_GROWTH * math.log(max(windows, 1))
    return fit / (fit + threshold)


def _fits(
    coverage: Mapping[int, float], cosines: Mapping[int, float], conversations: Mapping[int, int]
) -> dict[int, float]:
    """Return the fit of each window that has a cosine: all candidates have one."""
    fits: dict[int, float] = {}
    for number, cosine in cosines.items():
        beside = sum(
            coverage.get(neighbour, 0.0)
            for neighbour in (number - 1, number + 1)
            if conversations.get(neighbour) == conversations.get(number)
        )
        fits[number] = (
            coverage.get(number, 0.0) + NEIGHBOUR_SHARE * beside + VECTOR_SHARE * max(cosine, 0.0)
        )
    return fits
