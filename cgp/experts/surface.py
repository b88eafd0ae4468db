"""Experts over HTTP, beside the chat's gateway: AI-Block's routes over the one ledger.

Chat is the tag model's reading of a prompt: its tags, with the experts that spoke up for them.
Nodes are workers of the gateway. Rewards are settled, never minted.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from cgp.annotators.embedded import annotate
from cgp.api.keys import Scope
from cgp.chat.app import enrol_worker
from cgp.chat.desk import Desk
from cgp.chat.errors import ChatError
from cgp.chat.replies import JsonReply, read_body
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.experts.block import Kind
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.ledger import Ledger, Record
from cgp.experts.mixture import Mixture
from cgp.experts.newest import newest_blocks
from cgp.experts.nodes import (
    DistributedReader,
    ExpertReading,
    ExpertUse,
    NodeChoice,
    Place,
    Usage,
    UsageBook,
)
from cgp.experts.nodes.remote import RemoteMixture
from cgp.experts.rewards import POOL, balances, settle
from cgp.experts.standing import Networks, standing_mixture
from cgp.experts.submission import submit
from cgp.experts.tensors import MAX_BYTES
from cgp.experts.upload import read_upload
from cgp.jobs import Frame, Job, JobKind, JobsError, Presence
from cgp.tagmodel import shipped_model

MAX_PROMPT: Final = 8_000
"""Most characters of a prompt."""
MAX_LISTED: Final = 1_000
_TAGS: Final = 8
_BODY_SECONDS: Final = 10.0
_PROMPT_BYTES: Final = 8 * MAX_PROMPT
_UPLOAD_BYTES: Final = 2 * MAX_BYTES
_CHAIN_KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    "A": frozenset({Kind.META, Kind.DATASET, Kind.VERDICT}),
    "B": frozenset({Kind.EXPERT, Kind.ROUTER}),
}
"""The two names that AI-Block gives to chains. Here both are parts of one ledger."""


class ExpertsDesk:
    """Parts of the service: the gateway's desk, the ledger, readers, statistics.

    ``is_registered`` tells whether a hotkey may submit.
    """

    def __init__(self, desk: Desk, ledger: Ledger, is_registered: Callable[[str], bool]) -> None:
        self.desk = desk
        self.ledger = ledger
        self.is_registered = is_registered
        self.reader = DistributedReader(desk.jobs, NodeChoice(random.Random()))  # noqa: S311 - no secret
        self.local = DistributedReader(_NoNodes(), NodeChoice(random.Random()))  # noqa: S311 - no secret
        self.usage = UsageBook(ledger)
        self._networks = Networks(ledger)

    def mixture(self) -> Mixture:
        """Return the mixture that stands."""
        return standing_mixture(self.ledger, self._networks)


class _NoNodes:
    """A connection without nodes: every expert is computed here."""

    def workers(self) -> Mapping[str, Presence]:
        """Return nobody."""
        return {}

    def submit(self, worker: str, job: Job, *, seconds: float = math.inf) -> AsyncGenerator[Frame]:
        """Refuse: there is nobody to ask."""
        raise JobsError(f"there is no node {worker} for {job.id} within {seconds} s")


def add_experts(app: FastAPI, experts: ExpertsDesk) -> None:
    """Add the routes of experts to the gateway's application."""
    app.state.experts = experts
    for path, method, route in (
        ("/chain/{chain}/blocks", "GET", _blocks),
        ("/upload_moe_experts", "POST", _upload),
        ("/chat", "POST", _chat),
        ("/chat/distributed", "POST", _chat_distributed),
        ("/p2p/register", "POST", enrol_worker),
        ("/p2p/nodes", "GET", _nodes),
        ("/p2p/nodes/{node}", "DELETE", _remove_node),
        ("/p2p/heartbeat/{node}", "POST", _heartbeat),
        ("/experts/top", "GET", _top),
        ("/experts/stats/{name}", "GET", _stats),
        ("/experts/reward/{name}", "POST", _reward),
    ):
        app.add_api_route(path, route, methods=[method], include_in_schema=False)


def _experts(request: Request) -> ExpertsDesk:
    experts = request.app.state.experts
    assert isinstance(experts, ExpertsDesk)
    return experts


async def _admit(request: Request, scope: Scope) -> ExpertsDesk:
    experts = _experts(request)
    await experts.desk.access.admit(request, scope)
    return experts


async def _blocks(request: Request) -> Response:
    """List the newest blocks of one kind of chain: ``?limit=N``, 1 to 1000."""
    experts = await _admit(request, "chat")
    kinds = _CHAIN_KINDS.get(request.path_params["chain"])
    if kinds is None:
        raise ChatError(404, "no_such_chain", "the chains are A and B")
    limit = _limit(request, 10)
    newest = await asyncio.to_thread(newest_blocks, experts.ledger, kinds, limit)
    rows = await asyncio.to_thread(lambda: [_row(experts.ledger, record) for record in newest])
    return JsonReply({"chain": request.path_params["chain"], "blocks": rows})


def _row(ledger: Ledger, record: Record) -> dict[str, Any]:
    block = ledger.block(record.digest)
    return {
        "hash": record.digest,
        "block_type": str(record.kind),
        "expert_name": record.name,
        "layer_id": block.layer,
        "state": str(record.state),
        "epoch": record.epoch,
        "depends_on": list(block.parents),
        "miner_address": record.signer,
        "architecture": block.architecture,
        "payload_size": sum(payload.size for payload in block.payloads),
    }


async def _upload(request: Request) -> Response:
    """Take a signed submission: 202 waits for a judge, 200 known, 409 the head moved, 422
    refused.
    """
    experts = await _admit(request, "worker")
    document = await _document(request, _UPLOAD_BYTES)
    try:
        submission = read_upload(document)
        earlier = await asyncio.to_thread(experts.ledger.record, submission.block.digest)
        record = await asyncio.to_thread(submit, experts.ledger, submission, experts.is_registered)
    except RefusedError as error:
        status = 409 if error.fault is Fault.STALE_HEAD else 422
        raise ChatError(status, str(error.fault), str(error)) from error
    reply = {"hash": record.digest, "state": str(record.state), "reason": record.reason}
    return JsonReply(reply, status_code=202 if earlier is None else 200)


async def _chat(request: Request) -> Response:
    experts = await _admit(request, "chat")
    return await _answer(request, experts, experts.local)


async def _chat_distributed(request: Request) -> Response:
    experts = await _admit(request, "chat")
    return await _answer(request, experts, experts.reader)


async def _answer(request: Request, experts: ExpertsDesk, reader: DistributedReader) -> Response:
    document = await _document(request, _PROMPT_BYTES)
    prompt, uses_experts = document.get("prompt"), document.get("use_moe", True)
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > MAX_PROMPT:
        raise ChatError(422, "invalid_value", f"prompt: a text of 1 to {MAX_PROMPT} characters")
    if not isinstance(uses_experts, bool):
        raise ChatError(422, "invalid_value", "use_moe: true or false")
    mixture = await asyncio.to_thread(experts.mixture)
    number = sum(len(layer.members) for layer in mixture.layers)
    top_k = document.get("top_k_experts")
    is_count = isinstance(top_k, int) and not isinstance(top_k, bool)
    if top_k is not None and not (is_count and 1 <= top_k <= number):
        raise ChatError(
            422, "invalid_value", f"top_k_experts: 1 to {number}, the experts there are"
        )
    # The annotator works in a thread, and asks for the experts' part from there.
    addition: RemoteMixture | None = None
    if uses_experts:
        addition = RemoteMixture(mixture, reader, asyncio.get_running_loop(), top_k)
    metadata = await asyncio.to_thread(
        annotate,
        Conversation("prompt", "chat", (Participant("You"),), (Turn(0, prompt),)),
        default_embedder(),
        _TAGS,
        shipped_model().with_addition(addition),
    )
    readings = [] if addition is None else addition.readings
    await asyncio.to_thread(experts.usage.add, _usages(readings))
    tags = [tag.text for tag in metadata.tags]
    return JsonReply({
        "response": ", ".join(tags),
        "tags": tags,
        "degraded": any(reading.is_degraded for reading in readings),
        "expert_usage": {
            use.name: {
                "cid": use.digest,
                "gate": round(use.opening, 6),
                "ms": round(1000 * use.seconds, 2),
                "place": str(use.place),
                "node": use.node,
            }
            for reading in readings
            for use in reading.uses
        },
    })  # fmt: skip


def _usages(readings: list[ExpertReading]) -> list[Usage]:
    now = int(time.time())
    return [_usage(use, now) for reading in readings for use in reading.uses]


def _usage(use: ExpertUse, now: int) -> Usage:
    return Usage(
        use.name, 1, use.seconds, int(use.place is Place.NODE), int(use.place is Place.NOWHERE), now
    )


async def node_rows(experts: ExpertsDesk) -> list[dict[str, Any]]:
    """Return a row for each node that is there, with the names of its experts."""
    heads = await asyncio.to_thread(experts.ledger.heads)
    names = {digest: name for name, digest in heads.items()}
    rows = []
    for node, presence in sorted(experts.reader.nodes().items()):
        standing = experts.reader.choice.of(node)
        digests = presence.offer.models[JobKind.EXPERTS]
        rows.append({
            "node_id": node,
            "name": presence.offer.name,
            "available_experts": [names.get(digest, digest) for digest in digests],
            "busy": presence.busy,
            "calls": standing.calls,
            "failures": standing.failures,
            "latency_ms": round(1000 * standing.latency, 2),
            "quarantine": standing.fault,
        })  # fmt: skip
    return rows


async def _nodes(request: Request) -> Response:
    return JsonReply({"nodes": await node_rows(await _admit(request, "chat"))})


async def _remove_node(request: Request) -> Response:
    """Cut a node off; it must enrol anew."""
    experts = _experts(request)
    caller = await experts.desk.access.admit(request, "worker")
    if not await experts.desk.enrolments.remove(request.path_params["node"], caller.owner):
        raise ChatError(404, "no_such_node", "there is no such node of yours")
    return JsonReply({"removed": request.path_params["node"]})


async def _heartbeat(request: Request) -> Response:
    """Tell whether a node is there. Nodes beat by themselves, once a second, over NATS."""
    experts = await _admit(request, "worker")
    if request.path_params["node"] not in experts.reader.nodes():
        raise ChatError(404, "no_such_node", "the node has not been heard of for some seconds")
    return JsonReply({"status": "there"})


async def _top(request: Request) -> Response:
    experts = await _admit(request, "chat")
    top = await asyncio.to_thread(experts.usage.top, _limit(request, 10))
    return JsonReply({"experts": [_statistics(usage) for usage in top]})


async def _stats(request: Request) -> Response:
    experts = await _admit(request, "chat")
    name = request.path_params["name"]
    usage = await asyncio.to_thread(experts.usage.of, name)
    if usage is None:
        raise ChatError(404, "no_such_expert", "no expert of that name was ever called")
    return JsonReply(_statistics(usage))


def _statistics(usage: Usage) -> dict[str, Any]:
    return {
        "expert_name": usage.name,
        "call_count": usage.calls,
        "average_ms": round(1000 * usage.seconds / usage.calls, 2),
        "answered_by_nodes": usage.remote,
        "failed": usage.failed,
        "last_used": usage.last_at,
    }


async def _reward(request: Request) -> Response:
    """Settle the epoch that is over, once, and tell the share of an expert's author."""
    experts = await _admit(request, "worker")
    head = await asyncio.to_thread(experts.ledger.head, request.path_params["name"])
    if head is None:
        raise ChatError(404, "no_such_expert", "no expert of that name stands")
    record = await asyncio.to_thread(experts.ledger.record, head)
    assert record is not None
    epoch = experts.ledger.epoch() - 1
    settlement = await asyncio.to_thread(settle, experts.ledger, epoch)
    balance = (await asyncio.to_thread(balances, experts.ledger)).get(record.signer, 0)
    return JsonReply({
        "expert_name": record.name,
        "miner_address": record.signer,
        "epoch": epoch,
        "share": settlement.amounts.get(record.signer, 0) / POOL,
        "paid_now": settlement.is_new,
        "balance": balance / POOL,
    })  # fmt: skip


async def _document(request: Request, limit: int) -> dict[str, Any]:
    data = await read_body(request, limit, _BODY_SECONDS)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ChatError(400, "invalid_json", "the body must be a JSON object")
    return document


def _limit(request: Request, default: int) -> int:
    text = request.query_params.get("limit", str(default))
    if not (
        text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= MAX_LISTED
    ):
        raise ChatError(422, "invalid_value", f"limit: 1 to {MAX_LISTED}", parameter="limit")
    return int(text)
