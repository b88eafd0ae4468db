"""The gate of embeddings: a miner's vectors must be those of the agreed embedder for its tags.

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
from cgp.scoring.settings import EmbeddingSettings

Indices = NDArray[np.intp]

_SETTINGS = EmbeddingSettings()
_FLOAT32 = np.dtype(np.float32)
# Answers that are looked at together: more need more memory and gain nothing.
_TOGETHER = 64


def void_reasons(
    sent: Sequence[Vectors | None],
    expected: Vectors,
    rows: Indices,
    *,
    tags: Sequence[Sequence[str]],
    embedder: str,
    settings: EmbeddingSettings = _SETTINGS,
) -> list[str]:
    """Return for each answer why its embeddings void it; empty where they are right.

    ``sent`` are each miner's vectors. ``expected`` are the embedder's vectors of the distinct tags,
    shape ``(n, dimension)``, float32; ``rows`` gives the row of each tag there, one answer after
    another. Right is a float array of shape ``(len(tags), dimension)`` whose rows have unit
    length and the direction expected; a tag without a known token has a zero vector. Nothing
    about ``sent`` is taken for granted.
    """
    bounds = list(accumulate(map(len, tags), initial=0))
    with np.errstate(all="ignore"):
        near = _near(sent, expected, rows, bounds, settings)
        return [
            ""
            if right
            else _void_reason(each, expected[rows[start:end]], names, embedder, settings)
            for right, each, names, (start, end) in zip(
                near, sent, tags, pairwise(bounds), strict=True
            )
        ]


def _near(
    sent: Sequence[Vectors | None],
    expected: Vectors,
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
    width = expected.shape[1]
    plain = [
        number
        for number, each in enumerate(sent)
        if each is not None
        and each.dtype == _FLOAT32
        and each.shape == (bounds[number + 1] - bounds[number], width)
        and len(each)
    ]
    near = [False] * len(sent)
    allowed = min(settings.norm, math.sqrt(max(0.0, 1.0 - settings.least_cosine**2)))
    known: NDArray[np.bool_] = np.asarray(expected.any(axis=1))
    for first in range(0, len(plain), _TOGETHER):
        group = plain[first : first + _TOGETHER]
        wanted = np.concatenate([rows[bounds[number] : bounds[number + 1]] for number in group])
        apart = np.concatenate([sent[number] for number in group])
        apart -= expected.take(wanted, axis=0)
        close = np.vecdot(apart, apart) <= 0.25 * allowed**2
        close &= known[wanted]
        sizes = [bounds[number + 1] - bounds[number] for number in group]
        right = np.logical_and.reduceat(close, list(accumulate(sizes[:-1], initial=0)))
        for number, each in zip(group, right.tolist(), strict=True):
            near[number] = each
    return near


def _void_reason(
    sent: Vectors | None,
    expected: Vectors,
    tags: Sequence[str],
    embedder: str,
    settings: EmbeddingSettings,
) -> str:
    if sent is None:
        return "no embeddings"
    if _identical(sent, expected):
        return ""
    if reason := _shape_reason(sent, expected.shape, embedder):
        return reason
    wrong, finite = _wrong_rows(sent, expected, settings)
    if not wrong.any():
        return ""
    return _explain(
        sent,
        expected,
        tags=tags,
        embedder=embedder,
        settings=settings,
        wrong=wrong,
        finite=finite,
    )


def _identical(sent: Vectors, expected: Vectors) -> bool:
    """Tell if two arrays hold the same bytes, as those of an honest miner do."""
    return (
        sent.dtype == expected.dtype
        and sent.shape == expected.shape
        and sent.tobytes() == expected.tobytes()
    )


def _shape_reason(sent: Vectors, shape: tuple[int, ...], embedder: str) -> str:
    if sent.dtype.kind != "f":
        return f"embeddings are {sent.dtype}, not floating-point numbers"
    if sent.shape != shape:
        return (
            f"embeddings of shape {sent.shape} where {embedder} gives {shape}: "
            "another model, or not one vector per tag"
        )
    return ""


def _wrong_rows(
    sent: Vectors, expected: Vectors, settings: EmbeddingSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return two masks of rows: wrong ones, and finite ones."""
    values = sent.astype(np.float64)
    squares = np.einsum("ij,ij->i", values, values)
    finite = np.isfinite(squares)
    norms = np.sqrt(squares)
    dot = np.einsum("ij,ij->i", values, expected.astype(np.float64))
    blank = ~expected.any(axis=1)
    close = (np.abs(norms - 1) <= settings.norm) & (dot >= settings.least_cosine * norms)
    right = finite & np.where(blank, norms == 0, close)
    return ~right, finite


def _explain(
    sent: Vectors,
    expected: Vectors,
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
    values = sent.astype(np.float64)
    norm = float(np.sqrt((values[first] ** 2).sum()))
    if norm == 0:
        return f"the vector of {tags[first]!r} is zero"
    if abs(norm - 1) > settings.norm:
        return f"the vector of {tags[first]!r} has length {norm:.3g}, not 1"
    cosine = expected.astype(np.float64) @ values[first]
    match = int(cosine.argmax())
    if cosine[match] >= settings.least_cosine and match != first:
        return f"the vector of {tags[first]!r} is that of {tags[match]!r}: swapped"
    if wrong.all() and len(tags) > 1:
        return (
            f"no vector is what {embedder} gives: made by another model, or of another text than "
            "the tag's normal form"
        )
    return f"the vector of {tags[first]!r} is not its embedding (cosine {cosine[first]:.3f})"
