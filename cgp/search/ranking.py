"""Ranking: full text and vectors become one fit for each window, and the fit a relevance.

A window's fit is a sum of three: the share of the query that it says (its BM25 by the greatest
that there could be), a part of its neighbours' shares, since a topic goes on over several windows,
and the cosine of its vector. It means the same for every query, unlike a score of which the best
window has 1, so it also tells a query that nothing in the index is about.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

# Parts of the neighbours and of the cosine: see benchmarks/search_relevance.py and
# search_quality.py. More of the cosine tells queries about nothing better; fewer windows of a topic
# are among the first five then.
NEIGHBOUR_SHARE = 0.2
VECTOR_SHARE = 0.65

# A logistic regression on the best fit and the logarithm of the number of windows: queries that
# meetings are about against queries of another corpus; fitted by benchmarks/search_relevance.py.
OFFSET, PER_FIT, PER_LOG_WINDOWS = -1.06, 5.75, -0.39

LEAST_RELEVANCE = 0.4
"""Relevance below which a window is not shown unasked; the benchmark prints how many pass it."""

LEAST_TAG_COSINE = 0.5
"""The same for tags, short texts that come near by chance: of ten queries an unrelated one
reached 0.45.
"""


def fits(
    coverage: Mapping[int, float],
    cosines: Mapping[int, float],
    conversations: Mapping[int, int],
    vector_share: float | None = None,
) -> dict[int, float]:
    """Return windows by catalogue number with their fit, the best first.

    ``coverage`` is the share of the query that each window says, 0 where it is missing; ``cosines``
    has every candidate. Windows of a conversation have numbers in a row; ``conversations`` gives
    the conversation of each. Equal fits keep the order of numbers.
    """
    share = VECTOR_SHARE if vector_share is None else vector_share
    total = {
        number: coverage.get(number, 0.0)
        + NEIGHBOUR_SHARE
        * sum(
            coverage.get(beside, 0.0)
            for beside in (number - 1, number + 1)
            if conversations.get(beside) == conversations.get(number)
        )
        + share * cosine
        for number, cosine in cosines.items()
    }
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def relevance(fit: float, windows: int) -> float:
    """Return how likely a query is about a window, 0 to 1, from its fit among ``windows`` windows.

    Among many windows one fits any query a little, so the same fit tells less there.
    """
    odds = OFFSET + PER_FIT * fit + PER_LOG_WINDOWS * math.log(max(windows, 1))
    return 1 / (1 + math.exp(-odds))


def relevances(
    window_fits: Mapping[int, float], windows: int, *, has_content: bool
) -> dict[int, float]:
    """Return the relevance of each window, in order, from its fit among ``windows`` windows.

    A query without content is about nothing: all windows stay below ``LEAST_RELEVANCE``.
    """
    bound = 1.0 if has_content else LEAST_RELEVANCE
    return {number: bound * relevance(fit, windows) for number, fit in window_fits.items()}
