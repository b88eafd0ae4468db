"""Parts of speech of English words, from a small linear model that learned them from spaCy.

The model scores each part of speech for a word by the word, its endings, its shape and its
neighbours; each of these is one row of a table, chosen by a hash. There is no search over
sequences: the tag model above it needs to tell nouns from the rest, which the neighbours settle.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from enum import IntEnum

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
        parts = [PartOfSpeech(number) for number in np.argmax(scores, axis=1).tolist()]
        words = iter(parts)
        return [[next(words) for _ in run] for run in runs]


def evidence_rows(run: Run) -> list[list[int]]:
    """Return, for each word of a run, the rows of the table that speak about it."""
    lower = [_START, _START, *(word.lower() for word in run), _STOP, _STOP]
    shapes = [*(_shape(word) for word in run), ""]
    rows = []
    for place in range(len(run)):
        before2, before, word, after, after2 = lower[place : place + 5]
        shape = shapes[place]
        texts = (
            f"w{word}", f"2{word[-2:]}", f"3{word[-3:]}", f"4{word[-4:]}",
            f"p{before}", f"n{after}", f"a{before[-3:]}", f"b{after[-3:]}",
            f"s{shape}{'^' if before == _START else ''}", f"t{shape}{shapes[place + 1]}",
            f"x{before}|{word}", f"y{word}|{after}", f"q{before2}", f"r{after2}",
        )  # fmt: skip
        rows.append([_row(text) for text in texts])
    return rows


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
