"""First words of contexts: a look at the words of a text tells which contexts cannot be in it.

Most rules for numbers need words before the number. To search for them around each number is most
of their work, and nearly always in vain. A word is looked at once, and remembered.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cgp.privacy.context import MASK, Context
from cgp.privacy.parsed_patterns import MOST_LETTERS, beginnings
from cgp.privacy.plain_text import UNSPACED
from cgp.privacy.word_places import WordKind, WordPlaces

_MOST_FOLDED: Final = 2 * MOST_LETTERS  # "ß" has two when case is folded

# Words repeat from text to text; what is remembered of them is bounded.
_MOST_REMEMBERED: Final = 20_000
_LONGEST_REMEMBERED: Final = 32

_UNSPACED_SIGN = re.compile(f"[{UNSPACED}]")


class FirstWords:
    """Tells which of some contexts may be in a text, by its words alone.

    A context that is not named is not there. One that is named need not be there: "date" is the
    first word of "date of birth".
    """

    def __init__(self, contexts: Iterable[Context]) -> None:
        self._contexts = tuple(contexts)
        self._remembered: dict[str, frozenset[Context]] = {}

    @cached_property
    def _table(self) -> _Table:
        """The table, made when the first number is met: it takes some hundredths of a second."""
        return _Table.of(self._contexts)

    def may_begin(self, word: str) -> bool:
        """Tell if a context may begin with a word in lower case."""
        return bool(self._of_word(word))

    def contexts(self, places: WordPlaces) -> frozenset[Context]:
        """Return the contexts that may be in a text."""
        words = set(places.of_kind(WordKind.CONTEXT))
        if "[0" in places.lower:
            # A masked find hides that a word begins right behind it.
            masked_words = " ".join(word for word in places.words if "[0" in word)
            words.update(MASK.sub(" ", masked_words).split())
        return frozenset().union(*map(self._of_word, words))

    def _of_word(self, word: str) -> frozenset[Context]:
        contexts = self._remembered.get(word)
        if contexts is None:
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.clear()
            contexts = frozenset(self._table.contexts(_folded(word)))
            if contexts and len(word) <= _LONGEST_REMEMBERED:
                self._remembered[word] = contexts
        return contexts


class Beginnings:
    """Tells if a match of a pattern may begin at a place, far quicker than the pattern does."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    @cached_property
    def _letters(self) -> frozenset[str]:
        return frozenset(_folded(beginning.letters) for beginning in beginnings(self._pattern))

    def may_be_at(self, lower: str, place: int) -> bool:
        """Tell if a match may begin at ``lower[place]``, a text in lower case."""
        piece = _folded(lower[place : place + MOST_LETTERS])
        letters = self._letters
        return any(piece[:length] in letters for length in range(len(piece) + 1))


@dataclass(frozen=True)
class _Table:
    """Contexts by the letters that a word must have for their pattern to begin in it.

    ``beginning`` has the letters that it begins with, ``whole`` whole words, ``anywhere`` letters
    that may stand inside it. ``always`` are the contexts whose pattern may begin with any letter.
    """

    beginning: Mapping[str, AbstractSet[Context]]
    whole: Mapping[str, AbstractSet[Context]]
    anywhere: Mapping[str, AbstractSet[Context]]
    always: AbstractSet[Context]

    @classmethod
    def of(cls, contexts: Iterable[Context]) -> _Table:
        """Return the table of some contexts."""
        beginning: dict[str, set[Context]] = defaultdict(set)
        whole: dict[str, set[Context]] = defaultdict(set)
        anywhere: dict[str, set[Context]] = defaultdict(set)
        always: set[Context] = set()
        for context in contexts:
            for start in beginnings(context.pattern):
                if not start.letters:
                    always.add(context)
                elif not start.begins_word:
                    anywhere[_folded(start.letters)].add(context)
                else:
                    (whole if start.ends_word else beginning)[_folded(start.letters)].add(context)
        return cls(dict(beginning), dict(whole), dict(anywhere), always)

    def contexts(self, word: str) -> Iterator[Context]:
        """Yield the contexts that may begin in a folded word, some of them several times."""
        yield from self.always
        # A "word" here has no spaces, but may have hyphens and the like, so words begin inside it.
        for start in range(len(word)):
            begins = start == 0 or _ends_word(word[start - 1])
            for stop in range(start + 1, min(len(word), start + _MOST_FOLDED) + 1):
                piece = word[start:stop]
                yield from self.anywhere.get(piece, ())
                if begins:
                    yield from self.beginning.get(piece, ())
                    if stop == len(word) or not word[stop].isalnum():
                        yield from self.whole.get(piece, ())


def _folded(letters: str) -> str:
    """Return letters in the one form in which patterns without regard to case compare them."""
    return letters.casefold().replace("ı", "i")


def _ends_word(character: str) -> bool:
    """Tell if a word may begin behind a character."""
    return not character.isalnum() or _UNSPACED_SIGN.match(character) is not None
