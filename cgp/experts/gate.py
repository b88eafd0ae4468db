"""Gate of an expert: how far it speaks up for one window.

Each gate is a sigmoid of its own. So a new expert changes no other gate, and its
removal takes away exactly its own term.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS, PARTS, logistic

# Languages that the gate tells apart; all others are one.
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "zh", "ja", "hi", "ar")
_WINDOW_COLUMNS = [PARTS.index(f"feature:window_{n}") for n in ("words", "turns", "speakers")]
_READ_COLUMN = PARTS.index("in_context")
_FIRST_COMPONENT = INPUTS - ENCODER_DIMENSION
# The mean of a window's phrases is short beside the other entries; this evens them out.
_DOMAIN_SCALE = 0.5
_LEAST_OPENING = 1e-6
# Log odds of a gate by language: all but wholly open, and below the least opening.
_OPEN, _SHUT = 4.0, -16.0
GATE_INPUTS = len(_WINDOW_COLUMNS) + 1 + ENCODER_DIMENSION + len(LANGUAGES) + 1


def gate_inputs(inputs: Floats, language: str) -> Floats:
    """Return a window's numbers for the gates, shape ``(GATE_INPUTS,)``.

    They say how long the window is, of how many turns and speakers (its source shows in these),
    the mean of its phrases in context (its domain), and its language. ``inputs`` are the
    head's, of all candidates of the window, shape ``(rows, INPUTS)``, at least one row.
    """
    read = inputs[:, _READ_COLUMN] > 0.5
    is_read = bool(read.any())
    domain = (
        inputs[read, _FIRST_COMPONENT:].mean(axis=0) * _DOMAIN_SCALE
        if is_read
        else np.zeros(ENCODER_DIMENSION)
    )
    languages = np.zeros(len(LANGUAGES) + 1)
    languages[LANGUAGES.index(language) if language in LANGUAGES else -1] = 1.0
    window = inputs[:, _WINDOW_COLUMNS].mean(axis=0)
    return np.concatenate([window, [float(is_read)], domain, languages])


@dataclass(frozen=True, slots=True)
class Gate:
    """Weights of a gate, float32, shape ``(inputs + 1,)``, the bias last."""

    weights: NDArray[np.float32]

    def score(self, windows: Floats) -> Floats:
        """Return the log odds of the gate, shape ``(windows,)``, for rows of gate inputs."""
        weights = self.weights.astype(np.float64)
        return np.asarray(windows @ weights[:-1] + weights[-1])


def language_gate(languages: Collection[str]) -> Gate:
    """Return a gate that is open for windows of some languages and shut for all others.

    Raises:
        ValueError: if a language is none of ``LANGUAGES``.
    """
    unknown = sorted(set(languages) - set(LANGUAGES))
    if unknown or not languages:
        raise ValueError(
            f"a gate tells {', '.join(LANGUAGES)} apart, not {', '.join(unknown) or 'none'}"
        )
    weights = np.zeros(GATE_INPUTS + 1, dtype=np.float32)
    first = GATE_INPUTS - len(LANGUAGES) - 1
    for language in languages:
        weights[first + LANGUAGES.index(language)] = _OPEN - _SHUT
    weights[-1] = _SHUT
    return Gate(weights)


def openings(scores: Floats, top_k: int) -> Floats:
    """Return how far each gate is open, shape ``(windows, experts)``, from its log odds.

    Of each window's gates the ``top_k`` greatest are open by their sigmoid, the others are shut
    (0), and so is a gate below a millionth. Of equal gates the first one counts as greater.
    """
    values = logistic(scores)
    # A sigmoid is never 0. What opens less than this adds nothing, and need not be loaded.
    values = np.where(values < _LEAST_OPENING, 0.0, values)
    if scores.shape[1] <= top_k:
        return values
    places = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1, kind="stable")
    return np.where(places < top_k, values, 0.0)
