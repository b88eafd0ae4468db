"""How a phrase sounds where it is said: a linear score of the encoder's states of its words.

The encoder reads the pieces of a window that hold a phrase, and a phrase is the mean of its words'
states, each among the words of its sentence. One number a candidate comes of it; the trees take it
as one more feature.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

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


class Place(NamedTuple):
    """A place where a wording is said: the piece's key, and its characters there."""

    piece: int
    start: int
    stop: int


def places_of(wordings: Sequence[str], pieces: Mapping[int, str]) -> list[list[Place]]:
    """Return where each wording is said, in the order of ``pieces``: in any case, and with no
    letter or digit beside it. Of equal pieces the first counts.
    """
    key_by_piece: dict[str, int] = {}
    for key, piece in pieces.items():
        key_by_piece.setdefault(_folded(piece), key)
    return [
        [
            Place(key, start, start + len(wording))
            for piece, key in key_by_piece.items()
            if wording in piece
            for start in _starts(wording, piece)
        ]
        for wording in map(_folded, wordings)
    ]


def context_vectors(
    places: Sequence[Sequence[Place]], tokens: Mapping[int, TokenStates]
) -> Vectors:
    """Return float32 unit rows, one a wording: the mean of its words' states over all ``places``
    where it is said. A wording without a place that was read has a row of NaN.

    ``tokens`` is the encoder's reading of the pieces, by key: the tokens of the places at least. A
    long piece is read in part, so a place may have none.
    """
    table = np.full((len(places), ENCODER_DIMENSION), np.nan, dtype=np.float32)
    keys = dict.fromkeys(place.piece for of_wording in places for place in of_wording)
    pieces: dict[int, _Tokens] = {}
    first_row = 0
    for key in keys:
        pieces[key] = _Tokens.of(tokens[key], first_row)
        first_row += len(tokens[key].states)
    rows_by_wording = {
        number: rows
        for number, of_wording in enumerate(places)
        if (rows := [of for place in of_wording if (of := pieces[place.piece].rows_of(place))])
    }
    if not rows_by_wording:
        return table
    states = np.vstack([tokens[key].states for key in keys])
    means = _means(states, [of_place for rows in rows_by_wording.values() for of_place in rows])
    bounds = np.cumsum([0, *map(len, rows_by_wording.values())]).tolist()
    means = _means(means, [range(*pair) for pair in pairwise(bounds)])
    lengths = np.array([np.linalg.norm(mean) for mean in means])
    table[list(rows_by_wording)] = means / lengths[:, None]
    return table


def _means(rows: Vectors, members: Sequence[Sequence[int]]) -> Vectors:
    """Return the mean of some rows for each of ``members``; as many rows are added up at once."""
    means = np.empty((len(members), rows.shape[1]), dtype=np.float32)
    numbers_by_size: dict[int, list[int]] = {}
    for number, each in enumerate(members):
        numbers_by_size.setdefault(len(each), []).append(number)
    for numbers in numbers_by_size.values():
        means[numbers] = rows[np.array([members[number] for number in numbers])].mean(axis=1)
    return means


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


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The tokens of a piece: bounds in its text, ascending, and the row of each one's state.

    Tokens that the encoder adds stand for no characters, and are left out.
    """

    starts: list[int]
    stops: list[int]
    rows: list[int]

    @classmethod
    def of(cls, tokens: TokenStates, first_row: int) -> _Tokens:
        stands = tokens.spans[:, 1] > tokens.spans[:, 0]
        starts, stops = tokens.spans[stands].T
        rows = first_row + np.flatnonzero(stands)
        return cls(starts.tolist(), stops.tolist(), rows.tolist())

    def rows_of(self, place: Place) -> list[int]:
        first, last = bisect_right(self.stops, place.start), bisect_left(self.starts, place.stop)
        return self.rows[first:last]


def _starts(wording: str, piece: str) -> Iterator[int]:
    start = piece.find(wording)
    while start >= 0:
        stop = start + len(wording)
        if _is_apart(piece, start, stop):
            yield start
        start = piece.find(wording, stop)


def _is_apart(text: str, start: int, stop: int) -> bool:
    """Tell whether no letter or digit touches a place of a text."""
    return not (text[start - 1 : start].isalnum() or text[stop : stop + 1].isalnum())
