"""Where words that matter may be in a text, found without searching the whole text for each of
them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import filterfalse

from cgp.privacy.late_pattern import LatePattern

_MOST_LOOKED_FOR = 50
"""More words than this are found faster in one pass over the text than one by one."""

_MOST_ASKED_ONE_BY_ONE = 8
"""Words whose place is found by itself; after that the places of all words are kept."""

MIN_LONG_CHARACTERS = 16
"""Characters from which a word is long."""

# Words repeat: remembering them spares most of the work, within bounded memory.
_MOST_REMEMBERED = 100_000
_LONGEST_REMEMBERED = 40


class Vocabulary:
    """Beginnings of words, and pieces of words, that rules look for.

    A stem is lower case and has no spaces. ``^pin`` is looked for where a word begins, ``passw``
    anywhere. The stems of a word are remembered from text to text, since texts share their words.
    """

    def __init__(self, stems: Iterable[str]) -> None:
        stems_in_order = sorted(set(stems), key=len, reverse=True)
        anywhere = [re.escape(stem) for stem in stems_in_order if not stem.startswith("^")]
        beginnings = [re.escape(stem[1:]) for stem in stems_in_order if stem.startswith("^")]
        self._pattern = LatePattern(
            rf"(?<![^\W_])({'|'.join(beginnings) or '(?!)'})|({'|'.join(anywhere) or '(?!)'})"
        )
        self._remembered: dict[str, tuple[str, ...]] = {}
        self._plain: set[str] = set()

    def read(self, words: Iterable[str]) -> tuple[set[str], list[str]]:
        """Return the stems that the words (lower case) have, and the long ones among the words."""
        remembered, plain = self._remembered, self._plain
        if len(remembered) + len(plain) > _MOST_REMEMBERED:
            remembered.clear()
            plain.clear()
        present: set[str] = set()
        long: list[str] = []
        # Most words are neither long nor have stems: those are passed over in one go.
        for word in set(filterfalse(plain.__contains__, words)):
            if len(word) >= MIN_LONG_CHARACTERS:
                long.append(word)
            stems = remembered.get(word)
            if stems is None:
                stems = self._read(word)
                if stems and len(word) <= _LONGEST_REMEMBERED:
                    remembered[word] = stems
                elif len(word) < MIN_LONG_CHARACTERS:
                    plain.add(word)
            present.update(stems)
        return present, long

    def is_in(self, lower: str, start: int, stop: int) -> bool:
        """Tell if one of the stems is in ``lower[start:stop]``, a text in lower case."""
        return self._pattern.search(lower, start, stop) is not None

    def _read(self, word: str) -> tuple[str, ...]:
        stems: list[str] = []
        position = 0
        # From each letter on anew: one stem may begin inside another ("apikey", "pike").
        while match := self._pattern.search(word, position):
            stems.append(f"^{match.group(1)}" if match.group(1) else match.group(2))
            position = match.start() + 1
        return tuple(stems)


class WordPlaces:
    """The words of a text, and where the ones stand that rules look for.

    A text has far fewer distinct words than words. Stems are looked for in the distinct words
    first; only those that are there are looked for in the text.
    """

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.lower = text.lower()
        self.words = self.lower.split()
        self._asked = 0
        self._present, self._long = vocabulary.read(self.words)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        """Where each of ``words`` stands."""
        return [match.span() for match in re.finditer(r"\S+", self.text)]

    def has(self, stems: frozenset[str]) -> bool:
        """Tell if any of the stems is in a word."""
        return not stems.isdisjoint(self._present)

    def has_long(self) -> bool:
        """Tell if there are long words."""
        return bool(self._long)

    def of(self, stems: frozenset[str]) -> list[int]:
        """Return where any of the stems is, in order."""
        if stems.isdisjoint(self._present):
            return []
        places: list[int] = []
        for stem in stems & self._present:
            piece = stem.removeprefix("^")
            begins = piece is not stem
            place = self.lower.find(piece)
            while place >= 0:
                if not (begins and place and self.lower[place - 1].isalnum()):
                    places.append(place)
                place = self.lower.find(piece, place + len(piece))
        return sorted(set(places)) if places else places

    def long_words(self, characters: int) -> Iterator[tuple[int, int]]:
        """Yield where the words of at least that many characters (16 or more) are."""
        long = [word for word in self._long if len(word) >= characters]
        if len(long) > _MOST_LOOKED_FOR:
            for match in re.finditer(rf"\S{{{characters},}}", self.text):
                yield match.span()
            return
        for word in long:
            place = self.lower.find(word)
            while place >= 0:
                yield place, place + len(word)
                place = self.lower.find(word, place + len(word))

    def in_a_row(self, stems: Collection[str], count: int) -> Iterator[int]:
        """Yield where runs of at least ``count`` of the ``stems`` words begin.

        Every run that long holds a word whose number is a multiple of ``count``.
        """
        words = self.words
        last = -1
        samples = bytes(map(stems.__contains__, words[::count]))
        sample = samples.find(1)
        while sample >= 0:
            position = sample * count
            sample = samples.find(1, sample + 1)
            if position <= last:
                continue
            first = last = position
            while first > 0 and words[first - 1] in stems:
                first -= 1
            while last + 1 < len(words) and words[last + 1] in stems:
                last += 1
            if last - first + 1 >= count:
                yield self._place_of(first, count)

    def _place_of(self, first: int, count: int) -> int:
        """Return where the word of a number begins, by its words if they stand
        together only once.
        """
        phrase = " ".join(self.words[first : first + count])
        place = self.lower.find(phrase)
        if place < 0 or self.lower.find(phrase, place + 1) >= 0:
            return self.span(first)[0]
        return place

    def span(self, number: int) -> tuple[int, int]:
        """Return where the word of a number stands."""
        self._asked += 1
        if self._asked > _MOST_ASKED_ONE_BY_ONE:
            return self._spans[number]
        # All of the text behind the words before it.
        start = len(self.lower) - len(self.lower.split(None, number)[-1])
        return start, start + len(self.words[number])
