"""Features of a candidate that the contextual encoder gives, beside the features of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Vectors
from cgp.tagmodel.candidate import Candidate, Passages, WindowReading

ENCODED = (
    # nearness to the window's passages: their mean, the nearest, all, the nearest three
    "to_text", "to_passage", "to_passages", "to_three",
    "near_passages", "rank_to_passage", "rank_to_three", "rank_to_text", "passage_over_mean",
    # nearness to the second speaker's nearest passage
    "to_second_speaker",
    # nearness to the other labels
    "to_others", "to_nearest_other",
    # nearness to passages of any conversation, and how much nearer this window is
    "to_any", "text_over_any", "passage_over_any", "three_over_any", "to_nearest_kind",
    "passage_over_kinds",
)  # fmt: skip
# A passage as near as this is about the candidate.
_NEAR = 0.35
_NEAREST_PASSAGES = 3


@dataclass(frozen=True, slots=True)
class TypicalPassages:
    """Passages of any conversation, in brief: kinds (unit rows) and the share of passages of each.

    A general phrase is near to every conversation, so nearness counts relative to that.
    """

    kinds: Vectors
    shares: NDArray[np.float32]

    def mean(self) -> Vectors:
        """Return the mean of all passages, shape ``(dimension,)``."""
        return np.asarray(self.shares @ self.kinds, dtype=np.float32)


def best_mean(cosines: NDArray[np.float32], count: int = _NEAREST_PASSAGES) -> Floats:
    """Return the mean of the ``count`` greatest cosines of each row."""
    descending = np.sort(cosines.astype(np.float64), axis=1)[:, ::-1]
    return np.asarray(descending[:, :count].mean(axis=1))


def centre(passages: Passages) -> Vectors:
    """Return the mean of the passages, weighted by their sizes, as a unit vector."""
    total = np.asarray(passages.sizes, dtype=np.float32) @ passages.vectors
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)


def encoded_features(reading: WindowReading, background: TypicalPassages) -> Floats:
    """Return float64 features, shape ``(candidates, len(ENCODED))``, of a window's labels.

    Phrases have NaN, and so has everything in a window without passages.
    """
    result = np.full((len(reading.candidates), len(ENCODED)), np.nan)
    passages = reading.passages
    rows = [
        row
        for row, candidate in enumerate(reading.candidates)
        if candidate.label is not None and candidate.label.vector is not None
    ]
    if passages is None or not len(passages.vectors) or not rows:
        return result
    vectors = np.stack([_vector(reading.candidates[row]) for row in rows])
    cosines = vectors @ passages.vectors.T
    nearest = cosines.max(axis=1).astype(np.float64)
    mean = cosines.mean(axis=1).astype(np.float64)
    three = best_mean(cosines)
    to_text = (vectors @ centre(passages)).astype(np.float64)
    likeness = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(likeness, 0.0)
    to_others = likeness.mean(axis=1)
    kinds = (vectors @ background.kinds.T).astype(np.float64)
    to_any = kinds @ background.shares
    spread = np.sqrt(np.maximum(kinds**2 @ background.shares - to_any**2, 1e-6))
    result[rows] = np.stack(
        [
            to_text, nearest, mean, three,
            (cosines > _NEAR).mean(axis=1), _rank(nearest), _rank(three), _rank(to_text),
            nearest - mean, _second_speaker(cosines, passages, reading.speakers),
            to_others, likeness.max(axis=1),
            to_any, to_text - to_any, (nearest - to_any) / spread, (three - to_any) / spread,
            kinds.max(axis=1), nearest - best_mean(kinds.astype(np.float32)),
        ],
        axis=1,
    )  # fmt: skip
    return result


def _vector(candidate: Candidate) -> Vectors:
    assert candidate.label is not None
    assert candidate.label.vector is not None
    return candidate.label.vector


def _rank(values: Floats) -> Floats:
    places = np.argsort(np.argsort(-values, kind="stable"), kind="stable")
    return np.asarray(places / len(values), dtype=np.float64)


def _second_speaker(
    cosines: NDArray[np.float32], passages: Passages, speakers: Sequence[int]
) -> Floats:
    """Return the cosine to the nearest passage of the second nearest speaker, if any."""
    owners = np.array([speakers[turn] for turn in passages.turns])
    nearest_by_speaker = [cosines[:, owners == owner].max(axis=1) for owner in np.unique(owners)]
    descending = np.sort(np.stack(nearest_by_speaker, axis=1), axis=1)[:, ::-1]
    return np.asarray(descending[:, :2].min(axis=1), dtype=np.float64)
