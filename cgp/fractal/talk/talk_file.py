"""A talk model as one file of safetensors: the pairs, their vectors, the head, the threshold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import numpy as np

from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.fractal.network import FractalNetwork
from cgp.fractal.talk.entries import FEATURES, Entries
from cgp.fractal.talk.errors import PairsError, TalkFileError
from cgp.fractal.talk.model import TalkModel
from cgp.fractal.talk.pairs import read_pairs

SUFFIX: Final = ".talk"
_VERSION = 1
MAX_TALK_BYTES = 500_000_000
_HEAD = "head/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def talk_to_bytes(model: TalkModel) -> bytes:
    """Return a talk model as safetensors, the same bytes every time."""
    from safetensors.numpy import save

    entries = model.entries
    tensors = {_HEAD + n: t.astype(np.float32) for n, t in sorted(model.head.parameters.items())}
    tensors["questions"] = np.ascontiguousarray(entries.question_vectors, dtype=np.float32)
    tensors["answers"] = np.ascontiguousarray(entries.answer_vectors, dtype=np.float32)
    document = {
        "version": _VERSION,
        "encoder": entries.encoder.id,
        "embedder": entries.embedder.id,
        "threshold": model.threshold,
        "pairs": [[pair.question, pair.answer] for pair in entries.pairs],
    }
    # One entry: several would be written in an order that differs from run to run.
    return save(tensors, {"talk": json.dumps(document, sort_keys=True)})


def talk_from_bytes(data: bytes, source: str, encoder: Encoder, embedder: Embedder) -> TalkModel:
    """Read the result of ``talk_to_bytes``; it gives the same replies to the bit.

    Raises:
        TalkFileError: if it is none, or of another encoder or embedder.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if len(data) > MAX_TALK_BYTES:
        raise TalkFileError(
            f"{source} has {len(data):,} bytes; at most {MAX_TALK_BYTES:,} are read"
        )
    try:
        tensors = load(data)
        size = int.from_bytes(data[:8], "little")
        document = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["talk"])
        version, ids = document["version"], (document["encoder"], document["embedder"])
        pairs = read_pairs(json.dumps(document["pairs"]).encode(), source)
        vectors = tensors.pop("questions"), tensors.pop("answers")
        threshold = float(document["threshold"])
        head = FractalNetwork(
            {n.removeprefix(_HEAD): tensor.astype(np.float64) for n, tensor in tensors.items()}
        )
        head.infer(np.zeros((1, len(FEATURES))))
    except (SafetensorError, PairsError, KeyError, TypeError, ValueError) as error:
        raise TalkFileError(f"{source} is not a talk model: {error}") from error
    own_ids = (encoder.id, embedder.id)
    if version != _VERSION or ids != own_ids:
        raise TalkFileError(
            f"{source} is version {version} of {ids}; this release reads version {_VERSION} of"
            f" {own_ids}"
        )
    shape = (len(pairs), encoder.dimension)
    numbers = (*vectors, *head.parameters.values(), np.array([threshold]))
    if any(v.shape != shape or v.dtype != np.float32 for v in vectors) or not all(
        np.isfinite(array).all() for array in numbers
    ):
        raise TalkFileError(f"{source}: its vectors are finite float32 of shape {shape}")
    return TalkModel(Entries(pairs, encoder, embedder, vectors), head, threshold)


def talk_path(folder: Path, name: str) -> Path:
    """Return the file of a name that a user typed, always within ``folder``.

    Raises:
        TalkFileError: if the name is not a plain one, such as ``../x``.
    """
    if not _NAME.fullmatch(name):
        raise TalkFileError(
            f"{name[:80]!r} is not a name of a model: up to 64 letters, digits, - and _"
        )
    return folder / f"{name}{SUFFIX}"
