"""How a phrase sounds where it is said: a linear score of the encoder's states of its words.

The cosines of ``encoded`` compare a phrase alone with passages. Here the encoder reads the whole
window, and a phrase is the mean of its words' states, each among the words of its sentence. One
number a candidate comes of it; the trees take it as one more feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Vectors
from cgp.encoders import Encoder, TokenStates
from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.head import ENCODER_DIMENSION

# Strength of the ridge, as a share of a component's mean variance. With .3, cross-validation gives
# the same f.
_RIDGE = 1.0
# Steps of a score: the texts beside a text move its last places.
_STEPS = 4096.0


@dataclass(frozen=True, slots=True, eq=False)
class ContextScore:
    """A linear function of a phrase's vector in context; ``weights`` has shape ``(dimension,)``."""

    weights: NDArray[np.float32]
    bias: float

    def of(self, vectors: Vectors) -> Floats:
        """Return a score for each row of ``context_vectors``; NaN for a row of NaN."""
        scores = vectors.astype(np.float64) @ self.weights.astype(np.float64) + self.bias
        return np.asarray(np.round(scores * _STEPS) / _STEPS)


def context_column(
    score: ContextScore | None, reading: WindowReading, encoder: Callable[[], Encoder]
) -> Floats:
    """Return the score of each candidate of a window, shape ``(candidates, 1)``; NaN where there is
    none. Without a score the encoder is not asked.
    """
    if score is None or not reading.pieces:
        return np.full((len(reading.candidates), 1), np.nan)
    return score.of(context_vectors(reading, encoder))[:, None]


def context_vectors(reading: WindowReading, encoder: Callable[[], Encoder]) -> Vectors:
    """Return unit rows, one a candidate: the mean of its words' states over all places where its
    wording is said. Labels, and wordings that stand nowhere, have rows of NaN.
    """
    wordings = ["" if each.label is not None else _folded(each.text) for each in reading.candidates]
    # A piece without any candidate is not read, and a piece that is said again is read once.
    read = {
        piece: small
        for piece, small in ((piece, _folded(piece)) for piece in reading.pieces)
        if any(wording and wording in small for wording in wordings)
    }
    tokens = encoder().read(list(read)) if read else []
    pieces = list(read.values())
    rows = []
    for wording in wordings:
        places = list(_states(wording, pieces, tokens)) if wording else []
        rows.append(np.mean(places, axis=0) if places else None)
    nothing = np.full(ENCODER_DIMENSION, np.nan, dtype=np.float32)
    table = np.array([nothing if row is None else row for row in rows], dtype=np.float32)
    table = table.reshape(len(rows), ENCODER_DIMENSION)
    return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True))


def fit_context(
    vectors: Sequence[Vectors], credit: Sequence[Floats], weights: Sequence[Floats]
) -> ContextScore | None:
    """Return the ridge regression of candidates' credit, one entry a window; None if no vector is
    a number.
    """
    rows = np.vstack(vectors).astype(np.float64)
    read = ~np.isnan(rows).any(axis=1)
    if not read.any():
        return None
    rows, weight = rows[read], np.concatenate(weights)[read]
    target = np.concatenate(credit)[read]
    middle, aim = weight @ rows / weight.sum(), float(weight @ target / weight.sum())
    rows = rows - middle
    products = (rows * weight[:, None]).T @ rows
    pull = _RIDGE * float(weight.sum()) * float(rows.var(axis=0).mean())
    products[np.diag_indices(len(products))] += max(pull, 1e-9)
    slope = np.linalg.solve(products, (rows * weight[:, None]).T @ (target - aim))
    return ContextScore(slope.astype(np.float32), aim - float(middle @ slope))


def _folded(text: str) -> str:
    """Return a text in small letters, if that leaves each character in its place."""
    small = text.lower()
    return small if len(small) == len(text) else text


def _states(
    wording: str, pieces: Sequence[str], tokens: Sequence[TokenStates]
) -> Iterator[NDArray[np.float32]]:
    """Yield the mean state of a wording's tokens at each place where it is said."""
    for piece, of_piece in zip(pieces, tokens, strict=True):
        start = piece.find(wording)
        while start >= 0:
            stop = start + len(wording)
            inside = (of_piece.spans[:, 0] < stop) & (of_piece.spans[:, 1] > start)
            # Tokens that the encoder adds stand for no characters; a long piece is read in part.
            inside &= of_piece.spans[:, 1] > of_piece.spans[:, 0]
            if _is_apart(piece, start, stop) and inside.any():
                yield of_piece.states[inside].mean(axis=0)
            start = piece.find(wording, stop)


def _is_apart(text: str, start: int, stop: int) -> bool:
    """Tell whether no letter or digit touches a place of a text."""
    return not (text[:start][-1:].isalnum() or text[stop : stop + 1].isalnum())
