"""Candidates and values on their way between a reader and a node, as a job's body and answer.

Numbers go as float64: so a node's values are those that the reader would compute itself.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from cgp.arrays import Floats
from cgp.tagmodel.head import INPUTS

MAX_ROWS: Final = 512
"""Most candidates of one call; a window has far fewer."""


def question(digest: str, inputs: Floats) -> dict[str, Any]:
    """Return a job's body that asks for an expert's values; ``inputs`` has ``(rows, INPUTS)``."""
    return {"model": digest, "rows": len(inputs), "inputs": _text(inputs)}


def read_question(body: Mapping[str, Any]) -> tuple[str, Floats]:
    """Return the digest and the inputs of a job's body.

    Raises:
        ValueError: if they are missing, of another size, or not finite.
    """
    digest, rows = body.get("model"), body.get("rows")
    if not isinstance(digest, str):
        raise ValueError("model: the digest of an expert's block is missing")
    if not isinstance(rows, int) or isinstance(rows, bool) or not 1 <= rows <= MAX_ROWS:
        raise ValueError(f"rows: 1 to {MAX_ROWS}")
    return digest, _array(body.get("inputs"), rows * INPUTS).reshape(rows, INPUTS)


def answer(values: Floats) -> dict[str, Any]:
    """Return the answer with an expert's values, shape ``(rows,)``."""
    return {"values": _text(values)}


def read_answer(content: Mapping[str, Any], rows: int) -> Floats:
    """Return the values of an answer, shape ``(rows,)``.

    Raises:
        ValueError: if they are missing, of another number, or not finite.
    """
    return _array(content.get("values"), rows)


def _text(array: Floats) -> str:
    data = np.ascontiguousarray(array, dtype="<f8").tobytes()
    return base64.b64encode(data).decode("ascii")


def _array(text: object, count: int) -> Floats:
    if not isinstance(text, str):
        raise ValueError("the numbers are missing")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the numbers are not in base64") from error
    if len(data) != 8 * count:
        raise ValueError(f"{count} numbers take {8 * count} bytes, not {len(data)}")
    array = np.frombuffer(data, dtype="<f8").astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError("the numbers must be finite")
    return array
