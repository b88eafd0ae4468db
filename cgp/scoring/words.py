"""The words of tags, reduced so that plurals and possessives are the same word.

Writing without spaces (Chinese, Japanese, Thai, ...) yields pairs of neighbouring characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]

SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
"""A run of characters of writing without spaces."""

_EDGE = ".,:;!?\"'()[]{}…“”«»"
_REMEMBERED = 32  # characters of the longest word whose reduced form is kept


@dataclass(frozen=True, eq=False)
class Words:
    """The reduced words of many texts, each distinct one once.

    ``which`` says which of the ``distinct`` words stands where, one text after another, shape
    ``(n,)``; ``counts`` how many each text has, shape ``(texts,)``.
    """

    distinct: tuple[str, ...]
    which: Indices
    counts: Indices

    @classmethod
    def of(cls, names: Sequence[str]) -> Words:
        """Return the words of texts in normal form."""
        written = " ".join(filter(None, names)).split(" ")
        sizes = [name.count(" ") + 1 if name else 0 for name in names]
        place: dict[str, int] = {}
        places = {
            word: [place.setdefault(each, len(place)) for each in words_of(word)]
            for word in dict.fromkeys(written)
        }
        found = [places[word] for word in written]
        ends = list(accumulate(map(len, found), initial=0))
        bounds = np.array([ends[end] for end in accumulate(sizes, initial=0)], dtype=np.intp)
        return cls(
            distinct=tuple(place),
            which=np.fromiter(chain.from_iterable(found), dtype=np.intp, count=ends[-1]),
            counts=np.diff(bounds),
        )

    @property
    def starts(self) -> Indices:
        """Where the words of each text that has any begin in ``which``."""
        starts: Indices = (np.cumsum(self.counts) - self.counts)[self.counts > 0]
        return starts

    def sets(self, texts: Indices) -> list[frozenset[str]]:
        """Return the set of words of each of some texts, given by their numbers."""
        ends = np.cumsum(self.counts)
        return [
            frozenset(self.distinct[word] for word in self.which[end - count : end].tolist())
            for end, count in zip(ends[texts].tolist(), self.counts[texts].tolist(), strict=True)
        ]


def words_of(name: str) -> list[str]:
    """Return the words of a text in normal form, reduced."""
    words: list[str] = []
    for word in name.split():
        words.extend(_reduced(word) if len(word) <= _REMEMBERED else _reduce(word))
    return words


def _reduce(word: str) -> tuple[str, ...]:
    if not word.isascii():
        return tuple(_pieces(word.strip(_EDGE)))
    stem = _stem(word.strip(_EDGE))
    return (stem,) if stem else ()


_reduced = lru_cache(maxsize=50_000)(_reduce)


def _stem(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("s'")
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
