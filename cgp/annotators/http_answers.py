"""HTTP of both SDKs (httpx2): bounded responses, and errors by their remedy."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import AsyncIterator
from functools import cache
from typing import NoReturn, TypeVar

import httpx2
from pydantic import BaseModel, SecretStr, ValidationError

from cgp.annotators.errors import (
    BackendRefusedError,
    BackendUnavailableError,
    ContextOverflowError,
)
from cgp.annotators.resilience import retry_after

MAX_RESPONSE_BYTES = 4 * 2**20
_PASSING = frozenset({408, 409, 425, 429})
_ALWAYS = frozenset({401, 402, 403, 404, 405})
_MAX_REASON = 300

_OVERFLOW_STATUS = frozenset({400, 413, 422, 500})
# As llama.cpp, OpenAI and vLLM, Anthropic, LM Studio, llama-cpp-python and others say it.
_OVERFLOW = re.compile(
    r"exceed_context_size|context_length_exceeded|maximum context length|context (?:length|size|window)"
    r"|prompt is too long|input is too long|too many (?:input |total |prompt )?tokens",
    re.IGNORECASE,
)
# How long the question is and how much fits, in tokens; OpenAI and Anthropic say it in prose.
_SIZES = (
    re.compile(r'"n_prompt_tokens"\s*:\s*(?P<size>\d+).*"n_ctx"\s*:\s*(?P<most>\d+)', re.DOTALL),
    re.compile(r"(?P<size>\d+) tokens > (?P<most>\d+)"),
    re.compile(r"context length is (?P<most>\d+)\D+(?P<size>\d+)"),
    re.compile(r"\((?P<size>\d+)\) exceeds? [a-z ]*context [a-z]+ of (?P<most>\d+)"),
    re.compile(r"\((?P<size>\d+) tokens\) exceeds? [a-z ]*context [a-z]+ \((?P<most>\d+)"),
)

Answer = TypeVar("Answer", bound=BaseModel)


class _BoundedStream(httpx2.AsyncByteStream):
    """A response's body, refused beyond ``MAX_RESPONSE_BYTES``: an answer may never end."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_RESPONSE_BYTES:
                raise BackendUnavailableError(
                    f"the response did not end within {MAX_RESPONSE_BYTES} bytes", answered=True
                )
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _BoundedStream(response.stream)


@cache
def _certificates() -> ssl.SSLContext:
    return httpx2.create_ssl_context()  # reads a file of certificates, which takes 50 ms


def bounded_client(seconds: float, connections: int) -> httpx2.AsyncClient:
    """Return an HTTP client for an SDK.

    Redirects are not followed, since a header with a key would go along. Compressed responses are
    not asked for, so that the bound on their size means something.
    """
    return httpx2.AsyncClient(
        verify=_certificates(),
        timeout=httpx2.Timeout(seconds),
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_bound]},
    )


def raise_for_overflow(response: httpx2.Response) -> None:
    """Raise if a response with an error status says that the question is too long for the model.

    Raises:
        ContextOverflowError: with the share of the question that would fit, where it is told.
    """
    if response.status_code not in _OVERFLOW_STATUS or not _OVERFLOW.search(response.text):
        return
    sizes = next(filter(None, (form.search(response.text) for form in _SIZES)), None)
    fits = int(sizes["most"]) / max(1, int(sizes["size"])) if sizes else None
    message = "the question is too long for the model's context"
    if sizes:
        message += f" ({sizes['size']} tokens, {sizes['most']} fit)"
    raise ContextOverflowError(message, fits=fits)


def raise_for_status(response: httpx2.Response, key: SecretStr | None) -> NoReturn:
    """Raise the error of a response with an error status."""
    status = response.status_code
    reason = f"HTTP {status}: {error_text(response.text, key) or response.reason_phrase}"
    if status == 429 and "insufficient_quota" in response.text:
        raise BackendRefusedError(f"the account has no credit left ({reason})", always=True)
    if status in _PASSING or status >= 500:
        raise BackendUnavailableError(
            reason, retry_after=retry_after(response.headers, time.time())
        )
    raise BackendRefusedError(reason, always=status in _ALWAYS or status < 400)


def connection_failure(error: Exception) -> BackendUnavailableError:
    """Return the error of a failed or lost connection; only before a connection
    nothing is billed.
    """
    cause = error.__cause__ or error
    unsent = isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    description = (
        "no connection" if unsent else "the connection was lost before the answer was complete"
    )
    return BackendUnavailableError(
        f"{description} ({str(cause)[:_MAX_REASON] or type(cause).__name__})", answered=not unsent
    )


def read_response(model: type[Answer], response: httpx2.Response) -> Answer:
    """Read a successful response's body.

    Raises:
        BackendUnavailableError: if it breaks the API's form.
    """
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BackendUnavailableError(
            f"the response is malformed ({where or 'body'}: {first['msg'][:_MAX_REASON]})",
            answered=True,
        ) from error


def error_text(text: str, key: SecretStr | None) -> str:
    """Return a server's words, short, on one line, and without the key."""
    if key is not None and key.get_secret_value():
        text = text.replace(key.get_secret_value(), "***")
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text[: 4 * _MAX_REASON]).strip()[:_MAX_REASON]
