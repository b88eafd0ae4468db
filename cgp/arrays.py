"""Types of NumPy arrays that the whole project shares, one name for each."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""Rows of components, shape ``(n, dimension)``; most have unit length."""

Floats: TypeAlias = NDArray[np.float64]
"""Numbers that are computed with, of any shape."""

Ids: TypeAlias = NDArray[np.int64]
"""Numbers that name things, shape ``(n,)``: vectors of an index, rows of a catalogue, turns."""
