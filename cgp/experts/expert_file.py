"""An expert as one file, before it is submitted: its network's tensors and its gate."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cgp.bounded_files import file_within
from cgp.experts.errors import Fault, NoExpertError, RefusedError
from cgp.experts.gate import Gate
from cgp.experts.network import NETWORKS, Network
from cgp.experts.tensors import (
    MAX_BYTES,
    gate_to_bytes,
    read_gate,
    read_network,
    read_tensors,
    to_bytes,
)

_GATE = "gate"


def expert_to_bytes(network: Network, gate: Gate) -> bytes:
    """Return an expert as safetensors; each tensor's name begins with the architecture."""
    tensors = {f"{network.architecture}/{name}": t for name, t in network.parameters.items()}
    return to_bytes({**tensors, _GATE: gate.weights.astype("float64")})


class Expert(NamedTuple):
    """Network of an expert, and the gate that says for which windows it speaks."""

    network: Network
    gate: Gate


def expert_from_file(path: Path) -> Expert:
    """Read the file of an expert.

    Raises:
        NoExpertError: if it is no expert.
        OSError: if it cannot be read, or is longer than any expert.
    """
    # Its gate and its header come to the tensors of a submission.
    data = file_within(path, 2 * MAX_BYTES)
    try:
        return expert_from_bytes(data, str(path))
    except RefusedError as error:
        raise NoExpertError(error.fault, error.reason) from error


def expert_from_bytes(data: bytes, source: str) -> Expert:
    """Read the result of ``expert_to_bytes``.

    Raises:
        RefusedError: if it is not an expert.
    """
    tensors = dict(read_tensors(data, source))
    gate = tensors.pop(_GATE, None)
    architectures = {name.partition("/")[0] for name in tensors}
    if gate is None or len(architectures) != 1 or not architectures <= NETWORKS.keys():
        raise RefusedError(
            Fault.WRONG_TENSORS,
            f"{source} holds {', '.join(sorted(tensors))[:200]}: an expert's file has a gate and the"
            f" tensors of one of {', '.join(NETWORKS)}, as `cgp experts train` writes it",
        )
    # The same checks as for a submission, so that a spoilt file is named before it is signed.
    [architecture] = architectures
    tensors_by_name = {name.partition("/")[2]: t.astype("float64") for name, t in tensors.items()}
    network = read_network(to_bytes(tensors_by_name), architecture, source)
    return Expert(network, read_gate(gate_to_bytes(Gate(gate)), source))
