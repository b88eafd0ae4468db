"""HTTP Signatures as in draft-cavage-12, the form that the whole fediverse understands."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from cgp.mycelium.fediverse.errors import SignatureError
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.signatures import (
    Claim,
    Form,
    base64_bytes,
    base64_text,
    date_header,
    date_of,
    header_of,
    require_digest,
    require_fresh,
    sha256_text,
    time_of,
)
from cgp.mycelium.fediverse.signing_key import SigningKey

# A parameter: a quoted text, or a number (Mastodon quotes all, GoToSocial too; the draft allows
# both).
_PARAMETER = re.compile(r'\s*([A-Za-z]{1,20})=(?:"([^"\\]{0,4096})"|(\d{1,15}))\s*(?:,|$)')
_NAME = re.compile(r"[a-z0-9()-]{1,64}")
_DIGEST = re.compile(r"\s*([A-Za-z0-9-]{1,20})=([A-Za-z0-9+/]{1,128}={0,2})\s*(?:,|$)")
# `hs2019` says that the key knows its algorithm: here it is RSA with SHA-256 in every case.
_ALGORITHMS: Final = frozenset({"rsa-sha256", "hs2019"})
_MOST_HEADERS: Final = 32
_TARGET: Final = "(request-target)"


def sign(message: HttpMessage, key: SigningKey, now: datetime) -> dict[str, str]:
    """Return the headers that sign a request: date, digest (of a body) and signature.

    Covers method, path, host and date, and of a body the digest and the content type: GoToSocial
    refuses a signature over fewer.
    """
    headers = {"host": message.authority, "date": date_header(now)}
    names = [_TARGET, "host", "date"]
    if message.body:
        headers["digest"] = f"SHA-256={sha256_text(message.body)}"
        names.append("digest")
        if "content-type" in message.headers:
            names.append("content-type")
    whole = HttpMessage(message.method, message.url, {**message.headers, **headers}, message.body)
    signature = base64_text(key.sign(_signed_data(whole, names, {})))
    return headers | {
        "signature": f'keyId="{key.key_id}",algorithm="rsa-sha256",'
        f'headers="{" ".join(names)}",signature="{signature}"'
    }


def claim_of(message: HttpMessage, now: datetime) -> Claim:
    """Return the signature of a request, checked as far as no key is needed.

    Raises:
        SignatureError: if it is malformed, not fresh, of another body or host, or covers too
            little: at least method with path, host, a time, and the digest of a body.
    """
    parameters = _parameters(header_of(message, "signature"))
    algorithm = parameters.get("algorithm", "hs2019").lower()
    if algorithm not in _ALGORITHMS:
        raise SignatureError(f"the algorithm must be one of {', '.join(sorted(_ALGORITHMS))}")
    if "keyid" not in parameters or "signature" not in parameters:
        raise SignatureError("the signature lacks keyId or signature")
    names = parameters.get("headers", "").lower().split(" ")
    if len(names) > _MOST_HEADERS or len(set(names)) != len(names):
        raise SignatureError("the signature names too many headers, or one twice")
    if not all(_NAME.fullmatch(name) for name in names):
        raise SignatureError("the signature names a header that is none")
    _require_cover(message, names)
    _require_time(message, names, parameters, now)
    if header_of(message, "host").lower() != message.authority:
        raise SignatureError("the request was signed for another host")
    if message.body or "digest" in message.headers:
        # A body that was taken away is another body too.
        digests = _DIGEST.findall(header_of(message, "digest"))
        require_digest({name.lower(): value for name, value in digests}, message.body)
    return Claim(
        Form.CAVAGE,
        parameters["keyid"],
        _signed_data(message, names, parameters),
        base64_bytes(parameters["signature"]),
    )


def _parameters(header: str) -> dict[str, str]:
    """Return the parameters of a header ``signature`` by their names in small letters."""
    parameters: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise SignatureError("the header signature is malformed")
        name = match[1].lower()
        if name in parameters:
            # Two readers could choose different ones of the two.
            raise SignatureError(f"the header signature gives {match[1]} twice")
        parameters[name] = match[3] if match[2] is None else match[2]
        position = match.end()
    return parameters


def _require_cover(message: HttpMessage, names: list[str]) -> None:
    least = {_TARGET, "host"} | ({"digest"} if message.body else set())
    if missing := sorted(least - set(names)):
        raise SignatureError(f"the signature does not cover {', '.join(missing)}")
    if not {"date", "(created)"} & set(names):
        raise SignatureError("the signature covers no time")


def _require_time(
    message: HttpMessage, names: list[str], parameters: dict[str, str], now: datetime
) -> None:
    if "date" in names:
        require_fresh(date_of(header_of(message, "date")), now)
    if "(created)" in names:
        require_fresh(time_of(_seconds(parameters, "created")), now)
    if "expires" in parameters and time_of(_seconds(parameters, "expires")) < now:
        raise SignatureError("the signature has expired")


def _seconds(parameters: dict[str, str], name: str) -> int:
    text = parameters.get(name, "")
    if not (text.isascii() and text.isdecimal()):
        raise SignatureError(f"the signature lacks {name}")
    return int(text)


def _signed_data(message: HttpMessage, names: list[str], parameters: dict[str, str]) -> bytes:
    lines = []
    for name in names:
        if name == _TARGET:
            value = f"{message.method.lower()} {message.target}"
        elif name in {"(created)", "(expires)"}:
            value = str(_seconds(parameters, name.strip("()")))
        else:
            value = header_of(message, name)
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode("utf-8", "surrogateescape")
