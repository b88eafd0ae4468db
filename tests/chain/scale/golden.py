"""The metadata of a real runtime, from the SDK's source distribution on the package index.

It is fetched with pip, kept in the user's cache, and never part of this repository.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bittensor._transport.codec import RuntimeCodec, strip_option_opaque_metadata

SDK = importlib.metadata.version("bittensor")
FETCH_SECONDS = 120

# The SDK reads this item before it sets weights; the runtime of the file does not have it yet, later ones
# have. As metadata: a name, "Default", a map of one key (hashers and types follow), a default, no docs.
NEWER_ITEM = "SubnetEpochConsensus"


class FileAwayError(Exception):
    """The metadata could not be fetched; the message says why."""


@dataclass(frozen=True)
class Golden:
    """A runtime's metadata as the node sends it, its versions, and the SDK's codec of it."""

    opaque: bytes
    spec_version: int
    transaction_version: int
    codec: RuntimeCodec


def cached_file() -> Path:
    """Return where the file is kept: outside the repository, by version of the SDK."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "conversation-genome" / f"bittensor-{SDK}-golden.json"


def fetch(path: Path) -> Path:
    """Return ``path`` with the file in it, fetched if it is not there.

    Raises:
        FileAwayError: if it cannot be fetched.
    """
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
        try:
            done = subprocess.run(
                [*command, "--quiet", "--dest", folder, f"bittensor=={SDK}"],
                capture_output=True,
                text=True,
                check=False,
                timeout=FETCH_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise FileAwayError(f"pip did not answer within {FETCH_SECONDS} s") from error
        archives = list(Path(folder).glob("*.tar.gz"))
        if done.returncode or not archives:
            raise FileAwayError(f"pip: {done.stderr.strip()[-300:]}")
        with tarfile.open(archives[0]) as archive:
            member = archive.extractfile(f"bittensor-{SDK}/tests/fixtures/golden.json")
            if member is None:
                raise FileAwayError(f"no golden.json in the source distribution of bittensor {SDK}")
            whole = Path(folder) / "golden.json"
            whole.write_bytes(member.read())
        whole.replace(path)
    return path


def load(path: Path, *, newer: bool) -> Golden:
    """Read the file; ``newer`` adds the one storage item that the SDK needs and the file lacks."""
    document = json.loads(path.read_text(encoding="utf-8"))
    opaque = bytes.fromhex(document["metadata"]["v15_hex"][2:])
    network = document["network"]
    spec, transactions = network["spec_version"], network["transaction_version"]

    def codec_of(metadata):
        return RuntimeCodec(
            strip_option_opaque_metadata(metadata),
            spec_version=spec,
            transaction_version=transactions,
            spec_name="node-subtensor",
        )

    if newer:
        opaque = _with_newer_item(opaque, codec_of(opaque))
    return Golden(opaque, spec, transactions, codec_of(opaque))


def _with_newer_item(opaque: bytes, codec: RuntimeCodec) -> bytes:
    """Return the metadata with the item at the head of the pallet's storage, as a map from u16 to u8."""
    body = strip_option_opaque_metadata(opaque)
    assert NEWER_ITEM.encode() not in body
    pallet = b"\x3cSubtensorModule"
    at = body.index(pallet + b"\x01" + pallet) + 2 * len(pallet) + 1
    count = int.from_bytes(body[at : at + 2], "little")
    assert count & 3 == 1, "a compact number of two bytes"
    item = (
        compact(len(NEWER_ITEM))
        + NEWER_ITEM.encode()
        + b"\x01"  # Default
        + b"\x01\x04\x05"  # a map with one hasher, Twox64Concat
        + compact(_primitive(codec, "u16"))
        + compact(_primitive(codec, "u8"))
        + b"\x04\x00"  # the default: one byte, 0
        + b"\x00"  # no documentation
    )
    body = body[:at] + (((count >> 2) + 1) << 2 | 1).to_bytes(2, "little") + item + body[at + 2 :]
    return b"\x01" + compact(len(body)) + body


def _primitive(codec: RuntimeCodec, name: str) -> int:
    for entry in codec.registry_types():
        if str(entry["type"]["def"].get("primitive", "")).lower() == name:
            return int(entry["id"])
    raise AssertionError(f"no {name} in the registry")


def compact(number: int) -> bytes:
    """Return a number in SCALE's compact form."""
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 1 << 30:
        return (number << 2 | 2).to_bytes(4, "little")
    size = max(4, (number.bit_length() + 7) // 8)
    return bytes([(size - 4) << 2 | 3]) + number.to_bytes(size, "little")
