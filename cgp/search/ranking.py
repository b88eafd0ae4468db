"""Ranking: full text and vectors become one order of windows."""

from __future__ import annotations

from collections.abc import Mapping

# Both chosen on the meetings of even number: see benchmarks/search_quality.py.
VECTOR_SHARE = 0.1
NEIGHBOUR_SHARE = 0.2


def fuse(
    words: Mapping[int, float], cosines: Mapping[int, float], vector_share: float | None = None
) -> dict[int, float]:
    """Return candidates by number with their score, 0..1, the best first.

    Each side is scaled to 0..1 over the candidates before the weighted sum (the convex
    combination of min-max scores of Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions
    for Hybrid Retrieval"; they find it better than fusing ranks, and so do we). ``cosines`` has
    every candidate; one that full text does not find has a BM25 of 0 there. Equal scores keep the
    order of numbers.
    """
    share = VECTOR_SHARE if vector_share is None else vector_share
    low, high = min(cosines.values(), default=0.0), max(cosines.values(), default=0.0)
    span = (high - low) or 1.0
    best = max(words.values(), default=0.0) or 1.0
    scores = {
        number: (1 - share) * (words.get(number, 0.0) / best) + share * (cosine - low) / span
        for number, cosine in cosines.items()
    }
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def with_neighbours(
    scores: Mapping[int, float], conversations: Mapping[int, int], share: float | None = None
) -> dict[int, float]:
    """Return scores of windows plus a share of their neighbours' scores, the best first.

    A topic goes on over several windows, so a window between two good ones is likelier to be one.
    Windows of a conversation have numbers in a row; ``conversations`` gives the conversation of
    each.
    """
    part = NEIGHBOUR_SHARE if share is None else share
    total = {
        number: score
        + part
        * sum(
            scores.get(beside, 0.0)
            for beside in (number - 1, number + 1)
            if conversations.get(beside) == conversations.get(number)
        )
        for number, score in scores.items()
    }
    highest = max(total.values(), default=0.0) or 1.0
    return {
        number: score / highest
        for number, score in sorted(total.items(), key=lambda item: (-item[1], item[0]))
    }
