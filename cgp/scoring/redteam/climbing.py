"""Climbers: answers that read nothing, and are built word by word to score well by the public formula.

A climber has the window's text, the formula and windows of its own as a background, but no annotator. It
starts with nothing and adds, again and again, the leading word or the pair of neighbouring words that
raises its own score most.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from cgp.conversation import Conversation
from cgp.metadata import Metadata
from cgp.scoring.redteam.strategy import HONEST_TAGS
from cgp.scoring.score import GenomeRule, PreparedTask
from cgp.scoring.task import Answer, ScoringTask

LEADING = 24
"""Leading words of the window that a climber tries."""
CANDIDATES = 96
"""Most words and pairs that a climber tries for each place of its answer."""


class Pieces(Enum):
    """The pieces of the window's text that a climber puts together."""

    WORDS_AND_PAIRS = "words and pairs"
    PAIRS = "pairs"


def heaviest_words(
    rule: GenomeRule, task: ScoringTask, count: int = HONEST_TAGS
) -> tuple[str, ...]:
    """Return the window's content words that the public formula weighs most, heaviest first."""
    return tuple(rule.prepare(task).evidence.unit_names[:count])


def climb(
    rule: GenomeRule,
    window: Conversation,
    background: Sequence[Conversation],
    truth: Metadata | None = None,
    *,
    pieces: Pieces = Pieces.WORDS_AND_PAIRS,
    count: int = HONEST_TAGS,
) -> tuple[str, ...]:
    """Return the tags of a climber's answer, at most ``count``, in the order in which it found them.

    ``truth`` is what the climber takes for the ground truth: None for nothing, so that it climbs what the
    formula pays without one. A climber stops where nothing raises its score any more.
    """
    task = ScoringTask(window, truth or Metadata(), tuple(background))
    prepared = rule.prepare(task)
    candidates = _candidates(prepared, pieces)
    chosen: tuple[str, ...] = ()
    reached = 0.0
    while len(chosen) < count and candidates:
        scores = rule.score_prepared(prepared, [Answer((*chosen, each)) for each in candidates])
        values = [score.value for score in scores]
        best = max(range(len(candidates)), key=values.__getitem__)
        if values[best] <= reached:
            break
        reached = values[best]
        chosen = (*chosen, candidates.pop(best))
    return chosen


def _candidates(prepared: PreparedTask, pieces: Pieces) -> list[str]:
    """Return what a climber may say: pairs around leading words, and these words themselves."""
    leading = prepared.evidence.unit_names[:LEADING]
    known = set(leading)
    said = [turn.split() for turn in prepared.evidence.text.turns]
    pairs = [
        f"{one} {other}".strip(" .,:;!?")
        for turn in said
        for one, other in pairwise(turn)
        if {one.strip(".,:;!?"), other.strip(".,:;!?")} & known
    ]
    words = [] if pieces is Pieces.PAIRS else leading
    return list(dict.fromkeys((*words, *pairs)))[:CANDIDATES]
