"""Signed calls: how they are made, checked and applied."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import bittensor as bt
from bittensor import sp_core

from cgp.chain.embedded.accounts import charge_fee, fee_of
from cgp.chain.embedded.calls import dispatch
from cgp.chain.embedded.ledger import Draft, Json, canonical
from cgp.chain.embedded.pool import refusal
from cgp.chain.embedded.rejection import RejectedError
from cgp.errors import CgpError


@dataclass(frozen=True, slots=True)
class ComposedCall:
    """A call ready to be signed. ``data`` is its canonical JSON (in place of SCALE bytes)."""

    module: str
    function: str
    params: Mapping[str, Any]

    @property
    def data(self) -> bytes:
        """The call as bytes."""
        return canonical(self.as_json()).encode()

    def as_json(self) -> dict[str, Any]:
        """Return the call as JSON values, bytes as 0x-hex."""
        return {
            "module": self.module,
            "function": self.function,
            "params": {name: _plain(value) for name, value in self.params.items()},
        }


@dataclass(frozen=True, slots=True)
class Extrinsic:
    """A signed call: ``body`` is the canonical JSON that ``signature`` covers."""

    body: str
    signature: str
    signer: str
    crypto_type: int

    @property
    def raw(self) -> bytes:
        """All of it as bytes."""
        return f"{self.body}{self.signature}".encode()

    @property
    def digest(self) -> str:
        """The hash that identifies it."""
        return "0x" + blake2b(self.raw, digest_size=32).hexdigest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of an extrinsic that was included: ``error`` is the chain's name, empty for
    none.
    """

    block: int
    position: int
    fee: int
    error: str = ""


class InvalidExtrinsicError(
    CgpError,
    code="chain.invalid_extrinsic",
    remedy="sign the call again with the current nonce and era",
):
    """An extrinsic was not even included; ``name`` is the pool's reason (BadProof, Stale, ...)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


async def sign(
    call: ComposedCall,
    keypair: bt.Signer,
    *,
    genesis: str,
    nonce: int,
    expires: int | None,
    escrow: Mapping[str, Any] | None = None,
) -> Extrinsic:
    """Sign a call for this chain; ``expires`` is the last block that may include it."""
    body = canonical(
        {
            "call": call.as_json(),
            "signer": keypair.ss58_address,
            "nonce": nonce,
            "genesis": genesis,
            "expires": expires,
            "escrow": escrow,
        }
    )
    signature: Any = keypair.sign(body.encode())
    # Hardware signers answer later.
    if inspect.isawaitable(signature):
        signature = await signature
    return Extrinsic(
        body, bytes(signature).hex(), keypair.ss58_address, getattr(keypair, "crypto_type", 1)
    )


def apply(draft: Draft, extrinsics: Sequence[Extrinsic]) -> list[Receipt]:
    """Include extrinsics in the draft's block, in order, and return their receipts.

    A call that fails is undone, while its nonce and fee stay, as on chain.

    Raises:
        InvalidExtrinsicError: if one cannot be included; nothing must be kept then.
    """
    return [_include(draft, extrinsic, position) for position, extrinsic in enumerate(extrinsics)]


def _include(draft: Draft, extrinsic: Extrinsic, position: int) -> Receipt:
    body = _verify(draft, extrinsic)
    signer: str = body["signer"]
    call = body["call"]
    reason = refusal(draft, signer, call["module"], call["function"], call["params"])
    if reason is not None:
        raise InvalidExtrinsicError(reason)
    account = draft.get("System.Account", signer)
    # From here on the extrinsic is included: nonce and fee stay, also where the call fails.
    account["nonce"] += 1
    draft.put("System.Account", signer, account)
    fee = charge_fee(draft, signer, fee_of(call["module"], call["function"]))
    receipt = Receipt(draft.block, position, fee)
    params = dict(call["params"])
    if body["escrow"] is not None:
        params["escrow"] = body["escrow"]
    try:
        with draft.attempt():
            dispatch(draft, signer, call["module"], call["function"], params)
    except RejectedError as error:
        receipt = replace(receipt, error=error.name)
    text = canonical({"position": position, "fee": receipt.fee, "error": receipt.error})
    draft.record(extrinsic.digest, position, extrinsic.body, text)
    return receipt


def _verify(draft: Draft, extrinsic: Extrinsic) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(extrinsic.body)
    # Cheap checks first; the genesis keeps a signature from counting on another chain.
    if body["signer"] != extrinsic.signer or body["genesis"] != draft.constants.genesis:
        raise InvalidExtrinsicError("BadProof")
    if not sp_core.verify(
        extrinsic.body.encode(),
        bytes.fromhex(extrinsic.signature),
        extrinsic.signer,
        extrinsic.crypto_type,
    ):
        raise InvalidExtrinsicError("BadProof")
    if body["expires"] is not None and draft.block > body["expires"]:
        raise InvalidExtrinsicError("Stale")
    nonce = draft.get("System.Account", extrinsic.signer)["nonce"]
    if body["nonce"] != nonce:
        raise InvalidExtrinsicError("Stale" if body["nonce"] < nonce else "Future")
    return body


def receipt_of(block: int, text: str) -> Receipt:
    """Return a stored receipt."""
    return Receipt(block=block, **json.loads(text))


def _plain(value: object) -> Json:
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value).hex()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
