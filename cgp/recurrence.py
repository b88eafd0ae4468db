"""The order of a whole conversation's tags: by how often its turns come back to each.

Windows say how sure their tags are. They do not say whether the conversation is about them: a
vivid aside of one window is as sure there as a subject of all windows. What a conversation is about
comes up again, in turn after turn; an aside is said once or twice.
"""

from __future__ import annotations

import math
import re
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from cgp.conversation import Conversation
from cgp.metadata import Tag
from cgp.mining import MinedWindow
from cgp.scoring.empty_words import empty_words
from cgp.scoring.words import SPACELESS, words_of
from cgp.text import normal_form

# Tags that are put in order, the surest. Words that are said often stand among the others, too, and
# most of them are vague (*air*, *people*).
_SUREST = 24
# Weights beside the logarithm of the number of turns that say one word: of that of the turns that
# say all words, and of that of the ground truth's support. The confidence has none: that miners
# agree on a tag of a window tells nothing of the whole (see docs/tag-model.md).
_ALL_WORDS = 0.5
_SUPPORT = 0.5
_LEAST_SUPPORT = 0.05

_ENGLISH_ENDINGS = frozenset(["d", "ll", "m", "re", "s", "t", "ve"])

# Least and most letters of a word that is looked for within another, and least of that one's rest.
# Hangul writes a syllable as one letter, and a particle is often one.
_LEAST_PART = 5
_LEAST_HANGUL = 2
_MOST_LETTERS = 40
_WORD = re.compile(r"[^\W\d_]")
_HANGUL = re.compile("[\uac00-\ud7a3]+")


@dataclass(frozen=True)
class SaidWords:
    """The turns that say each word of a conversation, ascending, and its words without content."""

    turns: dict[str, list[int]]
    empty: frozenset[str]
    _sorted: list[str]
    # The turns of the longer words that begin with a word, of those that were asked for.
    _longer: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, conversation: Conversation) -> SaidWords:
        """Read the turns of a conversation."""
        turns: defaultdict[str, list[int]] = defaultdict(list)
        written: list[str] = []
        for number, turn in enumerate(conversation.turns):
            name = normal_form(turn.text)
            written += name.split()
            for word in set(_forms(name)):
                turns[word].append(number)
        empty = empty_words(written, conversation.language).words
        return cls(dict(turns), empty, sorted(turns))

    def content(self, text: str) -> frozenset[str]:
        """Return the words of a tag that have content; all of them where none has."""
        words = frozenset(words_of(normal_form(text)))
        return words - self.empty or words

    def places(self, text: str, start: int, stop: int) -> list[set[int]]:
        """Return the turns from ``start`` up to ``stop`` that say a tag, one set for each of its
        words that have content.
        """
        return [
            {turn for of in self._turns_with(word) for turn in _between(of, start, stop)}
            for word in self.content(text)
        ]

    def _turns_with(self, word: str) -> Iterator[Sequence[int]]:
        """Yield the turns that say a word, that say longer words which begin with it (*Depot*:
        *Depotauszug*), and that say one of the two words that it is joined of.
        """
        yield self.turns.get(word, [])
        least = _LEAST_HANGUL if _HANGUL.fullmatch(word) else _LEAST_PART
        if not least <= len(word) <= _MOST_LETTERS or not _WORD.match(word):
            return
        if word not in self._longer:
            self._longer[word] = self._turns_of_longer(word)
        yield self._longer[word]
        for cut in range(least, len(word) - least + 1):
            for part in (word[:cut], word[cut:]):
                if part not in self.empty:
                    yield self.turns.get(part, [])

    def _turns_of_longer(self, word: str) -> list[int]:
        start = bisect_left(self._sorted, word) + (word in self.turns)
        longer = self._sorted[start : bisect_left(self._sorted, word + chr(sys.maxunicode))]
        return sorted({turn for other in longer for turn in self.turns[other]})


def _between(turns: Sequence[int], start: int, stop: int) -> Sequence[int]:
    return turns[bisect_left(turns, start) : bisect_left(turns, stop)]


def _forms(name: str) -> Iterator[str]:
    """Yield the words that a turn says, as a tag of them may be written.

    The sides of an apostrophe are words, too: a tag of *l'hôpital* is *hôpital*, one of
    *Ankara'da* is *Ankara*; *it's* and *don't* are one word each. Of writing without spaces a tag
    may be one character, which the pairs do not hold.
    """
    words = words_of(name)
    yield from words
    for sides in (word.split("'") for word in name.split() if "'" in word):
        if sides[-1] not in _ENGLISH_ENDINGS:
            # One letter is an article, and no word of *vitamine D*.
            yield from chain.from_iterable(words_of(side) for side in sides if len(side) > 1)
    for word in words:
        if len(word) > 1 and SPACELESS.fullmatch(word):
            yield from word


def by_recurrence(
    windows: Sequence[MinedWindow],
    conversation: Conversation,
    support: Callable[[Tag], float] = lambda _: 1.0,
) -> list[MinedWindow]:
    """Return the windows; in each that has parts, the first tags stand in the order of recurrence.

    A tag's place is given by the logarithms of the number of turns that say one of its words, of
    those that say all of them, and of ``support``, between 0 and 1: how much a reading of the whole
    holds with it. A tag that nobody says, such as *job interview*, counts as said as often as the
    most said one: mostly it names what all of the talk is about. A tag whose words are all in a
    better one, or that has all of that one's, stands behind the others, as one without words does.
    The first tags are the ``_SUREST`` as they stood; the others follow as before. Leaves keep their
    order. ``conversation`` is what the windows were cut from.
    """
    parents = {window.parent for window in windows}
    if parents == {None}:
        return list(windows)
    said = SaidWords.of(conversation)
    return [
        replace(window, metadata=replace(window.metadata, tags=_ordered(window, said, support)))
        if window.number in parents
        else window
        for window in windows
    ]


def _ordered(
    window: MinedWindow, said: SaidWords, support: Callable[[Tag], float]
) -> tuple[Tag, ...]:
    tags, later = window.metadata.tags[:_SUREST], window.metadata.tags[_SUREST:]
    words = [said.content(tag.text) for tag in tags]
    often = [_often(said.places(tag.text, window.start, window.stop)) for tag in tags]
    most = max(often, default=0.0)
    fits = [
        (number or most) + _SUPPORT * math.log(max(support(tag), _LEAST_SUPPORT))
        for number, tag in zip(often, tags, strict=True)
    ]
    first: list[int] = []
    repeats: list[int] = []
    for row in sorted(range(len(tags)), key=lambda row: -fits[row]):
        apart = bool(words[row]) and not any(
            words[row] <= words[other] or words[other] <= words[row] for other in first
        )
        (first if apart else repeats).append(row)
    return (*(tags[row] for row in (*first, *repeats)), *later)


def _often(places: Sequence[set[int]]) -> float:
    if not places:
        return 0.0
    one_word, all_words = set().union(*places), set.intersection(*places)
    return math.log1p(len(one_word)) + _ALL_WORDS * math.log1p(len(all_words))
