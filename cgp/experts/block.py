"""A block of the ledger: an OCI manifest with annotations that describe it, and a signature beside
it.

The block's digest is that of the manifest's bytes. The manifest names parents and payloads by their
digests, so a circle cannot be made. The signature covers the manifest's digest, and with it every
field; it is a second manifest with the block as its ``subject``, as OCI has it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from cgp.experts.errors import Fault, RefusedError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
EMPTY_BLOB = b"{}"
_BLOCK_TYPE = "application/vnd.cgp.experts.{}.v1"
_SIGNATURE_TYPE = "application/vnd.cgp.experts.signature.v1"
TENSORS = "application/vnd.cgp.experts.tensors.v1+safetensors"
GATE = "application/vnd.cgp.experts.gate.v1+safetensors"
SPECIFICATION = "application/vnd.cgp.experts.specification.v1+json"
TABLE = "application/vnd.cgp.experts.table.v1+safetensors"
_PREFIX = "cgp.experts."
_CONTEXT = b"cgp-experts-block/1\n"
MAX_MANIFEST = 64_000
"""Most bytes of a manifest."""
MAX_PARENTS = 64
MAX_PAYLOADS = 2
"""Most payloads of a block: an expert has its tensors and its gate, other kinds have fewer."""
_MOST_SECONDS = 2**53
"""Bound of a block's own time, which is its author's claim: the epoch made of it fits SQLite."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\.[a-z0-9][a-z0-9-]{0,39}")
_LAYER = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HEX_SIGNATURE = re.compile(r"[0-9a-f]{128}")


class Kind(StrEnum):
    """A kind of block."""

    META = "meta"
    EXPERT = "expert"
    ROUTER = "router"
    DATASET = "dataset"
    VERDICT = "verdict"


PARENT_KINDS: Mapping[Kind, frozenset[Kind]] = MappingProxyType(
    {
        Kind.META: frozenset(),
        Kind.EXPERT: frozenset({Kind.META, Kind.EXPERT, Kind.DATASET}),
        Kind.ROUTER: frozenset({Kind.META, Kind.EXPERT, Kind.ROUTER, Kind.DATASET}),
        Kind.DATASET: frozenset({Kind.META, Kind.DATASET}),
        Kind.VERDICT: frozenset({Kind.EXPERT, Kind.ROUTER, Kind.DATASET}),
    }
)
"""The kinds that a parent of a block may have."""


class Signer(Protocol):
    """A hotkey that signs."""

    @property
    def ss58_address(self) -> str:
        """The address."""
        ...

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature of ``data``."""
        ...


@dataclass(frozen=True, slots=True)
class Payload:
    """A blob that a block names."""

    media_type: str
    digest: str
    size: int

    @classmethod
    def of(cls, media_type: str, data: bytes) -> Payload:
        """Return the payload of these bytes."""
        return cls(media_type, digest_of(data), len(data))

    @classmethod
    def read(cls, descriptor: Mapping[str, Any]) -> Payload:
        """Read an OCI descriptor of another author.

        Raises:
            KeyError: if a field is missing.
            ValueError: if a field has another type or form.
        """
        media_type, digest, size = (descriptor[n] for n in ("mediaType", "digest", "size"))
        if not isinstance(media_type, str) or not isinstance(digest, str):
            raise ValueError("a payload's mediaType and digest are texts")
        if not _DIGEST.fullmatch(digest):
            raise ValueError("payloads are named sha256:<64 hex digits>")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ValueError("a payload's size is a whole number of bytes")
        return cls(media_type, digest, size)


@dataclass(frozen=True)
class Block:
    """One block. ``created_at`` is in seconds of Unix time; it orders nothing.

    ``name`` is ``layer.expert`` for an expert, ``layer.router`` for a router, free for others.
    ``replaces`` is the digest of the head that it wants to replace, None for a first one.
    ``notes`` are further fields, texts all: numbers in them are whole, since fractions are not
    written alike everywhere.
    """

    kind: Kind
    name: str
    signer: str
    created_at: int
    parents: tuple[str, ...] = ()
    replaces: str | None = None
    architecture: str = ""
    payloads: tuple[Payload, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def layer(self) -> str:
        """The layer that an expert or a router belongs to."""
        return self.name.partition(".")[0]

    def payload(self, media_type: str) -> Payload:
        """Return the payload of a type.

        Raises:
            RefusedError: if the block has none.
        """
        for payload in self.payloads:
            if payload.media_type == media_type:
                return payload
        raise RefusedError(Fault.WRONG_TENSORS, f"{self.name} has no payload {media_type}")

    def manifest(self) -> bytes:
        """Return the manifest's bytes, always the same for the same block."""
        return self._manifest

    @cached_property
    def _manifest(self) -> bytes:
        fields = {
            "name": self.name,
            "signer": self.signer,
            "created": str(self.created_at),
            "parents": ",".join(self.parents),
            "architecture": self.architecture,
            **({"replaces": self.replaces} if self.replaces is not None else {}),
            **{f"note.{name}": value for name, value in self.notes.items()},
        }
        return _canonical(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "artifactType": _BLOCK_TYPE.format(self.kind),
                "config": _descriptor(Payload.of(_EMPTY, EMPTY_BLOB)),
                "layers": [
                    _descriptor(payload)
                    for payload in self.payloads or (Payload.of(_EMPTY, EMPTY_BLOB),)
                ],
                "annotations": {_PREFIX + name: value for name, value in fields.items()},
            }
        )

    @cached_property
    def digest(self) -> str:
        """The block's digest."""
        return digest_of(self.manifest())

    def descriptor(self) -> dict[str, Any]:
        """Return the OCI descriptor of the manifest."""
        return _descriptor(Payload.of(MANIFEST, self.manifest()))

    def check_form(self) -> None:
        """Check the name, and the number and form of digests.

        Raises:
            RefusedError: if one is not allowed.
        """
        require_name(self.kind, self.name)
        if len(self.parents) > MAX_PARENTS or len(set(self.parents)) != len(self.parents):
            raise RefusedError(Fault.PARENT_MISSING, f"at most {MAX_PARENTS} parents, each once")
        digests = (*self.parents, *([self.replaces] if self.replaces else []))
        if not all(_DIGEST.fullmatch(digest) for digest in digests):
            raise RefusedError(Fault.PARENT_MISSING, "parents are named sha256:<64 hex digits>")
        if len(self.payloads) > MAX_PAYLOADS:
            raise RefusedError(Fault.TOO_LARGE, f"a block has at most {MAX_PAYLOADS} payloads")
        if not 0 <= self.created_at < _MOST_SECONDS:
            raise RefusedError(Fault.UNKNOWN_KIND, "a block's time is in seconds since 1970")
        if len(self.manifest()) > MAX_MANIFEST:
            raise RefusedError(Fault.TOO_LARGE, f"a manifest has at most {MAX_MANIFEST:,} bytes")


def read_block(manifest: bytes) -> Block:
    """Read a manifest of another author.

    Raises:
        RefusedError: if it is not a block, or is not written as ``Block.manifest`` writes it.
    """
    if len(manifest) > MAX_MANIFEST:
        raise RefusedError(Fault.TOO_LARGE, f"a manifest has at most {MAX_MANIFEST:,} bytes")
    try:
        document = json.loads(manifest)
        annotations = document["annotations"]
        fields = {name.removeprefix(_PREFIX): value for name, value in annotations.items()}
        texts = all(isinstance(value, str) for value in fields.values())
        kind = document["artifactType"].split(".")[-2]
        payloads = tuple(
            Payload.read(layer) for layer in document["layers"] if layer["mediaType"] != _EMPTY
        )
        block = Block(
            Kind(kind),
            fields["name"],
            fields["signer"],
            int(fields["created"]),
            tuple(digest for digest in fields["parents"].split(",") if digest),
            fields.get("replaces"),
            fields["architecture"],
            payloads,
            {n.removeprefix("note."): v for n, v in fields.items() if n.startswith("note.")},
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise RefusedError(Fault.UNKNOWN_KIND, f"this manifest is not a block: {error}") from error
    # Two spellings of one block would have two digests.
    if not texts or block.manifest() != manifest:
        raise RefusedError(Fault.UNKNOWN_KIND, "this manifest is not in the form that blocks have")
    return block


def sign(block: Block, keypair: Signer) -> bytes:
    """Return the manifest of the signature of a block by its signer.

    Raises:
        RefusedError: if the keypair is not that of ``block.signer``.
    """
    if keypair.ss58_address != block.signer:
        raise RefusedError(Fault.BAD_SIGNATURE, f"{keypair.ss58_address} is not {block.signer}")
    signature = keypair.sign(_CONTEXT + block.digest.encode())
    return signature_manifest(block, signature.hex())


def signature_manifest(block: Block, signature: str) -> bytes:
    """Return the manifest of a signature (hex)."""
    return _canonical(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": _SIGNATURE_TYPE,
            "config": _descriptor(Payload.of(_EMPTY, EMPTY_BLOB)),
            "layers": [_descriptor(Payload.of(_EMPTY, EMPTY_BLOB))],
            "subject": block.descriptor(),
            "annotations": {_PREFIX + "signature": signature, _PREFIX + "signer": block.signer},
        }
    )


def check_signature(block: Block, manifest: bytes) -> None:
    """Check that a signature's manifest is one of the block by its signer.

    Raises:
        RefusedError: if it is not.
    """
    try:
        signature = json.loads(manifest)["annotations"][_PREFIX + "signature"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RefusedError(Fault.BAD_SIGNATURE, "this manifest is not a signature") from error
    if not isinstance(signature, str) or not _HEX_SIGNATURE.fullmatch(signature):
        raise RefusedError(Fault.BAD_SIGNATURE, "a signature has 128 hexadecimal digits")
    if signature_manifest(block, signature) != manifest:
        raise RefusedError(Fault.BAD_SIGNATURE, "the signature is that of another block")
    try:
        right = _public_key(block.signer).verify(
            _CONTEXT + block.digest.encode(), bytes.fromhex(signature)
        )
    except ValueError as error:
        raise RefusedError(Fault.BAD_SIGNATURE, f"{block.signer!r} is not a hotkey") from error
    if not right:
        raise RefusedError(Fault.BAD_SIGNATURE, f"{block.signer} did not sign {block.digest}")


@lru_cache(256)
def _public_key(address: str) -> Any:  # noqa: ANN401 - the SDK's keypair
    from bittensor.sp_core import Keypair

    return Keypair(address)


def digest_of(data: bytes) -> str:
    """Return the digest of bytes, ``sha256:<hex>``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _descriptor(payload: Payload) -> dict[str, Any]:
    return {"mediaType": payload.media_type, "digest": payload.digest, "size": payload.size}


def _canonical(document: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def require_name(kind: Kind, name: str) -> None:
    """Check the name of a block.

    Raises:
        RefusedError: if blocks of this kind are named otherwise.
    """
    needs_dot = kind in {Kind.EXPERT, Kind.ROUTER}
    if not (_NAME if needs_dot else _LAYER).fullmatch(name):
        form = "layer.expert" if needs_dot else "one word"
        raise RefusedError(
            Fault.BAD_NAME,
            f"{name!r}: {kind} blocks are named {form}, of small letters, digits and hyphens",
        )
    if (kind is Kind.ROUTER) != (name.endswith(".router") and needs_dot):
        raise RefusedError(Fault.BAD_NAME, f"{name!r}: only a router is named layer.router")
