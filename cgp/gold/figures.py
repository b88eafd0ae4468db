"""The figures of an answer to an annotated window: f, keep, coverage, first, rejected, twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from cgp.gold.gold_file import GoldWindow
from cgp.gold.matching import MatchResult, Outcome, TagJudge, match


@dataclass(frozen=True, slots=True)
class Figures:
    """Quality of the tags of one window, each figure between 0 and 1.

    ``f`` is the harmonic mean of ``keep`` (the share of the tags that win a wanted tag) and
    ``coverage`` (the weight of the wanted tags that are won, over the weight of all); ``first``
    is 1 where the first tag wins one; ``rejected`` is the share of the tags that a reader listed
    as bad, ``twice`` the share that repeat. The last two are better the lower they are.
    """

    f: float
    keep: float
    coverage: float
    first: float
    rejected: float
    twice: float


FIGURE_NAMES = tuple(field.name for field in fields(Figures))


def figures_of(gold: GoldWindow, tags: Sequence[str], judge: TagJudge | None = None) -> Figures:
    """Return the figures of an answer's tags; without tags they are 0."""
    return figures_of_match(gold, match(gold, tags, judge))


def figures_of_match(gold: GoldWindow, result: MatchResult) -> Figures:
    """Return the figures of tags that are matched already."""
    outcomes = result.outcomes
    # Shares of no tags are 0, not an error.
    count = max(1, len(outcomes))
    total = sum(tag.weight for tag in gold.tags)
    weight_of_prizes = sum(gold.tags[n].weight for n in result.prizes if n is not None)
    keep = outcomes.count(Outcome.KEEP) / count
    # Where nothing is wanted, nothing is missing.
    coverage = weight_of_prizes / total if total else 1.0
    return Figures(
        f=2 * keep * coverage / (keep + coverage) if keep + coverage else 0.0,
        keep=keep,
        coverage=coverage,
        # Without tags the slice is empty, and the figure 0.
        first=float(outcomes[:1] == (Outcome.KEEP,)),
        rejected=outcomes.count(Outcome.REJECTED) / count,
        twice=outcomes.count(Outcome.TWICE) / count,
    )
