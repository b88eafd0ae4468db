"""Matching of an answer's tags with the tags that a reader wants of a window.

Tags match by their words, in any order: case, punctuation, articles, a few small words and
endings aside. A judge may accept more. The definition is that of ``docs/gold.md``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cgp.gold.gold_file import GoldWindow
from cgp.words import PLAIN_WORDS

WordForm = frozenset[str]

ACCEPTED_COSINE = 0.75
"""Cosine from which a judge takes two tags for the same, for MiniLM."""

_SMALL_WORDS = frozenset({"a", "an", "the", "of", "for", "in", "on", "and", "to", "with"})
# Longest first. What is left of a word has at least three characters.
_ENDINGS = (
    *("isations", "izations", "isation", "ization"),
    *("ings", "ing", "ies", "ied", "ers", "er", "es", "ed", "s", "e", "y"),
)
_SHORTEST_STEM = 3


class Outcome(StrEnum):
    """Fate of one tag of an answer."""

    KEEP = "keep"
    """It wins a wanted tag."""
    TWICE = "twice"
    """It repeats a tag of the same answer, or a wanted tag that is won already."""
    REJECTED = "rejected"
    """A reader listed it as a bad tag for this window."""
    OTHER = "other"
    """The reader neither wants it nor listed it."""


class TagJudge(Protocol):
    """A model that says how alike tags are."""

    @property
    def name(self) -> str:
        """The model, as tables name it."""
        ...

    def alike(self, tags: Sequence[str], wordings: Sequence[str]) -> NDArray[np.float32]:
        """Return cosines between -1 and 1, shape ``(len(tags), len(wordings))``."""
        ...


@dataclass(frozen=True, slots=True)
class MatchResult:
    """An answer's tags in their order: the outcome of each, and which wanted tag it won, if any."""

    outcomes: tuple[Outcome, ...]
    prizes: tuple[int | None, ...]


def word_form(text: str) -> WordForm:
    """Return the stems of the words of ``text``; two tags with equal forms are the same tag.

    Small words ("of", "the") are left out where other words remain.
    """
    # The possessive goes before the text is cut into words: "the school's roof" equals "school
    # roof".
    plain = unicodedata.normalize("NFKC", text).casefold().replace("'s", "").replace("’s", "")
    words = PLAIN_WORDS.words(plain)
    return frozenset(_stem(word) for word in words if word not in _SMALL_WORDS) or frozenset(words)


def match(gold: GoldWindow, tags: Sequence[str], judge: TagJudge | None = None) -> MatchResult:
    """Match an answer's tags, in their order, with the wanted tags of a window.

    A wanted tag goes to the first tag that says it. A tag that says no wanted tag word for word is
    asked of the ``judge``, and may win those that the judge finds alike, the likest first.
    """
    wordings = [(n, text) for n, tag in enumerate(gold.tags) for text in tag.wordings]
    forms = [(n, word_form(text)) for n, text in wordings]
    rejected_forms = {word_form(tag.text) for tag in gold.reject}
    likely_wanted = _likely_wanted(tags, wordings, judge)
    outcomes: list[Outcome] = []
    prizes: list[int | None] = []
    earlier: list[WordForm] = []
    for tag, alike in zip(tags, likely_wanted, strict=True):
        form = word_form(tag)
        # Words decide first: the judge is heard only about a tag that says no wanted tag in words.
        hits = [n for n, wanted_form in forms if wanted_form == form] or alike
        # Each wanted tag is won once, so that saying it again earns nothing.
        prize = next((n for n in hits if n not in prizes), None)
        if prize is not None:
            outcomes.append(Outcome.KEEP)
        elif hits or _repeats(form, earlier):
            outcomes.append(Outcome.TWICE)
        else:
            outcomes.append(Outcome.REJECTED if form in rejected_forms else Outcome.OTHER)
        prizes.append(prize)
        earlier.append(form)
    return MatchResult(tuple(outcomes), tuple(prizes))


def _likely_wanted(
    tags: Sequence[str], wordings: Sequence[tuple[int, str]], judge: TagJudge | None
) -> list[list[int]]:
    """Return per tag the wanted tags that the judge takes it for, the likest first."""
    if judge is None or not tags or not wordings:
        return [[] for _ in tags]
    cosines = judge.alike(tags, [text for _, text in wordings])
    # A stable order: of two wordings that are equally alike the one that stands first.
    order = np.argsort(-cosines, axis=1, kind="stable")
    return [
        [wordings[k][0] for k in columns if row[k] >= ACCEPTED_COSINE]
        for row, columns in zip(cosines, order.tolist(), strict=True)
    ]


def _repeats(form: WordForm, earlier: Iterable[WordForm]) -> bool:
    """Tell whether an earlier tag has all words of ``form``, or ``form`` all of an
    earlier tag's.
    """
    return any(form <= earlier_form or earlier_form <= form for earlier_form in earlier)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word
