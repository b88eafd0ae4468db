"""The trainable head of the tag model: one linear function under a schema hash.

Nodes exchange heads, experts extend them, and training on one's own conversations changes them.
The base below it stays as released.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.tagmodel.encoded import ENCODED
from cgp.tagmodel.features import FEATURES, schema_hash

MAX_PARAMETERS = 1000
ENCODER_DIMENSION = 384
# Inputs of the head, in order; the last of them holds one input for each component of the encoder.
PARTS = (
    "base_score",
    *(f"feature:{name}" for name in FEATURES),
    *(f"encoded:{name}" for name in ENCODED),
    "context",
    "missing:whole",
    "in_context",
    f"context:{ENCODER_DIMENSION}",
)
INPUTS = len(PARTS) - 1 + ENCODER_DIMENSION
SCHEMA = schema_hash(PARTS)


@dataclass(frozen=True, slots=True)
class Head:
    """Weights (float32, shape ``(INPUTS + 1,)``, the bias last) of a logistic function.

    Raises:
        ValueError: if the shape is another, a number is not finite, or ``schema`` is not this
            version's.
    """

    weights: NDArray[np.float32]
    schema: str = SCHEMA

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(
                f"this head has the schema {self.schema}, this release {SCHEMA}: "
                "train it again with `cgp model train`"
            )
        if self.weights.shape != (INPUTS + 1,) or self.weights.dtype != np.float32:
            raise ValueError(
                f"a head has {INPUTS + 1} float32 numbers, not {self.weights.shape} of "
                f"{self.weights.dtype}"
            )
        if not np.isfinite(self.weights).all():
            raise ValueError("a head's numbers must be finite")

    def log_odds(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log odds that a reader wants each candidate, shape ``(rows,)``.

        ``inputs`` has shape ``(rows, INPUTS)``.
        """
        weights = self.weights.astype(np.float64)
        return np.asarray(inputs @ weights[:-1] + weights[-1])

    def probability(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability that a reader wants each candidate, shape ``(rows,)``.

        ``inputs`` has shape ``(rows, INPUTS)``.
        """
        return logistic(self.log_odds(inputs))


def logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``1 / (1 + exp(-values))``, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))
