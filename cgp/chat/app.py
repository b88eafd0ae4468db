"""The gateway over HTTP: OpenAI's routes, enrolment of workers, health and metrics."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, Response

from cgp.chat.access import Caller
from cgp.chat.desk import Desk
from cgp.chat.dispatch import Journey
from cgp.chat.enrolment import Enrolment
from cgp.chat.errors import ChatError
from cgp.chat.metrics import gateway_samples
from cgp.chat.replies import JsonReply, error_reply, read_body, reply
from cgp.chat.requests import MAX_BODY_BYTES, PANEL_MODEL, read_chat, read_embeddings
from cgp.jobs import Audience
from cgp.jobs.users import owner_token
from cgp.signing import Refusal
from cgp.telemetry import CONTENT_TYPE, NOT_INSTALLED, exposition

logger = logging.getLogger(__name__)

BODY_SECONDS: Final = 10.0
MAX_CONVERSATION_ID: Final = 1000
MAX_TURN_DIGITS: Final = 7


def make_app(desk: Desk, hosts: list[str]) -> FastAPI:
    """Return the gateway's application; it answers to the names in ``hosts`` alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.at_exit = []
    app.state.desk = desk
    app.add_api_route("/v1/chat/completions", _chat, methods=["POST"])
    app.add_api_route("/v1/embeddings", _embeddings, methods=["POST"])
    app.add_api_route("/v1/models", _models, methods=["GET"])
    app.add_api_route("/v1/turns", _turns, methods=["GET"])
    app.add_api_route("/v1/workers", enrol_worker, methods=["POST"])
    app.add_api_route("/v1/workers", _workers, methods=["GET"])
    app.add_api_route("/healthz", _health, methods=["GET"])
    app.add_api_route("/metrics", _metrics, methods=["GET"])
    for kind in (
        ChatError,
        Refusal,
        RequestValidationError,
        HTTPException,
        SQLAlchemyError,
        Exception,
    ):
        app.add_exception_handler(kind, error_reply)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    return app


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _chat(request: Request) -> Response:
    desk = _desk(request)
    caller = await desk.access.admit(request, "chat")
    data = await read_body(request, MAX_BODY_BYTES, BODY_SECONDS)
    question = read_chat(data, max_tokens=desk.settings.max_tokens)
    journey = Journey()
    return await reply(
        request, question.stream, _headers_of(journey), desk.ask(caller, question, journey)
    )


async def _embeddings(request: Request) -> Response:
    desk = _desk(request)
    caller = await desk.access.admit(request, "chat")
    question = read_embeddings(await read_body(request, MAX_BODY_BYTES, BODY_SECONDS))
    journey = Journey()
    return await reply(
        request, question.stream, _headers_of(journey), desk.embed(caller, question, journey)
    )


def _headers_of(journey: Journey) -> Callable[[], dict[str, str]]:
    """Return the headers of a reply, which are known when its first part is there."""
    return lambda: {
        "X-CGP-Worker": journey.worker_name.encode("ascii", "replace").decode(),
        "X-CGP-Attempts": str(journey.attempts),
    }


async def _models(request: Request) -> Response:
    desk = _desk(request)
    caller = await desk.access.admit(request, "chat")
    data = [
        {
            "id": name,
            "object": "model",
            "created": int(desk.began_at),
            "owned_by": caller.owner,
            "workers": len(workers),
            "context": max(worker.offer.context for worker in workers),
        }
        for name, workers in desk.dispatcher.roster.models(caller.owner).items()
    ]
    if desk.has_panel(caller):
        data.append({
            "id": PANEL_MODEL,
            "object": "model",
            "created": int(desk.began_at),
            "owned_by": caller.owner,
        })  # fmt: skip
    return JsonReply({"object": "list", "data": data})


async def _turns(request: Request) -> Response:
    """Give a cited turn with its neighbours: ``?conversation=ID&turn=N``, turns from 0."""
    desk = _desk(request)
    caller = await desk.access.admit(request, "chat")
    conversation, number = (request.query_params.get(name, "") for name in ("conversation", "turn"))
    if not 0 < len(conversation) <= MAX_CONVERSATION_ID:
        message = f"conversation: must be an id of 1 to {MAX_CONVERSATION_ID} characters"
        raise ChatError(400, "invalid_value", message, parameter="conversation")
    if not (number.isascii() and number.isdecimal() and len(number) <= MAX_TURN_DIGITS):
        raise ChatError(400, "invalid_value", "turn: must be a number from 0", parameter="turn")
    passage = await desk.turns_around(caller, conversation, int(number))
    return JsonReply({
        "conversation": passage.conversation,
        "title": passage.title,
        "level": passage.level,
        "turns": [{"turn": t.number, "speaker": t.speaker, "text": t.text} for t in passage.turns],
    })  # fmt: skip


async def enrol_worker(request: Request) -> Response:
    """Enrol a worker: by an API key, or signed by a hotkey that may."""
    desk = _desk(request)
    key = ""
    # A signature stands for itself, so no API key is looked for beside it.
    if any(name.startswith("x-bittensor-") for name in request.headers):
        proof = await desk.gate.admit(request)
        owner, data = proof.hotkey, proof.body
    else:
        caller: Caller = await desk.access.admit(request, "worker")
        owner, key = caller.owner, "" if desk.access.keys is None else caller.key
        data = await read_body(request, 4096, BODY_SECONDS)
    try:
        public_key = json.loads(data)["public_key"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ChatError(400, "invalid_json", "the body must be {public_key}") from None
    if not isinstance(public_key, str):
        raise ChatError(400, "invalid_value", "public_key: must be a text", parameter="public_key")
    await desk.enrolments.add(Enrolment(public_key, owner, key))
    return JsonReply({"worker": public_key, "owner": owner, "nats_url": desk.nats_url})


async def _workers(request: Request) -> Response:
    """List the workers that the caller can use, with their measurements."""
    desk = _desk(request)
    caller = await desk.access.admit(request, "chat")
    return JsonReply({"object": "list", "data": worker_rows(desk, caller.owner)})


def worker_rows(desk: Desk, owner: str) -> list[dict[str, Any]]:
    """Return a row for each worker that a key of ``owner`` can use."""
    present = desk.dispatcher.roster.visible(owner_token(owner), Audience.SHARED)
    rows = []
    for worker, presence in sorted(present.items(), key=lambda item: item[1].offer.name):
        standing = desk.dispatcher.roster.standing(worker)
        rows.append({
            "id": worker,
            "name": presence.offer.name,
            "models": sorted({name for names in presence.offer.models.values() for name in names}),
            "slots": presence.offer.slots,
            "busy": standing.busy,
            "draining": presence.draining,
            "audience": presence.offer.audience,
            "paused": desk.dispatcher.roster.is_paused(worker),
            "jobs": standing.jobs,
            "losses": standing.losses,
            "spot_checks": standing.spot_checks,
            "faults": standing.faults,
            "reputation": standing.reputation,
            "tokens_per_second": standing.tokens_per_second,
            "first_token_seconds": standing.first_token_seconds,
        })  # fmt: skip
    return rows


async def _health(request: Request) -> Response:
    desk = _desk(request)
    ready = desk.jobs.is_connected
    document = {
        "ready": ready,
        "workers": len(desk.jobs.workers()),
        "waiting": desk.dispatcher.places.waiting,
        "uptime_seconds": round(time.time() - desk.began_at, 1),
        "address": desk.gate.hotkey,
    }
    return JsonReply(document, status_code=200 if ready else 503)


async def _metrics(request: Request) -> Response:
    text = exposition(gateway_samples(_desk(request)))
    if text is None:
        return PlainTextResponse(NOT_INSTALLED, status_code=501)
    return PlainTextResponse(text, media_type=CONTENT_TYPE)
