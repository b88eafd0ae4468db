"""Errors as callers get them: always ``{error, detail, request_id}``, as JSON."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from cgp.api.answers import EscapedResponse
from cgp.api.messages import ErrorBody
from cgp.signing import Refusal
from cgp.store_errors import HolderReplacedError, LeaseLost, StoreError

logger = logging.getLogger(__name__)

# A client that still sends when it is refused may miss the answer: the rest is read, within bounds.
MAX_DRAINED_BYTES: Final = 32 * 1024 * 1024
DRAIN_SECONDS: Final = 10.0

_ABOUT_THE_BODY = frozenset({"TooLarge", "TooSlow", "LengthRequired", "Disconnected"})
_WORDS = {404: "NotFound", 405: "MethodNotAllowed"}


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the errors that a route may answer with."""
    return {
        status: {"model": ErrorBody, "description": _DESCRIPTIONS[status]} for status in statuses
    }


_DESCRIPTIONS: Final = {
    400: "The caller went away while it sent the request",
    401: "The signature or the API key is missing or wrong",
    403: "This caller may not do this",
    404: "There is no such thing",
    408: "The body took too long to arrive",
    409: "It is not in the state that this needs (a lease is lost, a conversation is not done)",
    411: "The body's length is not announced",
    413: "The body is too large",
    415: "The body is not JSON in UTF-8",
    422: "A field is not as expected; the detail names it",
    429: "Too many requests; Retry-After says how long to wait",
    503: "The store or the chain is away for the moment",
}


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of ``app`` an ``ErrorBody``."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(LeaseLost, _on_lease_lost)
    app.add_exception_handler(HolderReplacedError, _on_replaced)
    app.add_exception_handler(StoreError, _on_conflict)
    app.add_exception_handler(SQLAlchemyError, _on_database_error)
    app.add_exception_handler(Exception, _on_defect)


def _answer(
    request: Request, status: int, error: str, detail: str, headers: dict[str, str] | None = None
) -> EscapedResponse:
    body = ErrorBody(error=error, detail=detail, request_id=request.state.request_id)
    return EscapedResponse(body.model_dump(), status_code=status, headers=headers)


async def _drain(request: Request) -> None:
    """Read the rest of a body that is too large, and forget it, within limits.

    A caller that is still sending when the connection closes sees a broken pipe instead of the
    answer.
    """
    rest = MAX_DRAINED_BYTES
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while rest > 0:
                message = await request.receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                rest -= len(message["body"])
    except TimeoutError:
        return


async def _on_refusal(request: Request, error: Exception) -> EscapedResponse:
    assert isinstance(error, Refusal)
    if error.error == "TooLarge":
        await _drain(request)
    about_body = error.error in _ABOUT_THE_BODY
    detail = f"body: {error.detail}" if about_body else error.detail
    return _answer(request, error.status, error.error, detail, error.headers)


def _on_invalid(request: Request, error: Exception) -> EscapedResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    # The first part of the place is "query" or "path": the rest is the name that the caller knows.
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return _answer(request, 422, "Malformed", f"{field}: {first['msg'][:200]}")


def _on_http_error(request: Request, error: Exception) -> EscapedResponse:
    assert isinstance(error, HTTPException)
    word = _WORDS.get(error.status_code, "Refused")
    headers = dict(error.headers) if error.headers else None
    detail = f"{request.method} {request.url.path[:200]}: {error.detail}"
    return _answer(request, error.status_code, word, detail, headers)


def _on_lease_lost(request: Request, error: Exception) -> EscapedResponse:
    return _answer(request, 409, "LeaseLost", str(error))


def _on_replaced(request: Request, error: Exception) -> EscapedResponse:
    return _answer(request, 409, "HolderReplaced", f"session: {error}")


def _on_conflict(request: Request, error: Exception) -> EscapedResponse:
    return _answer(request, 409, "Conflict", str(error))


def _on_database_error(request: Request, error: Exception) -> EscapedResponse:
    logger.error("Request %s: the database", request.state.request_id, exc_info=error)
    detail = "the database is away or busy, try again"
    return _answer(request, 503, "StoreUnavailable", detail, {"Retry-After": "1"})


def _on_defect(request: Request, error: Exception) -> EscapedResponse:
    logger.error("Request %s failed", request.state.request_id, exc_info=error)
    # This answer does not pass the middleware that adds the id to all others.
    headers = {"X-Request-ID": request.state.request_id}
    detail = "a defect of the server; tell its operator the request's id"
    return _answer(request, 500, "Defect", detail, headers)
