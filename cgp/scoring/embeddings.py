"""The gate of embeddings: a miner's vectors must be the agreed embedder's vectors of its tags.

The validator embeds every tag itself, and scores with its own vectors only. The wire's vectors
decide one thing: whether the answer is taken at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Vectors
from cgp.ragged import Ragged
from cgp.scoring.settings import DEFAULTS, EmbeddingSettings

Indices = NDArray[np.intp]

_FLOAT32 = np.dtype(np.float32)
# Answers that are looked at together: more need more memory and gain nothing.
_TOGETHER = 64


def void_reasons(
    vectors: Sequence[Vectors | None],
    reference: Vectors,
    rows: Indices,
    *,
    tags: Sequence[Sequence[str]],
    embedder: str,
    settings: EmbeddingSettings = DEFAULTS.embeddings,
) -> list[str]:
    """Return for each answer why its embeddings void it; empty where they are right.

    ``vectors`` are each miner's vectors. ``reference`` are the embedder's vectors of the distinct
    tags, shape ``(n, dimension)``, float32; ``rows`` gives the row of each tag there, one answer
    after another. Right is a float array of shape ``(len(tags), dimension)`` whose rows have unit
    length and the direction expected; a tag without a known token has a zero vector. Nothing
    about ``vectors`` is taken for granted.
    """
    # Answer i has the rows bounds[i] to bounds[i + 1].
    bounds = list(accumulate(map(len, tags), initial=0))
    # A miner may send NaN, infinity or huge numbers. They overflow without a warning here, and fail
    # every comparison below.
    with np.errstate(all="ignore"):
        near = _near(vectors, reference, rows, bounds, settings)
        return [
            ""
            if right
            else _void_reason(answer, reference[rows[start:end]], names, embedder, settings)
            for right, answer, names, (start, end) in zip(
                near, vectors, tags, pairwise(bounds), strict=True
            )
        ]


def _near(
    vectors: Sequence[Vectors | None],
    reference: Vectors,
    rows: Indices,
    bounds: Sequence[int],
    settings: EmbeddingSettings,
) -> list[bool]:
    """Tell which answers have all rows so near that each is right; False decides nothing.

    The rows of answer ``i`` are ``rows[bounds[i] : bounds[i + 1]]``.

    A row at the distance ``d`` of a unit vector has a length of ``1 - d`` to ``1 + d``, and a
    cosine to it of at least ``sqrt(1 - d * d)``. Half of the distance allowed leaves rounding no
    say. All answers are looked at some together: honest ones, which most are, then cost no look
    of their own.
    """
    width = reference.shape[1]
    plain = [
        number
        for number, answer in enumerate(vectors)
        if answer is not None
        and answer.dtype == _FLOAT32
        and answer.shape == (bounds[number + 1] - bounds[number], width)
        and len(answer)
    ]
    near = [False] * len(vectors)
    distance = min(settings.norm, math.sqrt(max(0.0, 1.0 - settings.least_cosine**2)))
    nonzero: NDArray[np.bool_] = np.asarray(reference.any(axis=1))
    for first in range(0, len(plain), _TOGETHER):
        group = plain[first : first + _TOGETHER]
        places = np.concatenate([rows[bounds[number] : bounds[number + 1]] for number in group])
        apart = np.concatenate([vectors[number] for number in group])
        apart -= reference.take(places, axis=0)
        # 0.25 is the square of a half: only rows within half the allowed distance pass here.
        close = np.vecdot(apart, apart) <= 0.25 * distance**2
        # A tag without a known token has a zero vector, which must be exactly zero: the closer look
        # of ``_void_reason`` decides it.
        close &= nonzero[places]
        layout = Ragged([bounds[number + 1] - bounds[number] for number in group])
        # One truth value for each answer, of which none is empty: whether all of its rows are
        # close.
        right = layout.fold(np.logical_and, close)
        for number, is_near in zip(group, right.tolist(), strict=True):
            near[number] = is_near
    return near


def _void_reason(
    vectors: Vectors | None,
    reference: Vectors,
    tags: Sequence[str],
    embedder: str,
    settings: EmbeddingSettings,
) -> str:
    if vectors is None:
        return "no embeddings"
    # Most answers are honest, and comparing bytes costs least.
    if _identical(vectors, reference):
        return ""
    if reason := _shape_reason(vectors, reference.shape, embedder):
        return reason
    wrong, finite = _wrong_rows(vectors, reference, settings)
    if not wrong.any():
        return ""
    return _explain(
        vectors,
        reference,
        tags=tags,
        embedder=embedder,
        settings=settings,
        wrong=wrong,
        finite=finite,
    )


def _identical(vectors: Vectors, reference: Vectors) -> bool:
    """Tell if two arrays hold the same bytes, as an honest miner's and the validator's do."""
    return (
        vectors.dtype == reference.dtype
        and vectors.shape == reference.shape
        and vectors.tobytes() == reference.tobytes()
    )


def _shape_reason(vectors: Vectors, shape: tuple[int, ...], embedder: str) -> str:
    if vectors.dtype.kind != "f":
        return f"embeddings are {vectors.dtype}, not floating-point numbers"
    if vectors.shape != shape:
        return (
            f"embeddings of shape {vectors.shape} where {embedder} gives {shape}: "
            "another model, or not one vector per tag"
        )
    return ""


def _wrong_rows(
    vectors: Vectors, reference: Vectors, settings: EmbeddingSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return two masks of rows: wrong ones, and finite ones."""
    values = vectors.astype(np.float64)
    squares = np.einsum("ij,ij->i", values, values)
    finite = np.isfinite(squares)
    # Squares are summed in float64: in float32 rounding would decide at the bounds.
    norms = np.sqrt(squares)
    dot = np.einsum("ij,ij->i", values, reference.astype(np.float64))
    blank = ~reference.any(axis=1)
    close = (np.abs(norms - 1) <= settings.norm) & (dot >= settings.least_cosine * norms)
    right = finite & np.where(blank, norms == 0, close)
    return ~right, finite


def _explain(
    vectors: Vectors,
    reference: Vectors,
    *,
    tags: Sequence[str],
    embedder: str,
    settings: EmbeddingSettings,
    wrong: NDArray[np.bool_],
    finite: NDArray[np.bool_],
) -> str:
    """Describe the fault of the first wrong vector, or of all vectors."""
    if not finite.all():
        return f"the vector of {tags[int(finite.argmin())]!r} is not finite"
    first = int(wrong.argmax())
    values = vectors.astype(np.float64)
    norm = float(np.sqrt((values[first] ** 2).sum()))
    if norm == 0:
        return f"the vector of {tags[first]!r} is zero"
    if abs(norm - 1) > settings.norm:
        return f"the vector of {tags[first]!r} has length {norm:.3g}, not 1"
    cosine = reference.astype(np.float64) @ values[first]
    match = int(cosine.argmax())
    if cosine[match] >= settings.least_cosine and match != first:
        return f"the vector of {tags[first]!r} is that of {tags[match]!r}: swapped"
    if wrong.all() and len(tags) > 1:
        return (
            f"no vector is what {embedder} gives: made by another model, or of another text than "
            "the tag's normal form"
        )
    return f"the vector of {tags[first]!r} is not its embedding (cosine {cosine[first]:.3f})"
