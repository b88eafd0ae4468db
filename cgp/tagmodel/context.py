"""How a phrase sounds where it is said: a linear score of the encoder's states of its words.

The encoder reads the pieces of a window that hold a phrase, and a phrase is the mean of its words'
states, each among the words of its sentence. One number a candidate comes of it; the trees take it
as one more feature.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Vectors
from cgp.encoders import TokenStates
from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.head import ENCODER_DIMENSION

# Strength of the ridge, as a share of a component's mean variance. With .3, cross-validation gives
# the same f.
_RIDGE = 1.0
# Steps of a score: the texts beside a text move its last places.
_STEPS = 4096.0


@dataclass(frozen=True, slots=True, eq=False)
class ContextScore:
    """A linear function of a phrase's vector in context, and the mean of such vectors.

    ``weights`` and ``middle`` have shape ``(dimension,)``.
    """

    weights: NDArray[np.float32]
    bias: float
    middle: NDArray[np.float32]

    def of(self, vectors: Vectors) -> Floats:
        """Return a score for each row of ``context_vectors``; NaN for a row of NaN."""
        scores = vectors.astype(np.float64) @ self.weights.astype(np.float64) + self.bias
        return np.asarray(np.round(scores * _STEPS) / _STEPS)


def context_vectors(
    wordings: Sequence[str], pieces: Sequence[str], tokens: Sequence[TokenStates]
) -> Vectors:
    """Return float32 unit rows, one a wording: the mean of its words' states over all places where
    it is said. A wording that stands nowhere has a row of NaN.

    ``tokens`` is the encoder's reading of ``pieces``.
    """
    small_pieces = [_Piece.of(piece, read) for piece, read in zip(pieces, tokens, strict=True)]
    table = np.full((len(wordings), ENCODER_DIMENSION), np.nan, dtype=np.float32)
    for row, wording in enumerate(wordings):
        small_wording = _folded(wording)
        places = [
            state
            for piece in small_pieces
            if small_wording in piece.text
            for state in piece.states_of(small_wording)
        ]
        if places:
            mean = np.mean(places, axis=0)
            table[row] = mean / np.linalg.norm(mean)
    return table


def pieces_with(wordings: Sequence[str], pieces: Sequence[str]) -> list[int]:
    """Return the places of the pieces that hold a wording, ascending; one of equal pieces.

    The others tell nothing of any wording, and need not be read.
    """
    place_by_piece: dict[str, int] = {}
    for place, piece in enumerate(pieces):
        place_by_piece.setdefault(_folded(piece), place)
    small_wordings = [_folded(wording) for wording in wordings]
    return [
        place
        for piece, place in place_by_piece.items()
        if any(wording in piece for wording in small_wordings)
    ]


def context_rows(reading: WindowReading) -> Vectors:
    """Return the phrases of a window as they are said, one row a candidate; NaN for labels, and
    where the encoder does not know the language.
    """
    rows = np.full((len(reading.candidates), ENCODER_DIMENSION), np.nan, dtype=np.float32)
    if reading.context is not None:
        rows[: len(reading.context)] = reading.context
    return rows


def fit_context(
    vectors: Sequence[Vectors], credit: Sequence[Floats], weights: Sequence[Floats]
) -> ContextScore:
    """Return the ridge regression of candidates' credit, one entry a window; zeros if no vector is
    a number.
    """
    rows = np.vstack(vectors).astype(np.float64)
    read = ~np.isnan(rows).any(axis=1)
    if not read.any():
        nothing = np.zeros(rows.shape[1], dtype=np.float32)
        return ContextScore(nothing, 0.0, nothing)
    rows, weight = rows[read], np.concatenate(weights)[read]
    target = np.concatenate(credit)[read]
    middle, aim = weight @ rows / weight.sum(), float(weight @ target / weight.sum())
    rows = rows - middle
    products = (rows * weight[:, None]).T @ rows
    pull = _RIDGE * float(weight.sum()) * float(rows.var(axis=0).mean())
    products[np.diag_indices(len(products))] += max(pull, 1e-9)
    slope = np.linalg.solve(products, (rows * weight[:, None]).T @ (target - aim))
    bias = aim - float(middle @ slope)
    return ContextScore(slope.astype(np.float32), bias, middle.astype(np.float32))


def _folded(text: str) -> str:
    """Return a text in small letters, each in the place of the written one."""
    # The one letter whose small form is two characters.
    return text.replace("\u0130", "i").lower()


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A piece in small letters, and its tokens: bounds in the text, ascending, and states.

    Tokens that the encoder adds stand for no characters, and are left out.
    """

    text: str
    starts: list[int]
    stops: list[int]
    states: NDArray[np.float32]

    @classmethod
    def of(cls, text: str, tokens: TokenStates) -> _Piece:
        stands = tokens.spans[:, 1] > tokens.spans[:, 0]
        spans = tokens.spans[stands]
        return cls(_folded(text), spans[:, 0].tolist(), spans[:, 1].tolist(), tokens.states[stands])

    def states_of(self, wording: str) -> Iterator[NDArray[np.float32]]:
        """Yield the mean state of a wording's tokens at each place where it is said.

        A long piece is read in part: a place without tokens has none.
        """
        start = self.text.find(wording)
        while start >= 0:
            stop = start + len(wording)
            if _is_apart(self.text, start, stop):
                first, last = bisect_right(self.stops, start), bisect_left(self.starts, stop)
                if first < last:
                    yield self.states[first:last].mean(axis=0)
            start = self.text.find(wording, stop)


def _is_apart(text: str, start: int, stop: int) -> bool:
    """Tell whether no letter or digit touches a place of a text."""
    return not (text[start - 1 : start].isalnum() or text[stop : stop + 1].isalnum())
