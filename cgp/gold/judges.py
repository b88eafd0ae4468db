"""A judge that takes tags of one meaning for the same, in any words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class TextEncoder(Protocol):
    """Maker of unit vectors from texts."""

    @property
    def id(self) -> str:
        """Name and version."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows, shape ``(len(texts), dimension)``."""
        ...


class EncoderJudge:
    """Says how alike tags are by the cosine of an encoder's vectors."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder

    @property
    def name(self) -> str:
        """The encoder's id."""
        return self._encoder.id

    def alike(self, tags: Sequence[str], wordings: Sequence[str]) -> NDArray[np.float32]:
        """Return cosines, shape ``(len(tags), len(wordings))``."""
        return self._encoder.encode(tags) @ self._encoder.encode(wordings).T
