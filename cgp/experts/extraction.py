"""Experts of mixture-of-experts language models, cut out of their checkpoints.

They are archived, by layer and expert. They are never measured, routed or paid: their tensors
belong to another kind of network than the tag model's. Only the names of known families are read;
nothing is guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from cgp.experts.errors import ExpertsError

_SHOWN_KEYS: Final = 12


class Family(StrEnum):
    """A family of checkpoints, by the names of its tensors."""

    MIXTRAL = "mixtral"
    QWEN = "qwen"
    DEEPSEEK = "deepseek"
    OLMOE = "olmoe"
    SWITCH = "switch"
    FUSED = "fused"
    """Any family that keeps all experts of a layer in one tensor of three dimensions."""


class UnknownCheckpointError(
    ExpertsError,
    ValueError,
    code="experts.unknown_checkpoint",
    remedy="give a checkpoint of Mixtral, Qwen-MoE, OLMoE, DeepSeek or Switch, or add the family's names",
):
    """A checkpoint names its tensors as no known family does."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A tensor of the checkpoint, or one row of its first axis where experts are fused."""

    key: str
    index: int | None = None


@dataclass(frozen=True)
class Checkpoint:
    """Contents of a checkpoint: experts by ``layerN.expertM``, routers by ``layerN.router``, and
    the keys that belong to neither. Tensors are by their name inside of the expert.
    """

    family: Family
    experts: Mapping[str, Mapping[str, Slice]]
    routers: Mapping[str, Mapping[str, Slice]]
    others: tuple[str, ...]


_BLOCK = r"(?:[\w.]+\.)?"
_MIXTRAL = rf"{_BLOCK}layers\.(?P<layer>\d+)\.block_sparse_moe\."
_MLP = rf"{_BLOCK}layers\.(?P<layer>\d+)\.mlp\."
_SWITCH = rf"{_BLOCK}(?P<part>encoder|decoder)\.block\.(?P<layer>\d+)\.layer\.\d+\.mlp\."
_EXPERT_NAMES: Final = (
    re.compile(rf"{_MIXTRAL}experts\.(?P<expert>\d+)\.(?P<tensor>w[123]\.\w+)"),
    re.compile(rf"{_MLP}experts\.(?P<expert>\d+)\.(?P<tensor>\w+\.\w+)"),
    re.compile(rf"{_SWITCH}experts\.expert_(?P<expert>\d+)\.(?P<tensor>w[io](?:_\d)?\.\w+)"),
)
_ROUTER_NAMES: Final = (
    re.compile(rf"{_MIXTRAL}gate\.(?P<tensor>\w+)"),
    # DeepSeek's correction of the bias belongs to the router too.
    re.compile(rf"{_MLP}(?:gate|router)\.(?P<tensor>[\w.]+)"),
    re.compile(rf"{_SWITCH}router\.classifier\.(?P<tensor>\w+)"),
)
_FUSED_NAMES: Final = (
    re.compile(
        rf"{_BLOCK}layers\.(?P<layer>\d+)\.(?:mlp|feed_forward|block_sparse_moe)\.experts\."
        r"(?P<tensor>(?:gate_up_proj|gate_proj|up_proj|down_proj)(?:\.weight)?)"
    ),
)


def examine(shapes: Mapping[str, tuple[int, ...]]) -> Checkpoint:
    """Sort the tensors of a checkpoint, by their names and shapes.

    Raises:
        UnknownCheckpointError: if no known family has such names; the message lists the keys.
    """
    experts: defaultdict[str, dict[str, Slice]] = defaultdict(dict)
    routers: defaultdict[str, dict[str, Slice]] = defaultdict(dict)
    others: list[str] = []
    is_fused = False
    for key, shape in sorted(shapes.items()):
        if match := _match(_EXPERT_NAMES, key):
            experts[f"{_layer(match)}.expert{match['expert']}"][match["tensor"]] = Slice(key)
        elif (match := _match(_FUSED_NAMES, key)) and len(shape) == 3:
            is_fused = True
            for number in range(shape[0]):
                experts[f"{_layer(match)}.expert{number}"][match["tensor"]] = Slice(key, number)
        elif match := _match(_ROUTER_NAMES, key):
            routers[f"{_layer(match)}.router"][match["tensor"]] = Slice(key)
        else:
            others.append(key)
    # A dense model has a `mlp.gate` too, now and then: without experts it is not a mixture.
    if not experts:
        raise UnknownCheckpointError(
            f"none of the {len(shapes)} tensors is an expert of a known family:"
            f" {_some(sorted(shapes))}"
        )
    family = Family.FUSED if is_fused else _family(shapes)
    return Checkpoint(family, dict(experts), dict(routers), tuple(others))


def examine_file(path: Path) -> Checkpoint:
    """Sort the tensors of a safetensors file; no tensor is loaded.

    Raises:
        UnknownCheckpointError: as ``examine``, or if it is not a safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118 - no dict
    except (SafetensorError, OSError) as error:
        raise UnknownCheckpointError(f"{path} is not a safetensors file: {error}") from error
    return examine(shapes)


def tensors_of(path: Path, parts: Mapping[str, Mapping[str, Slice]]) -> Iterator[tuple[str, bytes]]:
    """Yield each part by its name, as safetensors of its tensors; one is in memory at a time.

    Types that numpy does not know (bfloat16) are kept as they are in the file.
    """
    with _RawFile(path) as file:
        for name, slices in parts.items():
            yield name, file.pack(slices)


class _RawFile:
    """Bytes of the tensors of a safetensors file, without a look at their type."""

    def __init__(self, path: Path) -> None:
        import json

        self._file = path.open("rb")
        size = int.from_bytes(self._file.read(8), "little")
        self._entries = json.loads(self._file.read(size))
        self._start = 8 + size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def pack(self, slices: Mapping[str, Slice]) -> bytes:
        """Return tensors as a safetensors file of their own, the same bytes every time."""
        import json

        header: dict[str, object] = {}
        data = bytearray()
        for name, part in sorted(slices.items()):
            shape, piece = self._read(part)
            header[name] = {
                "dtype": self._entries[part.key]["dtype"],
                "shape": shape,
                "data_offsets": [len(data), len(data) + len(piece)],
            }
            data += piece
        text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
        # The format wants the data to begin at a multiple of eight.
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text + bytes(data)

    def _read(self, part: Slice) -> tuple[list[int], bytes]:
        entry = self._entries[part.key]
        begin, end = entry["data_offsets"]
        shape = list(entry["shape"])
        if part.index is not None:
            size = (end - begin) // shape.pop(0)
            begin += part.index * size
            end = begin + size
        self._file.seek(self._start + begin)
        return shape, self._file.read(end - begin)


def _match(patterns: Iterable[re.Pattern[str]], key: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.fullmatch(key))), None)


def _layer(match: re.Match[str]) -> str:
    # The encoder's and the decoder's blocks of Switch are numbered each for itself.
    part = match.groupdict().get("part")
    return f"{part}-layer{match['layer']}" if part else f"layer{match['layer']}"


def _family(keys: Iterable[str]) -> Family:
    text = "\n".join(keys)
    if "block_sparse_moe" in text:
        return Family.MIXTRAL
    if ".expert_" in text:
        return Family.SWITCH
    if "mlp.shared_experts." in text or "e_score_correction_bias" in text:
        return Family.DEEPSEEK
    # Qwen's first release shares one expert; later ones are named as OLMoE's.
    return Family.QWEN if "mlp.shared_expert." in text else Family.OLMOE


def _some(keys: list[str]) -> str:
    more = f", and {len(keys) - _SHOWN_KEYS} more" if len(keys) > _SHOWN_KEYS else ""
    return ", ".join(keys[:_SHOWN_KEYS]) + more
