"""Vectors as bytes and text, on the wire and in files: little-endian float32, and its base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from cgp.arrays import Vectors

_WIRE = np.dtype("<f4")


def vector_to_bytes(row: ArrayLike) -> bytes:
    """Return the bytes of one vector, shape ``(dimension,)``."""
    return np.asarray(row, dtype=_WIRE).tobytes()


def vector_to_text(row: ArrayLike) -> str:
    """Return the text of one vector, shape ``(dimension,)``."""
    return base64.b64encode(vector_to_bytes(row)).decode("ascii")


def vector_bytes(text: object, dimension: int) -> bytes:
    """Return the bytes of one vector from its text, which may be anything.

    Raises:
        ValueError: if it is not base64, or of another dimension; the message says which.
    """
    try:
        # Strict: else stray characters would be skipped, and one vector could be written in many
        # ways.
        raw = base64.b64decode(text, validate=True)  # type: ignore[arg-type]
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("not base64") from None
    if len(raw) != _WIRE.itemsize * dimension:
        raise ValueError(f"{len(raw)} bytes, not {dimension} little-endian float32")
    return raw


def vectors_of_bytes(rows: Iterable[bytes], dimension: int) -> Vectors:
    """Return vectors from their bytes, shape ``(rows, dimension)``."""
    # All rows go into one buffer, so that NumPy converts them in one step.
    wire = np.frombuffer(b"".join(rows), dtype=_WIRE)
    return wire.reshape(-1, dimension).astype(np.float32)
