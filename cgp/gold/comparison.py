"""Annotators side by side on the same annotated windows: figures, intervals, paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cgp.arrays import Floats
from cgp.gold.figures import FIGURE_NAMES, figures_of
from cgp.gold.gold_file import GoldTag, GoldWindow, Weight
from cgp.gold.intervals import Interval, intervals_of
from cgp.gold.matching import TagJudge
from cgp.metadata import LEAST_SUPPORT, Metadata

# The middles between the supports that ``truth_for`` gives to neighbouring weights: 1/3, 2/3 and 1.
_TOPIC_SUPPORT, _ABOUT_SUPPORT = 1 / 2, 5 / 6


@dataclass(frozen=True)
class Comparison:
    """One annotator's figures over all windows.

    ``strict`` counts only tags in accepted words, ``judged`` also those that the judge accepts
    (None without a judge). ``ahead`` is the interval of this annotator's f less the first one's,
    window by window, judged where there is a judge; None for the first annotator itself.
    """

    name: str
    tags: float
    strict: Mapping[str, Interval]
    judged: Mapping[str, Interval] | None
    ahead: Interval | None


def compare(
    gold: Sequence[GoldWindow],
    answers: Mapping[str, Sequence[Sequence[str]]],
    judge: TagJudge | None = None,
    *,
    seed: int = 0,
    level: float = 0.95,
) -> list[Comparison]:
    """Measure annotators on the same windows, in the order of ``answers``.

    ``answers`` maps an annotator's name to its tags for each window of ``gold``, in order.
    ``level`` is that of the interval of ``ahead``; where several were tried, a greater one keeps
    chance out.

    Raises:
        ValueError: if there is no window, or an annotator has not one answer for each.
    """
    strict = {name: _table(gold, tags, None) for name, tags in answers.items()}
    by_judge = (
        {name: _table(gold, tags, judge) for name, tags in answers.items()} if judge else None
    )
    # The difference goes by the judge where there is one: tags in other words count there too.
    deciding = strict if by_judge is None else by_judge
    reference = next(iter(deciding), None)
    comparisons = []
    for name, tags in answers.items():
        ahead = None
        if name != reference and reference is not None:
            # Column 0 is f. Differences window by window: the windows' own difficulty cancels out.
            difference = deciding[name][:, :1] - deciding[reference][:, :1]
            ahead = intervals_of(difference, level=level, seed=seed)[0]
        comparisons.append(
            Comparison(
                name,
                tags=float(np.mean([len(window_tags) for window_tags in tags])),
                strict=_intervals(strict[name], seed),
                judged=None if by_judge is None else _intervals(by_judge[name], seed),
                ahead=ahead,
            )
        )
    return comparisons


def gold_of_truth(window: GoldWindow, truth: Metadata) -> GoldWindow:
    """Return a window with the tags of a ground truth in place of a reader's.

    A tag's support, between 0 and 1, becomes its weight: the whole, the middle or the lower
    third. Tags with less than ``LEAST_SUPPORT`` are not wanted.
    """
    tags = (tag for tag in truth.tags if tag.support >= LEAST_SUPPORT)
    return replace(
        window, tags=tuple(GoldTag(tag.text, _weight(tag.support)) for tag in tags), reject=()
    )


def _weight(support: float) -> Weight:
    if support >= _ABOUT_SUPPORT:
        return Weight.ABOUT
    return Weight.TOPIC if support >= _TOPIC_SUPPORT else Weight.MINOR


def _table(
    gold: Sequence[GoldWindow], answers: Sequence[Sequence[str]], judge: TagJudge | None
) -> Floats:
    """Return the figures of one annotator, shape ``(windows, figures)``."""
    rows = [figures_of(window, tags, judge) for window, tags in zip(gold, answers, strict=True)]
    return np.array([[getattr(row, name) for name in FIGURE_NAMES] for row in rows])


def _intervals(table: Floats, seed: int) -> dict[str, Interval]:
    return dict(zip(FIGURE_NAMES, intervals_of(table, seed=seed), strict=True))
