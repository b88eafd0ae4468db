"""Vectors by number: searched by cosine, grown step by step, saved so that no crash loses them."""

from cgp.vectors.index import VectorIndex
from cgp.vectors.snapshot import VectorIndexError

__all__ = ["VectorIndex", "VectorIndexError"]
