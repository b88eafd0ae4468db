"""Signed JSON in one spelling: the form of every message of Mycelium on the wire.

A document is an object of texts, whole numbers, lists and objects. Its bytes are its canonical
form: ASCII, keys in order, no spaces. So a document has one digest, and its signature covers its
bytes as they are. Fractions are written as whole millionths, since they are not spelt alike
everywhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NoReturn, Protocol, TypeVar

from cgp.mycelium.errors import Fault, MessageRefusedError

VERSION: Final = 1
"""Version of all documents; one of another version is refused."""
MAX_MESSAGE_BYTES: Final = 6144
"""Most bytes of a message, an update with its signature included."""
MICRO: Final = 1_000_000
"""Parts of 1 in which fractions are written."""
_MAX_DEPTH: Final = 6
_CONTEXT: Final = b"cgp-mycelium/1\n"
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")
_MAX_NUMBER: Final = 1 << 53


Choice = TypeVar("Choice", bound=StrEnum)


class KeyKind(StrEnum):
    """Kind of a node's key: a hotkey of the subnet, or an Ed25519 key of its own."""

    SR25519 = "sr25519"
    ED25519 = "ed25519"


class Signer(Protocol):
    """A keypair that signs, such as the hotkey of a wallet."""

    @property
    def ss58_address(self) -> str:
        """The address."""
        ...

    @property
    def crypto_type(self) -> int:
        """Kind of the key, as the SDK numbers it."""
        ...

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature of ``data``."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A document whose signature is right, the address of its signer, and its digest (SHA-256)."""

    fields: Mapping[str, Any]
    node: str
    digest: str


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one spelling of a document."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode("ascii")


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def kind_of(signer: Signer) -> KeyKind:
    """Return the kind of a signer's key.

    Raises:
        ValueError: for another kind than the two that nodes have.
    """
    from bittensor import CRYPTO_ED25519, CRYPTO_SR25519

    kinds = {CRYPTO_SR25519: KeyKind.SR25519, CRYPTO_ED25519: KeyKind.ED25519}
    if signer.crypto_type not in kinds:
        raise ValueError(f"a node's key is sr25519 or ed25519, not type {signer.crypto_type}")
    return kinds[signer.crypto_type]


def seal(fields: Mapping[str, Any], signer: Signer) -> bytes:
    """Return a document of these fields, with its author and signature, as it goes on the wire.

    Raises:
        ValueError: if the result is larger than ``MAX_MESSAGE_BYTES``.
    """
    body = {**fields, "key": str(kind_of(signer)), "node": signer.ss58_address}
    signature = signer.sign(_CONTEXT + canonical(body)).hex()
    data = canonical({**body, "signature": signature})
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message has at most {MAX_MESSAGE_BYTES} bytes, not {len(data)}")
    return data


def unseal(data: bytes) -> Document:
    """Read a document of another author.

    Size, characters and nesting are checked before the text is parsed, and the signature before any
    field is looked at.

    Raises:
        MessageRefusedError: if it is too large, not in canonical form, or not signed by its author.
    """
    _check_before_parsing(data)
    try:
        document = json.loads(data, parse_float=_refuse_fraction, parse_constant=_refuse_fraction)
        is_canonical = isinstance(document, dict) and canonical(document) == data
    except (ValueError, RecursionError) as error:
        raise MessageRefusedError(Fault.NOT_CANONICAL, f"not JSON: {error}") from error
    if not is_canonical:
        raise MessageRefusedError(Fault.NOT_CANONICAL, "a message is an object in canonical form")
    signature, node, kind = (document.pop(name, None) for name in ("signature", "node", "key"))
    if not (
        isinstance(signature, str)
        and _SIGNATURE.fullmatch(signature)
        and isinstance(node, str)
        and isinstance(kind, str)
        and kind in set(KeyKind)
    ):
        raise MessageRefusedError(Fault.BAD_SIGNATURE, "a message has key, node and signature")
    # The signature covers the same spelling, without itself.
    body = canonical({**document, "key": kind, "node": node})
    if not _is_right(node, KeyKind(kind), body, bytes.fromhex(signature)):
        raise MessageRefusedError(Fault.BAD_SIGNATURE, f"{node} did not sign this message")
    return Document(document, node, digest_of(data))


def whole(fields: Mapping[str, Any], name: str, low: int = 0, high: int = _MAX_NUMBER) -> int:
    """Return a whole number of a document.

    Raises:
        MessageRefusedError: if it is missing, no whole number, or outside ``low`` to ``high``.
    """
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MessageRefusedError(
            Fault.WRONG_FIELDS, f"{name} is a whole number from {low} to {high}"
        )
    return value


def text(fields: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    """Return a text of a document.

    Raises:
        MessageRefusedError: if it is missing, or does not have ``form``.
    """
    value = fields.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise MessageRefusedError(
            Fault.WRONG_FIELDS, f"{name} is a text of the form {form.pattern}"
        )
    return value


def choice(fields: Mapping[str, Any], name: str, choices: type[Choice]) -> Choice:
    """Return a text of a document as one of a few.

    Raises:
        MessageRefusedError: if it is none of them.
    """
    value = fields.get(name)
    # A list or an object cannot even be looked up.
    if not isinstance(value, str) or value not in set(choices):
        raise MessageRefusedError(
            Fault.WRONG_FIELDS, f"{name} is one of {', '.join(map(repr, choices))}"
        )
    return choices(value)


def require_fields(fields: Mapping[str, Any], names: frozenset[str]) -> None:
    """Check that a document has these fields and no others, and is of this version.

    Raises:
        MessageRefusedError: if it has not, or is not.
    """
    if fields.keys() != names:
        raise MessageRefusedError(
            Fault.WRONG_FIELDS, f"the fields are {sorted(names)}, not {sorted(fields)}"
        )
    if fields["version"] != VERSION:
        raise MessageRefusedError(Fault.WRONG_FIELDS, f"the version here is {VERSION}")


def _check_before_parsing(data: bytes) -> None:
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageRefusedError(
            Fault.TOO_LARGE, f"a message has at most {MAX_MESSAGE_BYTES} bytes"
        )
    if not data.isascii():
        raise MessageRefusedError(Fault.NOT_CANONICAL, "a message is ASCII")
    # Brackets inside texts count too: no honest text of ours has any.
    depth = deepest = 0
    for byte in data:
        depth += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH:
        raise MessageRefusedError(Fault.NOT_CANONICAL, f"a message nests {_MAX_DEPTH} deep at most")


def _refuse_fraction(spelling: str) -> NoReturn:
    raise ValueError(f"{spelling}: numbers are whole")


def _is_right(node: str, kind: KeyKind, body: bytes, signature: bytes) -> bool:
    from bittensor import CRYPTO_ED25519, CRYPTO_SR25519

    crypto = CRYPTO_SR25519 if kind is KeyKind.SR25519 else CRYPTO_ED25519
    try:
        return bool(_verify()(_CONTEXT + body, signature, node, crypto))
    except ValueError:
        return False


@lru_cache(1)
def _verify() -> Any:  # noqa: ANN401 - the SDK's function
    # Imported late: the SDK takes a second to load.
    from bittensor.sp_core import verify

    return verify
