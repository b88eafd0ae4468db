"""Replies that stop their work when the client is gone, whole or as a stream of events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cgp.chat.errors import ChatError
from cgp.foreign_text import json_text
from cgp.jobs import NatsServerError
from cgp.request_bodies import BodyFault, read_within
from cgp.signing import Refusal

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Nginx's status for a client that left; nobody reads it but the log.
CLIENT_GONE = 499
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class JsonReply(Response):
    """A JSON document in UTF-8, in which no text of a worker acts on the reader's terminal.

    A worker of somebody else may answer anything, half a surrogate pair too, which UTF-8 has not.
    """

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - as overridden
        """Return the bytes of a document."""
        return _bytes_of(content)


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def while_connected(receive: Receive, work: Awaitable[T]) -> T | None:
    """Return the result of ``work``, None where the client left before: then it is cancelled."""
    task = asyncio.ensure_future(work)
    departure = asyncio.ensure_future(_departure(receive))
    try:
        await asyncio.wait({task, departure}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for future in (task, departure):
            future.cancel()
        await asyncio.wait({task, departure})


def event(document: Mapping[str, Any]) -> bytes:
    """Return a document as one event."""
    return b"data: " + _bytes_of(document) + b"\n\n"


def _bytes_of(document: Any) -> bytes:  # noqa: ANN401 - JSON values
    # Surrogates are escaped as well, which UTF-8 could not hold.
    return json_text(json.dumps(document, ensure_ascii=False, separators=(",", ":"))).encode()


class EventStream(Response):
    """Events of an answer whose first part is there. An error after it becomes the last event."""

    def __init__(
        self,
        first: Mapping[str, Any],
        rest: AsyncGenerator[Mapping[str, Any]],
        headers: Mapping[str, str],
    ) -> None:
        self._first = first
        self._rest = rest
        self.status_code = 200
        self.background = None
        self.raw_headers = [
            *_HEADERS,
            *((name.lower().encode(), value.encode()) for name, value in headers.items()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the events until they end or the client leaves."""
        try:
            await while_connected(receive, self._send(send))
        finally:
            # Also where the client left before the first byte: the worker hears of it here.
            await self._rest.aclose()

    async def _send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await self._write(send, event(self._first))
        try:
            async for part in self._rest:
                await self._write(send, event(part))
        except ChatError as error:
            await self._write(send, event(error.body()))
        except Exception:
            logger.exception("a stream failed by a fault of the gateway")
            fault = ChatError(500, "internal_error", "the gateway failed")
            await self._write(send, event(fault.body()))
        else:
            await self._write(send, b"data: [DONE]\n\n")
        with contextlib.suppress(OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    @staticmethod
    async def _write(send: Send, data: bytes) -> None:
        await send({"type": "http.response.body", "body": data, "more_body": True})


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """Return the body of a request that is JSON.

    Raises:
        ChatError: 415 unless it says that it is JSON, and as ``read_bytes``.
    """
    # A page of another site cannot send this type without asking first.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ChatError(415, "unsupported_media_type", "Content-Type must be application/json")
    return await read_bytes(request, limit, seconds)


async def read_bytes(request: Request, limit: int, seconds: float) -> bytes:
    """Return the body of a request.

    Raises:
        ChatError: 413 beyond ``limit`` bytes, 408 if it takes longer than ``seconds``, 400 if it
            breaks off.
    """
    body = await read_within(request, limit, seconds)
    if body is BodyFault.TOO_LARGE:
        raise ChatError(413, "body_too_large", f"a body has at most {limit} bytes")
    if body is BodyFault.TOO_SLOW:
        raise ChatError(408, "too_slow", f"a body takes at most {seconds:g} s")
    if isinstance(body, BodyFault):
        # The caller is gone and reads no answer; the status is for the log.
        raise ChatError(400, "body_cut", "the body broke off")
    return body


async def reply(
    request: Request,
    is_stream: bool,
    headers: Callable[[], Mapping[str, str]],
    parts: AsyncGenerator[Mapping[str, Any]],
) -> Response:
    """Answer with all parts; the worker stops where the client leaves or the time is over.

    ``headers`` are read when the first part is there.
    """
    first: Mapping[str, Any] | None = None
    try:
        beginning = anext(parts, {}) if is_stream else _only(parts)
        first = await while_connected(request.receive, beginning)
    finally:
        if not (is_stream and first):
            await parts.aclose()
    if first is None:
        return Response(status_code=CLIENT_GONE)
    if not first:
        raise ChatError(502, "backend_failed", "the backend ended without an answer")
    if is_stream:
        return EventStream(first, parts, headers())
    return JsonReply(first, headers=dict(headers()))


async def _only(parts: AsyncGenerator[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the one part of a whole answer, after the job has ended in good order."""
    whole: Mapping[str, Any] = {}
    async for part in parts:
        whole = whole or part
    return whole


async def error_reply(_request: Request, error: Exception) -> Response:
    """Answer every error as OpenAI does, so that clients raise their own classes."""
    if isinstance(error, Refusal):
        word = error.error
        fault = ChatError(error.status, word, error.detail)
        return JsonReply(fault.body(), status_code=error.status, headers=error.headers)
    if isinstance(error, HTTPException):
        fault = ChatError(error.status_code, "not_found", str(error.detail))
    elif isinstance(error, RequestValidationError):
        # The framework's own answer would repeat the caller's text.
        name = str(error.errors()[0]["loc"][-1])
        message = f"{name}: {error.errors()[0]['msg'][:200]}"
        fault = ChatError(422, "invalid_value", message, parameter=name)
    elif isinstance(error, ChatError):
        fault = error
    elif isinstance(error, NatsServerError):
        fault = ChatError(503, "nats_away", str(error), retry_after=5.0)
    elif isinstance(error, SQLAlchemyError):
        # Keys are looked up for each request.
        logger.error("a request failed: the store", exc_info=error)
        message = "the store is away or busy, try again"
        fault = ChatError(503, "store_away", message, retry_after=1.0)
    else:
        logger.error("a request failed by a fault of the gateway", exc_info=error)
        fault = ChatError(500, "internal_error", "the gateway failed")
    return JsonReply(fault.body(), status_code=fault.status, headers=dict(fault.headers))
