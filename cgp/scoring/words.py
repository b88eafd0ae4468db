"""The words of tags, reduced so that plurals and possessives are the same word.

Writing without spaces (Chinese, Japanese, Thai, ...) yields pairs of neighbouring characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat

import numpy as np

from cgp.ragged import Indices, Ragged

SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
"""A run of characters of writing without spaces."""

_EDGE = ".,:;!?\"'()[]{}…“”«»"
# Longest word whose reduced form is kept: a hostile text of endless words fills no memory.
_CACHE_CHARACTERS = 32


@dataclass(frozen=True, eq=False)
class Words:
    """The reduced words of many texts, each distinct one once.

    ``numbers`` says which of the ``distinct`` words stands where, one text after another, shape
    ``(n,)``; ``layout`` which of them belong to which text.
    """

    distinct: tuple[str, ...]
    numbers: Indices
    layout: Ragged

    @classmethod
    def of(cls, names: Sequence[str]) -> Words:
        """Return the words of texts in normal form."""
        tokens = " ".join(filter(None, names)).split(" ")
        number = {word: index for index, word in enumerate(dict.fromkeys(tokens))}
        place: dict[str, int] = {}
        pieces = [[place.setdefault(piece, len(place)) for piece in reduced_of(w)] for w in number]
        # The words of each written word, and how many come of each token of the texts.
        flat = np.fromiter(chain.from_iterable(pieces), dtype=np.intp)
        of_word = Ragged(np.fromiter(map(len, pieces), dtype=np.intp, count=len(pieces)))
        rows = np.fromiter(map(number.__getitem__, tokens), dtype=np.intp, count=len(tokens))
        of_token = Ragged(of_word.sizes[rows])
        numbers = flat[np.repeat(of_word.starts[rows], of_token.sizes) + of_token.places]
        bounds = np.concatenate(([0], of_token.ends))[np.cumsum(sizes_of(names))]
        return cls(tuple(place), numbers, Ragged(np.diff(bounds, prepend=0)))

    def sets(self, texts: Indices) -> list[frozenset[str]]:
        """Return the set of words of each of some texts, given by their numbers."""
        starts, ends = self.layout.starts[texts].tolist(), self.layout.ends[texts].tolist()
        return [
            frozenset(self.distinct[word] for word in self.numbers[start:end].tolist())
            for start, end in zip(starts, ends, strict=True)
        ]


def sizes_of(texts: Sequence[str]) -> Indices:
    """Return the number of words of each text as written, with single spaces between them,
    ``(n,)``.
    """
    spaces = np.fromiter(map(str.count, texts, repeat(" ")), dtype=np.intp, count=len(texts))
    return spaces + np.fromiter(map(bool, texts), dtype=np.bool_, count=len(texts))


def words_of(name: str) -> list[str]:
    """Return the words of a text in normal form, reduced."""
    words: list[str] = []
    for word in name.split():
        words.extend(reduced_of(word))
    return words


def reduced_of(word: str) -> tuple[str, ...]:
    """Return the reduced form of one word: mostly one word, none for mere punctuation, or pairs."""
    return _reduce_cached(word) if len(word) <= _CACHE_CHARACTERS else _reduce(word)


def _reduce(word: str) -> tuple[str, ...]:
    if not word.isascii():
        return tuple(_pieces(word.strip(_EDGE)))
    stem = _stem(word.strip(_EDGE))
    return (stem,) if stem else ()


_reduce_cached = lru_cache(maxsize=50_000)(_reduce)


def _stem(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("s'")
    # Short words (gas, bus) and words in -ss keep their s. "stories" becomes "story", but "ties"
    # becomes "tie".
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-3] + "y" if word.endswith("ies") and len(word) > 4 else word[:-1]
    return word


def _pieces(word: str) -> list[str]:
    pieces: list[str] = []
    last = 0
    for match in SPACELESS.finditer(word):
        pieces.append(word[last : match.start()])
        run = match.group()
        pieces.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        last = match.end()
    pieces.append(word[last:])
    return [piece for piece in pieces if piece]
