"""An embedder that remembers: the red team embeds the same tags very many times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgp.embedders import Embedder, Vectors
from cgp.text import normal_form


class RememberingEmbedder:
    """Embeds each text once; its rows come from the embedder behind it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows: dict[str, Vectors] = {}
        self._names: dict[str, str] = {}

    @property
    def id(self) -> str:
        """The id of the embedder behind it."""
        return self._embedder.id

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows, shape ``(len(texts), dimension)``; see ``Embedder.embed``."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        missing = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if missing:
            self._rows.update(zip(missing, self._embedder.embed(missing), strict=True))
        return np.stack([self._rows[text] for text in texts])

    def embed_tags(self, tags: Sequence[str]) -> Vectors:
        """Return the rows of the tags' normal forms, as an answer must send them."""
        return self.embed([self._normal_form(tag) for tag in tags])

    def _normal_form(self, tag: str) -> str:
        if tag not in self._names:
            self._names[tag] = normal_form(tag)
        return self._names[tag]
