"""Signed answers: a miner cannot disown its answer, and no other can answer in its name.

The miner signs, newline-joined: ``cgp-answer/1``, the request's nonce, the SHA-256 (hex) of the
request's body, the SHA-256 of the answer's body, the miner's hotkey, the validator's hotkey. The
request's body names the task; the hotkeys are the request's receiver and sender.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import bittensor as bt
from bittensor import http_auth, sp_core
from bittensor.signing import Signer

from cgp.no_answer_kind import NoAnswerKind
from cgp.protocol import AnswerError
from cgp.signing.requests import check_keypair

ANSWER_PROTOCOL: Final = "cgp-answer/1"
HEADER_ANSWER_SIGNATURE: Final = "X-Cgp-Answer-Signature"

_SIGNATURE_BYTES = 64


def sign_answer(
    keypair: Signer, *, body: bytes, request_body: bytes, nonce: int, validator: str
) -> dict[str, str]:
    """Return the headers that sign ``body`` as the answer to one verified request.

    Raises:
        TypeError, ValueError: for a key that is not an sr25519 keypair.
    """
    check_keypair(keypair)
    payload = _payload(str(nonce), request_body, body, keypair.ss58_address, validator)
    return {HEADER_ANSWER_SIGNATURE: "0x" + bytes(keypair.sign(payload)).hex()}


def verify_answer(
    headers: Mapping[str, str],
    body: bytes,
    *,
    request_headers: Mapping[str, str],
    request_body: bytes,
) -> None:
    """Check that the miner asked gave this answer to this request.

    ``request_headers`` come from ``sign_request``; the miner is their receiver. A third party with
    the four arguments can repeat the check in a dispute.

    Raises:
        AnswerError: kind ``unsigned``, for any content of the answer.
    """
    signature = _signature(headers)
    miner = request_headers[http_auth.HEADER_RECEIVER]
    payload = _payload(
        request_headers[http_auth.HEADER_NONCE],
        request_body,
        body,
        miner,
        request_headers[http_auth.HEADER_HOTKEY],
    )
    try:
        valid = sp_core.verify(payload, signature, miner, bt.CRYPTO_SR25519)
    except ValueError:
        valid = False
    if not valid:
        raise AnswerError(NoAnswerKind.UNSIGNED, f"the signature is not {miner}'s over this answer")


def _payload(
    nonce: str, request_body: bytes, answer_body: bytes, miner: str, validator: str
) -> bytes:
    lines = (
        ANSWER_PROTOCOL,
        nonce,
        hashlib.sha256(request_body).hexdigest(),
        hashlib.sha256(answer_body).hexdigest(),
        miner,
        validator,
    )
    return "\n".join(lines).encode()


def _signature(headers: Mapping[str, str]) -> bytes:
    # Names of HTTP headers have no letter case.
    text = next((v for k, v in headers.items() if k.lower() == _SIGNATURE_KEY), None)
    if text is None:
        raise AnswerError(NoAnswerKind.UNSIGNED, f"no {HEADER_ANSWER_SIGNATURE} header")
    try:
        signature = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        signature = b""
    if len(signature) != _SIGNATURE_BYTES:
        raise AnswerError(
            NoAnswerKind.UNSIGNED,
            f"{HEADER_ANSWER_SIGNATURE} is not {_SIGNATURE_BYTES} bytes in hex",
        )
    return signature


_SIGNATURE_KEY = HEADER_ANSWER_SIGNATURE.lower()
