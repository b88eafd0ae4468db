"""Reads the weights of an ONNX file, and nothing else of it.

ONNX is a protocol-buffers format: a message is a row of fields, each a number (key and wire type)
and a value. Four fields of three messages are needed (``onnx.proto``), so no library is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_GRAPH, _INITIALIZER = 7, 5
_DIMENSIONS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9
_TYPES: dict[int, type[np.generic]] = {1: np.float32, 3: np.int8, 7: np.int64}


def read_weights(data: bytes) -> dict[str, NDArray[np.generic]]:
    """Return the initializers of an ONNX model by name: those of float32, int8 and int64.

    Raises:
        ValueError: if ``data`` is no such file.
    """
    try:
        graph = next(value for key, value in _fields(memoryview(data)) if key == _GRAPH)
        assert isinstance(graph, memoryview)
        tensors = [_tensor(value) for key, value in _fields(graph) if key == _INITIALIZER]
    except (StopIteration, IndexError, AssertionError, UnicodeDecodeError) as error:
        raise ValueError(f"no ONNX model: {error!r}") from error
    return {name: tensor for name, tensor in tensors if tensor is not None}


def _tensor(message: int | memoryview) -> tuple[str, NDArray[np.generic] | None]:
    assert isinstance(message, memoryview)
    shape: list[int] = []
    kind, name, raw = 0, "", memoryview(b"")
    for key, value in _fields(message):
        if key == _DIMENSIONS:
            shape.extend([value] if isinstance(value, int) else _packed_numbers(value))
        elif key == _DATA_TYPE and isinstance(value, int):
            kind = value
        elif key == _NAME and isinstance(value, memoryview):
            name = bytes(value).decode()
        elif key == _RAW_DATA and isinstance(value, memoryview):
            raw = value
    if kind not in _TYPES or not len(raw):
        return name, None
    return name, np.frombuffer(raw, dtype=_TYPES[kind]).reshape(shape)


def _packed_numbers(data: memoryview) -> list[int]:
    numbers, place = [], 0
    while place < len(data):
        number, place = _varint(data, place)
        numbers.append(number)
    return numbers


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield key and value of each field; fixed-size numbers are given as bytes."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        wire = tag & 7
        if wire == _VARINT:
            number, place = _varint(data, place)
            yield tag >> 3, number
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        else:
            assert wire in (_FIXED_64, _FIXED_32), f"wire type {wire}"
            size = 8 if wire == _FIXED_64 else 4
        yield tag >> 3, data[place : place + size]
        place += size


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7
