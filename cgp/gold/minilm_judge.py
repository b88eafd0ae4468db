"""A judge of tags by meaning: the contextual encoder's cosine.

It is the tag model's own encoder, so its verdicts flatter the embedded annotator a little. Give the
figures by words alone beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.encoders import Encoder, default_encoder


class MiniLmJudge:
    """Compares tags with wanted wordings; see ``cgp.gold.Judge``."""

    def __init__(self, encoder: Encoder | None = None) -> None:
        self._encoder = encoder or default_encoder()

    @property
    def name(self) -> str:
        """The encoder's name."""
        return self._encoder.id.partition("@")[0]

    def alike(self, tags: Sequence[str], wordings: Sequence[str]) -> NDArray[np.float32]:
        """Return cosines between -1 and 1, shape ``(len(tags), len(wordings))``."""
        vectors = self._encoder.encode([*tags, *wordings])
        return np.asarray(vectors[: len(tags)] @ vectors[len(tags) :].T)
