"""A submission as one JSON document, with the names that AI-Block's upload has."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from cgp.bounded_bodies import body_within
from cgp.experts.block import GATE, TENSORS, Block, Kind, Payload, signature_manifest
from cgp.experts.errors import ExpertsError, Fault, RefusedError
from cgp.experts.submission import CLAIM, Submission
from cgp.foreign_text import shown
from cgp.web_address import web_address

_SECONDS: Final = 60.0
_MAX_ANSWER: Final = 65_536
"""Most bytes of a service's answer, which is a digest, a state and a reason."""


class UploadError(
    ExpertsError,
    code="experts.upload",
    remedy="name the address of a running cgp experts serve; cgp experts submit --dry-run checks"
    " an expert here as the service does",
):
    """A service of experts cannot be reached, or did not take an expert."""


async def send_upload(url: str, submission: Submission, api_key: str = "") -> str:
    """Hand a submission in at a service (``cgp experts serve``); return its state there.

    Raises:
        UploadError: if it cannot be reached or refuses; its reason is in the message.
    """
    try:
        web_address(url)
    except ValueError as error:
        raise UploadError(f"{url}: {error}") from None
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    address = f"{url.rstrip('/')}/upload_moe_experts"
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as http,
            # A redirect would carry the key to another host.
            http.post(address, json=upload_document(submission), allow_redirects=False) as response,
        ):
            status, data = response.status, await body_within(response, _MAX_ANSWER)
        if data is None:
            raise UploadError(f"{address} answers with more than {_MAX_ANSWER:,} bytes")
        document = json.loads(data)
    except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
        raise UploadError(f"{address}: {str(error) or type(error).__name__}") from error
    if status not in {200, 202} or not isinstance(document, dict):
        raise UploadError(f"{address} answers {status}: {shown(str(document))[:500]}")
    return shown(str(document.get("state")))[:40]


def upload_document(submission: Submission) -> dict[str, Any]:
    """Return a submission as the body of ``/upload_moe_experts``."""
    block = submission.block
    signature = json.loads(submission.signature)["annotations"]["cgp.experts.signature"]
    texts = {
        payload.media_type: base64.b64encode(submission.payloads[payload.digest]).decode()
        for payload in block.payloads
    }
    return {
        "expert_name": block.name,
        "layer_id": block.layer,
        "block_type": str(block.kind),
        "depends_on": list(block.parents),
        "replaces": block.replaces,
        "architecture": block.architecture,
        "created_at": block.created_at,
        "candidate_loss": block.notes.get(CLAIM),
        "tensor_data_b64": texts[TENSORS],
        "gate_data_b64": texts.get(GATE),
        "miner_address": block.signer,
        "payload_sig": signature,
    }


def read_upload(document: Mapping[str, Any]) -> Submission:
    """Read the body of ``/upload_moe_experts``. The signature must be the whole block's.

    Raises:
        RefusedError: if a field is missing or of another form.
    """
    try:
        kind = Kind(document["block_type"])
        tensors = base64.b64decode(document["tensor_data_b64"], validate=True)
        parts = [(TENSORS, tensors)]
        if document.get("gate_data_b64") is not None:
            parts.append((GATE, base64.b64decode(document["gate_data_b64"], validate=True)))
        # Kept as it was signed, and never believed.
        claim = document.get("candidate_loss")
        replaces = document.get("replaces")
        block = Block(
            kind,
            str(document["expert_name"]),
            str(document["miner_address"]),
            int(document["created_at"]),
            tuple(str(parent) for parent in document["depends_on"]),
            None if replaces is None else str(replaces),
            str(document["architecture"]),
            tuple(Payload.of(media_type, data) for media_type, data in parts),
            {} if claim is None else {CLAIM: str(claim)[:100]},
        )
        # Checked with all the rest when the submission is handed in.
        signature = signature_manifest(block, str(document["payload_sig"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RefusedError(
            Fault.UNKNOWN_KIND, f"this is not an upload of an expert: {error!r}"
        ) from error
    payloads = {Payload.of(media_type, data).digest: data for media_type, data in parts}
    return Submission(block, signature, payloads)
