"""The protocol of embedders: texts in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cgp.arrays import Vectors


class Embedder(Protocol):
    """Turns texts into vectors of unit length."""

    @property
    def id(self) -> str:
        """Name, dimension and revision, such as
        ``wordllama/l2_supercat_256@0.4.0``; on the wire.
        """
        ...

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape ``(len(texts), dimension)``, float32, rows of unit length.

        A text without any known token gets a zero row. A text gets the same vector in every batch.
        The caller brings tags to their normal form (``cgp.text.normal_form``) first.
        """
        ...
