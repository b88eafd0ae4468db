"""Directions in which features of candidates vary together in any talk.

The change of a head by training is a sum of the inputs of candidates, so most of any honest change
lies along these. ``benchmarks/mycelium_directions.py`` finds them in public windows.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np

from cgp.arrays import Floats
from cgp.loaded_once import loaded_once
from cgp.mycelium.training import GROUP_NUMBERS
from cgp.tagmodel.head import SCHEMA

FILE: Final = Path(str(resources.files(__package__) / "directions.safetensors"))


def to_bytes(directions: Floats) -> bytes:
    """Return the file of some directions, of shape ``(len(GROUP_NUMBERS), directions)``."""
    from safetensors.numpy import save

    return save({SCHEMA: np.ascontiguousarray(directions, dtype=np.float32)})


@loaded_once
def usual_directions() -> Floats:
    """Return the directions as orthonormal columns, shape ``(len(GROUP_NUMBERS), directions)``."""
    from safetensors.numpy import load

    columns = load(FILE.read_bytes())[SCHEMA].astype(np.float64)
    return np.asarray(np.linalg.qr(columns)[0])


def without_usual(changes: Floats) -> Floats:
    """Return changes of heads, shape ``(nodes, numbers)``, less what lies along the directions."""
    numbers, directions = list(GROUP_NUMBERS), usual_directions()
    rest = changes.copy()
    rest[:, numbers] -= rest[:, numbers] @ directions @ directions.T
    return rest
