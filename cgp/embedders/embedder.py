"""The embedder protocol, and the embedder that miner and validator agree on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors of unit length."""

    @property
    def id(self) -> str:
        """Name, dimension and revision, e.g. ``wordllama/l2_supercat_256@0.4.0``; travels on the wire."""
        ...

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape ``(len(texts), dimension)``, float32, rows of unit length.

        A text without any known token gets a zero row. The same text gets the same vector whatever
        else is in the batch. Tags are embedded in their normal form (``cgp.text.normal_form``), by
        the caller.
        """
        ...


@cache
def default_embedder() -> Embedder:
    """Return the subnet's agreed embedder, loaded once per process."""
    from cgp.embedders.wordllama import WordLlamaEmbedder

    return WordLlamaEmbedder()
