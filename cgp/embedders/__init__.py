"""Embedders: texts in, unit vectors out. ``wordllama`` is the subnet's agreed embedder."""

from cgp.embedders.embedder import Embedder, Vectors, default_embedder

__all__ = ["Embedder", "Vectors", "default_embedder"]
