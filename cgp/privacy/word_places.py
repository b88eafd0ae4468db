"""Where words that matter may be in a text, found without searching the whole text for each of
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntFlag
from functools import cached_property

from cgp.privacy.late_pattern import LatePattern

_MOST_LOOKED_FOR = 50
"""More words than this are found faster in one pass over the text than one by one."""

_MOST_ASKED_ONE_BY_ONE = 8
"""Words whose place is found by itself; after that the places of all words are kept."""

MIN_LONG_CHARACTERS = 16
"""Characters from which a word is long."""

# Words repeat: remembering them spares most of the work, within bounded memory.
_MOST_REMEMBERED = 40_000


class WordKind(IntFlag):
    """Kinds that a word may be of, as bits of one byte."""

    STEM = 1
    """A stem is in it, or it is long."""
    NUMBER = 2
    """It is a number, written out."""
    PHRASE = 4
    """It may stand in a recovery phrase."""
    CONTEXT = 8
    """Words before a number may begin with it."""


_ONE, _NONE = 1, 0
_BIT_OF = {kind: bytes(_ONE if code & kind else _NONE for code in range(256)) for kind in WordKind}
"""Tables that make each byte with a bit a one, and each other a nought."""


class _KindsOfWords(dict[str, int]):
    """The kinds of each word that was met; a word is looked at when it is met first."""

    def __init__(self, kinds_of: Callable[[str], int]) -> None:
        super().__init__()
        self._kinds_of = kinds_of

    def __missing__(self, word: str) -> int:
        kinds = self._kinds_of(word)
        if len(word) < MIN_LONG_CHARACTERS:
            self[word] = kinds
        return kinds


class Vocabulary:
    """Beginnings of words, and pieces of words, that rules look for.

    A stem is lower case and has no spaces. ``^pin`` is looked for where a word begins, ``passw``
    anywhere. ``kinds`` tell words of other kinds. All that is said of a word is remembered from
    text to text, since texts share their words.
    """

    def __init__(
        self, stems: Iterable[str], kinds: Mapping[WordKind, Callable[[str], bool]] | None = None
    ) -> None:
        stems_in_order = sorted(set(stems), key=len, reverse=True)
        anywhere = [re.escape(stem) for stem in stems_in_order if not stem.startswith("^")]
        beginnings = [re.escape(stem[1:]) for stem in stems_in_order if stem.startswith("^")]
        self._pattern = LatePattern(
            rf"(?<![^\W_])({'|'.join(beginnings) or '(?!)'})|({'|'.join(anywhere) or '(?!)'})"
        )
        self._kinds = dict(kinds or {})
        self._stems: dict[str, tuple[str, ...]] = {}
        self._kinds_of_words = _KindsOfWords(self._kinds_of)

    def read(self, words: list[str]) -> bytes:
        """Return the kinds of words in lower case, a byte for each."""
        if len(self._kinds_of_words) > _MOST_REMEMBERED:
            self._kinds_of_words.clear()
            self._stems.clear()
        return bytes(map(self._kinds_of_words.__getitem__, words))

    def stems_of(self, word: str) -> tuple[str, ...]:
        """Return the stems that a word has."""
        stems = self._stems.get(word)
        if stems is None:
            stems = self._read(word)
            if len(word) < MIN_LONG_CHARACTERS:
                self._stems[word] = stems
        return stems

    def _kinds_of(self, word: str) -> int:
        is_marked = len(word) >= MIN_LONG_CHARACTERS or bool(self._pattern.search(word))
        kinds = int(WordKind.STEM) if is_marked else 0
        for kind, is_of_kind in self._kinds.items():
            if is_of_kind(word):
                kinds |= kind
        return kinds

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
    first; only the present ones are looked for in the text.
    """

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.lower = text.lower()
        self.words = self.lower.split()
        self._kinds = vocabulary.read(self.words)
        self._asked = 0
        self._present: set[str] = set()
        self._long: list[str] = []
        for word in set(self.of_kind(WordKind.STEM)):
            self._present.update(vocabulary.stems_of(word))
            if len(word) >= MIN_LONG_CHARACTERS:
                self._long.append(word)

    def of_kind(self, kind: WordKind) -> Iterator[str]:
        """Yield the words of a kind, in order."""
        marks = self._kinds.translate(_BIT_OF[kind])
        place = marks.find(_ONE)
        while place >= 0:
            yield self.words[place]
            place = marks.find(_ONE, place + 1)

    def runs(self, kind: WordKind, count: int) -> Iterator[tuple[int, int]]:
        """Yield where ``count`` or more words of a kind stand in a row: the number of the first
        word, and of the one after the last.
        """
        marks = self._kinds.translate(_BIT_OF[kind])
        row = bytes((_ONE,)) * count
        start = marks.find(row)
        while start >= 0:
            stop = marks.find(_NONE, start)
            stop = len(marks) if stop < 0 else stop
            yield start, stop
            start = marks.find(row, stop)

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

    def place_of(self, first: int, count: int) -> int:
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
