"""Signatures of HTTP requests in both forms that the fediverse speaks. Pure: the clock is given.

``claim_of`` makes every check that needs no key: form, freshness, digest, and that the signature
covers enough. Then the key is fetched, and ``require_signature`` checks the signature itself.

Sources: draft-cavage-http-signatures-12 as Mastodon, GoToSocial and Fedify use it; RFC 9421
(signatures) and RFC 9530 (digests) as Fedify and Mastodon 4.5 use them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import Enum
from typing import Final

from cgp.mycelium.fediverse.errors import DocumentError, SignatureError
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.signing_key import PublicKey

FRESH_SECONDS: Final = 3600.0
"""Most seconds between a signature and its check, either way, as in Fedify: clocks differ."""

MAX_HEADER: Final = 8192
"""Most characters of a header that takes part in a signature."""


class Form(Enum):
    """The two forms of a signature."""

    CAVAGE = "draft-cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature that is well formed and fresh, and not yet verified.

    ``data`` is what the key named by ``key_id`` must have signed.
    """

    form: Form
    key_id: str
    data: bytes
    signature: bytes


def require_signature(claim: Claim, key: PublicKey) -> None:
    """Check a claim by its key.

    Raises:
        SignatureError: if the key is another, is unusable, or did not sign.
    """
    if key.key_id != claim.key_id:
        raise SignatureError("the key is another than the signature names")
    try:
        holds = key.verifies(claim.signature, claim.data)
    except DocumentError as error:
        raise SignatureError(f"the key cannot be used: {error}") from error
    if not holds:
        raise SignatureError("the signature is not by this key over this request")


def header_of(message: HttpMessage, name: str) -> str:
    """Return a header that takes part in a signature.

    Raises:
        SignatureError: if it is missing or too long, or would run over its line.
    """
    value = message.headers.get(name)
    if value is None:
        raise SignatureError(f"the header {name} is signed but missing")
    if len(value) > MAX_HEADER or "\n" in value or "\r" in value:
        raise SignatureError(f"the header {name} is too long or has more than one line")
    return value.strip()


def require_fresh(at: datetime, now: datetime) -> None:
    """Check that a signature was made about now.

    Raises:
        SignatureError: if it is older or newer than ``FRESH_SECONDS``.
    """
    if abs((now - at).total_seconds()) > FRESH_SECONDS:
        raise SignatureError(
            f"the signature is of {at:%Y-%m-%d %H:%M:%S} UTC, more than "
            f"{FRESH_SECONDS / 3600:g} h from now"
        )


def time_of(seconds: int) -> datetime:
    """Return a number of seconds since 1970 as a time.

    Raises:
        SignatureError: if it is not a time.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise SignatureError("the time of the signature is none") from None


def date_of(text: str) -> datetime:
    """Return the time that a header ``date`` gives.

    Raises:
        SignatureError: if it gives none.
    """
    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        raise SignatureError("the header date gives no time") from None


def date_header(at: datetime) -> str:
    """Return a time as a header ``date`` gives it."""
    # With "GMT", as HTTP demands, and not "+0000".
    return format_datetime(at.astimezone(UTC), usegmt=True)


def base64_bytes(text: str) -> bytes:
    """Return the bytes of a text in base 64.

    Raises:
        SignatureError: if it is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SignatureError("a signature or digest is not base 64") from None


def base64_text(data: bytes) -> str:
    """Return bytes in base 64."""
    return base64.b64encode(data).decode("ascii")


def sha256_text(body: bytes) -> str:
    """Return the SHA-256 of a body in base 64."""
    return base64_text(hashlib.sha256(body).digest())


def require_digest(values: Mapping[str, str], body: bytes) -> None:
    """Check the digest of a body; ``values`` are digests in base 64 by their algorithm.

    Raises:
        SignatureError: if SHA-256 is not among them, or is of another body.
    """
    digest = values.get("sha-256")
    if digest is None:
        raise SignatureError("the digest must be by SHA-256")
    # Digests are not secrets; a comparison in equal time costs nothing more.
    if not hmac.compare_digest(digest.encode(), sha256_text(body).encode()):
        raise SignatureError("the digest is of another body")
