"""Tensors of an expert as bytes: float32 safetensors without metadata, the same bytes every
time.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.gate import GATE_INPUTS, Gate
from cgp.experts.network import NETWORKS, Network
from cgp.tagmodel.head import INPUTS

MAX_BYTES = 5_000_000
"""Most bytes of an expert's tensors."""
MAX_TENSORS = 10_000
"""Most tensors of a file. The largest tree that fits into its bytes has some 6,500."""
_LONGEST_NAME = 100
# Inputs are bounded, so that weights beyond this are a fault and never of use.
MAX_WEIGHT = 1000.0
_GATE = "gate"


def to_bytes(tensors: Mapping[str, Floats]) -> bytes:
    """Return tensors as float32 safetensors."""
    from safetensors.numpy import save

    # Metadata would be written in an order that differs from run to run.
    return save(
        {name: np.ascontiguousarray(t, dtype=np.float32) for name, t in sorted(tensors.items())}
    )


def read_tensors(data: bytes, source: str) -> dict[str, NDArray[np.float32]]:
    """Read tensors of another author, each checked for its type and its numbers.

    Raises:
        RefusedError: if they are too many, no safetensors, not float32, not finite or too great.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if len(data) > MAX_BYTES:
        raise RefusedError(
            Fault.TOO_LARGE, f"{source} has {len(data):,} bytes; at most {MAX_BYTES:,} are allowed"
        )
    try:
        tensors = load(data)
    # The library raises others for types that numpy does not know.
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise RefusedError(
            Fault.NOT_TENSORS, f"{source} is not a safetensors file: {error}"
        ) from error
    # A file without tensors is a valid one, and no expert.
    if not tensors:
        raise RefusedError(Fault.WRONG_TENSORS, f"{source} holds no tensor")
    if len(tensors) > MAX_TENSORS or max(map(len, tensors)) > _LONGEST_NAME:
        raise RefusedError(
            Fault.WRONG_TENSORS,
            f"{source} has more than {MAX_TENSORS:,} tensors, or one whose name is longer than"
            f" {_LONGEST_NAME} characters",
        )
    for name, tensor in tensors.items():
        if tensor.dtype != np.float32 or not tensor.size:
            raise RefusedError(
                Fault.WRONG_TENSORS,
                f"{name} of {source} is {tensor.dtype} {tensor.shape}: tensors are float32, not empty",
            )
        if not np.isfinite(tensor).all():
            raise RefusedError(
                Fault.NOT_FINITE, f"{name} of {source} has numbers that are not finite"
            )
        if np.abs(tensor).max() > MAX_WEIGHT:
            raise RefusedError(
                Fault.TOO_GREAT, f"{name} of {source} has numbers beyond {MAX_WEIGHT:g}"
            )
    return tensors


def read_network(data: bytes, architecture: str, source: str, *, inputs: int = INPUTS) -> Network:
    """Read a network of another author.

    Raises:
        RefusedError: as ``read_tensors``, if the architecture is unknown, or if the shapes are
            not its own.
    """
    make = NETWORKS.get(architecture)
    if make is None:
        raise RefusedError(
            Fault.UNKNOWN_KIND, f"{source} is {architecture!r}: choose from {', '.join(NETWORKS)}"
        )
    tensors = read_tensors(data, source)
    try:
        network = make({name: tensor.astype(np.float64) for name, tensor in tensors.items()})
        # A matrix of another width shows here.
        network.forward(np.zeros((1, inputs)))
    except ValueError as error:
        raise RefusedError(Fault.WRONG_TENSORS, f"{source}: {error}") from error
    return network


def gate_to_bytes(gate: Gate) -> bytes:
    """Return a gate as safetensors."""
    return to_bytes({_GATE: gate.weights.astype(np.float64)})


def read_gate(data: bytes, source: str, *, inputs: int = GATE_INPUTS) -> Gate:
    """Read a gate of another author.

    Raises:
        RefusedError: as ``read_tensors``, or if the shape is another.
    """
    tensors = read_tensors(data, source)
    if tensors.keys() != {_GATE} or tensors[_GATE].shape != (inputs + 1,):
        shapes = {name: tensor.shape for name, tensor in tensors.items()}
        raise RefusedError(
            Fault.WRONG_TENSORS, f"{source} has one tensor, gate, of {inputs + 1} numbers: {shapes}"
        )
    return Gate(tensors[_GATE])


def read_router(data: bytes, source: str, *, inputs: int = GATE_INPUTS) -> dict[str, Gate]:
    """Read the gates of a layer's experts, by their names.

    Raises:
        RefusedError: as ``read_tensors``, or if a shape is another.
    """
    tensors = read_tensors(data, source)
    for name, tensor in tensors.items():
        if tensor.shape != (inputs + 1,):
            raise RefusedError(
                Fault.WRONG_TENSORS, f"{name} of {source} has {inputs + 1} numbers: {tensor.shape}"
            )
    return {name: Gate(tensor) for name, tensor in tensors.items()}
