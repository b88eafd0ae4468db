"""HTTP Message Signatures (RFC 9421), in the part of it that servers of the fediverse use.

The algorithm is RSA PKCS #1 v1.5 with SHA-256. Components have no parameters of their own.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cgp.mycelium.fediverse.errors import SignatureError
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.signatures import (
    Claim,
    Form,
    base64_bytes,
    base64_text,
    date_header,
    header_of,
    require_digest,
    require_fresh,
    sha256_text,
    time_of,
)
from cgp.mycelium.fediverse.signing_key import SigningKey

# The grammar is stricter than the RFC's: it has one spelling for each value, so the text as it came
# is the text that was signed.
_INPUT = re.compile(
    r'\s*([a-z*][a-z0-9_*.-]{0,40})=(\(((?:"[a-z0-9@-]{1,64}"(?: "[a-z0-9@-]{1,64}")*)?)\)'
    r'((?:;[a-z]{1,20}=(?:\d{1,15}|"[^"\\]{0,2048}")){0,8}))\s*(?:,|$)'
)
_PARAMETER = re.compile(r';([a-z]{1,20})=(?:(\d{1,15})|"([^"\\]{0,2048})")')
_SIGNATURE = re.compile(r"\s*([a-z*][a-z0-9_*.-]{0,40})=:([A-Za-z0-9+/]{1,2048}={0,2}):\s*(?:,|$)")
_DIGEST = re.compile(r"\s*([a-z0-9-]{1,20})=:([A-Za-z0-9+/]{1,128}={0,2}):\s*(?:,|$)")
_ALGORITHM: Final = "rsa-v1_5-sha256"
_LABEL: Final = "sig1"
_MOST_COMPONENTS: Final = 32


def sign(message: HttpMessage, key: SigningKey, now: datetime) -> dict[str, str]:
    """Return the headers that sign a request: date, content digest (of a body), signature."""
    headers = {"host": message.authority, "date": date_header(now)}
    components = ["@method", "@target-uri", "@authority", "host", "date"]
    if message.body:
        headers["content-digest"] = f"sha-256=:{sha256_text(message.body)}:"
        components.append("content-digest")
    whole = HttpMessage(message.method, message.url, {**message.headers, **headers}, message.body)
    list_text = " ".join(f'"{name}"' for name in components)
    parameters = (
        f'({list_text});alg="{_ALGORITHM}";keyid="{key.key_id}";created={int(now.timestamp())}'
    )
    signature = base64_text(key.sign(_signed_data(whole, components, parameters)))
    return headers | {
        "signature-input": f"{_LABEL}={parameters}",
        "signature": f"{_LABEL}=:{signature}:",
    }


def claim_of(message: HttpMessage, now: datetime) -> Claim:
    """Return the first signature of a request, checked as far as no key is needed.

    Raises:
        SignatureError: if it is malformed, not fresh, or of another body, or covers too little: at
            least the method, the whole target and the digest of a body.
    """
    inputs = _all_of(_INPUT, header_of(message, "signature-input"), "signature-input")
    signatures = {
        match[1]: match[2]
        for match in _all_of(_SIGNATURE, header_of(message, "signature"), "signature")
    }
    member = next((match for match in inputs if match[1] in signatures), None)
    if member is None:
        raise SignatureError("no signature has the label of a signature-input")
    components = re.findall(r'"([^"]*)"', member[3])
    if len(components) > _MOST_COMPONENTS or len(set(components)) != len(components):
        raise SignatureError("the signature names too many components, or one twice")
    parameters = _parameters(member[4])
    _require_cover(message, components)
    _require_time(parameters, now)
    if parameters.get("alg", _ALGORITHM) != _ALGORITHM:
        raise SignatureError(f"the algorithm must be {_ALGORITHM}")
    if not parameters.get("keyid"):
        raise SignatureError("the signature lacks keyid")
    if message.body or "content-digest" in message.headers:
        # A body that was taken away is another body too.
        digests = _DIGEST.findall(header_of(message, "content-digest"))
        require_digest(dict(digests), message.body)
    return Claim(
        Form.RFC9421,
        parameters["keyid"],
        _signed_data(message, components, member[2]),
        base64_bytes(signatures[member[1]]),
    )


def _all_of(pattern: re.Pattern[str], header: str, name: str) -> list[re.Match[str]]:
    """Return the members of a header; each label stands once."""
    matches: list[re.Match[str]] = []
    position = 0
    while position < len(header):
        match = pattern.match(header, position)
        if match is None:
            raise SignatureError(f"the header {name} is malformed, or uses what is not read here")
        matches.append(match)
        position = match.end()
    if len({match[1] for match in matches}) != len(matches):
        raise SignatureError(f"the header {name} gives a label twice")
    return matches


def _parameters(text: str) -> dict[str, str]:
    matches = _PARAMETER.findall(text)
    parameters = {name: number or text_value for name, number, text_value in matches}
    if len(parameters) != len(matches):
        raise SignatureError("the signature gives a parameter twice")
    return parameters


def _require_cover(message: HttpMessage, components: list[str]) -> None:
    names = set(components)
    # Path and authority are as good as the whole address, except for the query.
    has_target = "@target-uri" in names or {"@authority", "@path"} <= names
    if urlsplit(message.url).query and "@target-uri" not in names and "@query" not in names:
        has_target = False
    if "@method" not in names or not has_target:
        raise SignatureError("the signature does not cover the method and the whole target")
    if message.body and "content-digest" not in names:
        raise SignatureError("the signature does not cover content-digest")


def _require_time(parameters: dict[str, str], now: datetime) -> None:
    created, expires = parameters.get("created", ""), parameters.get("expires", "")
    if not created.isdecimal():
        raise SignatureError("the signature lacks created")
    require_fresh(time_of(int(created)), now)
    if expires and (not expires.isdecimal() or time_of(int(expires)) < now):
        raise SignatureError("the signature has expired")


def _signed_data(message: HttpMessage, components: list[str], parameters: str) -> bytes:
    lines = [f'"{name}": {_value(message, name)}' for name in components]
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _value(message: HttpMessage, component: str) -> str:
    parts = urlsplit(message.url)
    values = {
        "@method": message.method.upper(),
        "@target-uri": message.url,
        "@authority": message.authority,
        "@scheme": parts.scheme,
        "@path": parts.path or "/",
        "@query": f"?{parts.query}",
        "@request-target": message.target,
    }
    if component in values:
        return values[component]
    if component.startswith("@"):
        raise SignatureError(f"the component {component} is not read here")
    return header_of(message, component)
