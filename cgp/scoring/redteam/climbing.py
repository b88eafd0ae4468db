"""Climbers, and plain lists of the window's words: answers without a reading of the window.

A climber builds its answer word by word to score well by the public formula. It has the window's
text, the formula and windows of its own as a background, but no annotator. It starts with nothing
and adds, again and again, the leading word or the pair of neighbouring words that raises its own
score most. Without a truth the formula pays nothing: such a climber climbs the formula's support
by the window, and the mass of the window's content that its tags say.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

import numpy as np

from cgp.annotators.baselines import leading_words
from cgp.annotators.embedded.stop_words import detect
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.metadata import Metadata
from cgp.scoring.redteam.cheap_reading import window_words
from cgp.scoring.redteam.not_reading import generic_profiles
from cgp.scoring.redteam.strategy import HONEST_TAGS, Draft, Play, Sight, Strategy
from cgp.scoring.score import GenomeRule, PreparedTask
from cgp.scoring.similarity import cosines, exact_rows
from cgp.scoring.task import Answer, ScoringTask
from cgp.text import normal_form

BOUND = 0.35
BACKGROUND = 8
"""Windows of its own that a climber takes for the background."""
LEADING = 24
"""Leading words of the window that a climber tries."""
_FULL_WORTH = 4.0  # worth over which a climber's support is taken, as precision is
_REPEATS = 0.75  # cosine from which a word or pair repeats another
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
    """Return the tags of a climber's answer, at most ``count``, in the order in which it found
    them.

    ``truth`` is the climber's guess of the ground truth: None for nothing, so that it climbs
    support by the window and the mass of its content. A climber stops where nothing raises its
    score any more.
    """
    task = ScoringTask(window, truth or Metadata(), tuple(background))
    prepared_task = rule.prepare(task)
    candidates = _candidates(prepared_task, pieces)
    if truth is None:
        return _climb_window(prepared_task, candidates, rule.embedder, count)
    tags: tuple[str, ...] = ()
    height = 0.0
    while len(tags) < count and candidates:
        scores = rule.score_prepared(
            prepared_task, [Answer((*tags, candidate)) for candidate in candidates]
        )
        values = [score.value for score in scores]
        best = max(range(len(candidates)), key=values.__getitem__)
        if values[best] <= height:
            break
        height = values[best]
        tags = (*tags, candidates.pop(best))
    return tags


def _climb_window(
    prepared_task: PreparedTask, candidates: list[str], embedder: Embedder, count: int
) -> tuple[str, ...]:
    """Return the candidates that the window supports best and that say most of its content, no
    two alike.
    """
    rows = exact_rows(embedder.embed([normal_form(text) for text in candidates]))
    judgement = prepared_task.tags.judge(
        candidates, [normal_form(text) for text in candidates], rows
    )
    evidence = prepared_task.evidence
    units = evidence.units(rows) * judgement.grounding[:, None]
    support, alike = judgement.novel * judgement.worth, cosines(rows, rows)
    leading = max(evidence.leading_mass, 1e-9)
    picks: list[int] = []
    height = 0.0
    while len(picks) < count:
        values = []
        for index in range(len(candidates)):
            trial = [*picks, index]
            precision = support[trial].sum() / max(_FULL_WORTH, judgement.worth[trial].sum())
            coverage = units[trial].max(axis=0) @ evidence.mass / leading
            total = precision + min(1.0, coverage)
            new = index not in picks and (alike[index, picks] < _REPEATS).all()
            values.append(2 * precision * min(1.0, coverage) / total if new and total > 0 else 0.0)
        best = int(np.argmax(values)) if values else 0
        if not values or values[best] <= height:
            break
        height = values[best]
        picks.append(best)
    return tuple(candidates[index] for index in picks)


def _candidates(prepared_task: PreparedTask, pieces: Pieces) -> list[str]:
    """Return the phrases open to a climber: pairs around leading words, and these
    words themselves.
    """
    leading = prepared_task.evidence.unit_names[:LEADING]
    heads = set(leading)
    turns = [turn.split() for turn in prepared_task.evidence.text.turns]
    pairs = [
        f"{word} {next_word}".strip(" .,:;!?")
        for turn in turns
        for word, next_word in pairwise(turn)
        if {word.strip(".,:;!?"), next_word.strip(".,:;!?")} & heads
    ]
    words = [] if pieces is Pieces.PAIRS else leading
    return list(dict.fromkeys((*words, *pairs)))[:CANDIDATES]


def climber(*, own_truth: bool = False, pieces: Pieces = Pieces.WORDS_AND_PAIRS) -> Play:
    """Return play that climbs the formula; with ``own_truth`` towards the annotator's tags."""

    def play(sight: Sight) -> Draft:
        truth = sight.notes if own_truth else None
        rule = GenomeRule(sight.embedder)
        tags = climb(rule, sight.window, _background(sight), truth, pieces=pieces)
        return Draft(tags, generic_profiles(sight))

    return play


def heaviest(sight: Sight) -> Draft:
    """Give the words that the public formula weighs most."""
    task = ScoringTask(sight.window, Metadata(), _background(sight))
    return Draft(heaviest_words(GenomeRule(sight.embedder), task), generic_profiles(sight))


def leading(sight: Sight) -> Draft:
    """Give the first words of the window that are not stop words."""
    return Draft(tuple(leading_words(sight.window, HONEST_TAGS)), generic_profiles(sight))


def head_words(sight: Sight) -> Draft:
    """Give the last word of each of the annotator's tags."""
    heads = dict.fromkeys(tag.text.split()[-1] for tag in sight.notes.tags if tag.text.split())
    return Draft(tuple(heads)[:HONEST_TAGS], generic_profiles(sight))


def vague_phrases(sight: Sight) -> Draft:
    """Give phrases that a reader rejects: vague words of the window, and fragments around them."""
    tokens = window_words(sight.window)
    vague = detect(tokens, sight.window.language).light
    vague_words = [word for word in dict.fromkeys(tokens) if word in vague]
    fragments = [
        f"{word} {next_word}"
        for word, next_word in pairwise(tokens)
        if (word in vague) != (next_word in vague)
    ]
    half = HONEST_TAGS // 2
    tags = (*vague_words[:half], *dict.fromkeys(fragments))
    return Draft(tags[:HONEST_TAGS], generic_profiles(sight))


def _background(sight: Sight) -> tuple[Conversation, ...]:
    """Return windows of other conversations that the climber was asked about before."""
    windows = [earlier.window for earlier in sight.past if earlier.window.id != sight.window.id]
    return tuple(windows[-BACKGROUND:])


def _attack(name: str, play: Play, *, known_limit: str = "") -> Strategy:
    return Strategy(name, play, BOUND, "climbing", known_limit=known_limit)


_EXTRACTOR = "with gold truth it is paid as far as it reads: its f is .23, the annotator's .35"

STRATEGIES: tuple[Strategy, ...] = (
    _attack("climber", climber(), known_limit=_EXTRACTOR),
    _attack("climber, pairs", climber(pieces=Pieces.PAIRS), known_limit=_EXTRACTOR),
    _attack("climber, own truth", climber(own_truth=True), known_limit=_EXTRACTOR),
    _attack("heaviest words", heaviest),
    _attack("leading words", leading),
    _attack("head words", head_words),
    _attack("a reader's list of bad tags", vague_phrases),
)
