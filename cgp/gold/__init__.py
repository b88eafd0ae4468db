"""Gold windows: conversations annotated by careful reading, and annotators measured on them.
Pure, no I/O but the reading of a file.

``read_gold(path)`` gives annotated windows, ``figures_of(gold, tags)`` says how good tags are, and
``compare(gold, answers)`` measures several annotators with intervals. ``docs/gold.md`` has the
guide for annotating and the meaning of each figure.
"""

from cgp.gold.bundled import bundled_gold
from cgp.gold.comparison import Comparison, compare, gold_of_truth
from cgp.gold.figures import FIGURE_NAMES, Figures, figures_of
from cgp.gold.gold_file import (
    GoldError,
    GoldTag,
    GoldWindow,
    RejectedTag,
    Weight,
    gold_from_json,
    read_gold,
)
from cgp.gold.intervals import Interval, intervals_of
from cgp.gold.judges import EncoderJudge
from cgp.gold.matching import MatchResult, Outcome, TagJudge, match, word_form
from cgp.gold.tags_file import read_tags
from cgp.gold.truth import truth_for

__all__ = [
    "FIGURE_NAMES",
    "Comparison",
    "EncoderJudge",
    "Figures",
    "GoldError",
    "GoldTag",
    "GoldWindow",
    "Interval",
    "MatchResult",
    "Outcome",
    "RejectedTag",
    "TagJudge",
    "Weight",
    "bundled_gold",
    "compare",
    "figures_of",
    "gold_from_json",
    "gold_of_truth",
    "intervals_of",
    "match",
    "read_gold",
    "read_tags",
    "truth_for",
    "word_form",
]
