"""Parts of speech of English words, from a small linear model that learned them from spaCy.

The model scores each part of speech for a word by the word, its endings, its shape and its
neighbours; each of these is one row of a table, chosen by a hash. There is no search over
sequences: the tag model above it needs to tell nouns from the rest, which the neighbours settle.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.words import Run
from cgp.loaded_once import loaded_once
from cgp.tagmodel import released_file

ROWS = 1 << 15
_START, _STOP = "<s>", "</s>"


class PartOfSpeech(IntEnum):
    """Parts of speech, as coarse as tags need them; the number is a column of the table."""

    NOUN = 0
    NAME = 1
    ADJECTIVE = 2
    VERB = 3
    GERUND = 4
    PARTICIPLE = 5
    NUMBER = 6
    ADVERB = 7
    FUNCTION = 8


_PARTS = tuple(PartOfSpeech)


@loaded_once
def shipped_tagger() -> Tagger:
    """Return the tagger that comes with the package.

    Raises:
        ValueError: if its file is missing or damaged.
    """
    from safetensors.numpy import load

    tensors = load(released_file("parts_of_speech.safetensors"))
    return Tagger(tensors["weights"], tensors["bias"])


class Tagger:
    """Tags the words of runs.

    ``weights`` has shape ``(ROWS, len(PartOfSpeech))``, ``bias`` one number a part of speech.
    """

    def __init__(self, weights: NDArray[np.float16], bias: NDArray[np.float32]) -> None:
        if weights.shape != (ROWS, len(PartOfSpeech)) or bias.shape != (len(PartOfSpeech),):
            raise ValueError(f"a tagger's table has shape {weights.shape}: not as expected")
        self.weights, self.bias = weights, bias
        self._table = weights.astype(np.float64)

    def tag(self, runs: Sequence[Run]) -> list[list[PartOfSpeech]]:
        """Return a part of speech for each word of each run."""
        rows = [row for run in runs for row in evidence_rows(run)]
        if not rows:
            return [[] for _ in runs]
        scores = self._table[np.array(rows)].sum(axis=1) + self.bias
        parts = [_PARTS[number] for number in np.argmax(scores, axis=1).tolist()]
        words = iter(parts)
        return [[next(words) for _ in run] for run in runs]


def evidence_rows(run: Run) -> list[list[int]]:
    """Return, for each word of a run, the rows of the table that speak about it."""
    lower = [_START, _START, *(word.lower() for word in run), _STOP, _STOP]
    evidence = [_evidence(word) for word in lower]
    shapes = [*(_shape(word) for word in run), ""]
    rows = []
    for place in range(len(run)):
        before, word, after = lower[place + 1 : place + 4]
        e_before2, e_before, e_word, e_after, e_after2 = evidence[place : place + 5]
        rows.append([
            *e_word.alone, e_before.before, e_after.after, e_before.end_before, e_after.end_after,
            *_shape_rows(shapes[place], shapes[place + 1], opens=before == _START),
            _row(f"x{before}|{word}"), _row(f"y{word}|{after}"), e_before2.before2, e_after2.after2,
        ])  # fmt: skip
    return rows


class _Evidence(NamedTuple):
    """The rows of the table that a word gives, by where it stands: as the word itself, or one or
    two words before or after it.
    """

    alone: tuple[int, int, int, int]
    before: int
    after: int
    end_before: int
    end_after: int
    before2: int
    after2: int


@lru_cache(maxsize=16_384)
def _evidence(word: str) -> _Evidence:
    return _Evidence(
        (_row(f"w{word}"), _row(f"2{word[-2:]}"), _row(f"3{word[-3:]}"), _row(f"4{word[-4:]}")),
        _row(f"p{word}"),
        _row(f"n{word}"),
        _row(f"a{word[-3:]}"),
        _row(f"b{word[-3:]}"),
        _row(f"q{word}"),
        _row(f"r{word}"),
    )


@lru_cache(maxsize=256)
def _shape_rows(shape: str, after: str, *, opens: bool) -> tuple[int, int]:
    return _row(f"s{shape}{'^' if opens else ''}"), _row(f"t{shape}{after}")


def _shape(word: str) -> str:
    if word.isupper() and len(word) > 1:
        shape = "X"
    elif word[:1].isupper():
        shape = "Xx"
    elif word[:1].isdigit():
        shape = "d"
    else:
        shape = "x" if word[:1].isalpha() else "p"
    return shape + ("-" if "-" in word[1:] else "")


def _row(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace")) % ROWS
