"""Blocks, extrinsics and events in the form in which the SDK's ``Substrate`` returns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bittensor as bt

from cgp.chain.embedded.extrinsics import Receipt
from cgp.chain.embedded.ledger import hash_of
from cgp.chain.embedded.rejection import chain_error


def header_record(genesis: str, block: int) -> dict[str, Any]:
    """Return a block's header."""
    return {
        "number": block,
        "hash": hash_of(genesis, block),
        "parentHash": hash_of(genesis, max(block - 1, 0)),
    }


def result_record(genesis: str, receipt: Receipt) -> bt.ExtrinsicResult:
    """Return the outcome of an extrinsic that was included."""
    error = chain_error(receipt.error) if receipt.error else None
    return bt.ExtrinsicResult(
        success=error is None,
        message=error.message if error else "Success",
        block_hash=hash_of(genesis, receipt.block),
        extrinsic_id=f"{receipt.block}-{receipt.position:04d}",
        fee=bt.Balance.from_rao(receipt.fee),
        events=[event_record({"error": receipt.error})],
        error=error,
    )


def event_record(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event that tells whether an extrinsic succeeded."""
    name = "ExtrinsicFailed" if receipt["error"] else "ExtrinsicSuccess"
    event = {"module_id": "System", "event_id": name, "attributes": {"error": receipt["error"]}}
    return {"event": event}


def extrinsic_record(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored extrinsic, its call taken apart."""
    call = body["call"]
    arguments = [{"name": name, "value": value} for name, value in call["params"].items()]
    return {
        "address": body["signer"],
        "nonce": body["nonce"],
        "call": {
            "call_module": call["module"],
            "call_function": call["function"],
            "call_args": arguments,
        },
    }
