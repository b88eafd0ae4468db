"""Embedders: texts in, unit vectors out. ``wordllama`` is the subnet's agreed embedder."""

from cgp.arrays import Vectors
from cgp.embedders.agreed import default_embedder
from cgp.embedders.embedder import Embedder

__all__ = ["Embedder", "Vectors", "default_embedder"]
