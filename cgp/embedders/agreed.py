"""The embedder that miner and validator agree on."""

from __future__ import annotations

from cgp.embedders.embedder import Embedder
from cgp.loaded_once import loaded_once


@loaded_once
def default_embedder() -> Embedder:
    """Return the subnet's agreed embedder, loaded once per process."""
    # The import reads no file, but it loads libraries that most commands do without.
    from cgp.embedders.wordllama import WordLlamaEmbedder

    return WordLlamaEmbedder()
