"""Backend ``openai``: any server of OpenAI's protocol (llama.cpp, Ollama, vLLM, LM Studio)."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

import aiohttp

from cgp.bounded_bodies import body_within
from cgp.chat.errors import AwayError
from cgp.jobs import Job, JobKind
from cgp.jobs.errors import JobFailedError

_PATHS: Final = {JobKind.CHAT: "chat/completions", JobKind.EMBEDDINGS: "embeddings"}
_MAX_WHOLE_BYTES: Final = 3 << 20
_MAX_EVENT_BYTES: Final = 1 << 20
_CONNECT_SECONDS = 5.0
_MODELS_SECONDS = 10.0


class OpenAIServer:
    """A server at ``base_url`` (which ends in ``/v1``). ``models`` limits what it offers."""

    def __init__(self, base_url: str, key: str | None = None, names: tuple[str, ...] = ()) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._names = names
        self._session: aiohttp.ClientSession | None = None

    async def models(self) -> Mapping[JobKind, tuple[str, ...]]:
        """Return the named models, or all that the server lists; each for both kinds of jobs."""
        timeout = aiohttp.ClientTimeout(total=_MODELS_SECONDS)
        try:
            async with self._open().get(
                f"{self._base}/models", timeout=timeout, headers=self._headers
            ) as response:
                response.raise_for_status()
                document = json.loads(await _whole(response))
                names_there = tuple(str(entry["id"]) for entry in document["data"])
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError(f"{self._base}/models: {str(error) or type(error).__name__}") from None
        except (ValueError, KeyError, TypeError):
            raise AwayError(f"{self._base}/models: not a list of models") from None
        names = self._names or names_there
        return {JobKind.CHAT: names, JobKind.EMBEDDINGS: names}

    async def answer(self, job: Job) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the server's answer. Closing the generator closes the connection: an abort."""
        path = _PATHS.get(job.kind)
        if path is None:
            raise JobFailedError({"status": 400, "message": f"this worker does no {job.kind}"})
        # No time limit on the whole: the gateway closes what lasts too long.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        data = json.dumps(job.body, ensure_ascii=False).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            async with self._open().post(
                f"{self._base}/{path}",
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                if response.status != 200:
                    raise JobFailedError(await _refusal(response))
                if job.body.get("stream"):
                    async for part in _events(response):
                        yield part
                else:
                    yield _object(await _whole(response))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = type(error).__name__
            raise JobFailedError(
                {"status": 503, "message": f"the backend is away ({reason})"}
            ) from None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Connections are not kept: a server may drop one at the moment in which it is reused.
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._session = aiohttp.ClientSession(connector=connector, read_bufsize=1 << 16)
        return self._session


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    data = await body_within(response, _MAX_WHOLE_BYTES)
    if data is None:
        raise JobFailedError({"status": 502, "message": "the backend's answer is too large"})
    return data


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the documents of a stream of events until its end.

    Raises:
        JobFailedError: for an error in the stream, and for a stream that breaks off.
    """
    buffer = b""
    async for chunk in response.content.iter_any():
        *lines, buffer = (buffer + chunk).split(b"\n")
        if len(buffer) > _MAX_EVENT_BYTES:
            raise JobFailedError({"status": 502, "message": "an event of the backend is too large"})
        for line in lines:
            if not line.startswith(b"data:"):
                continue
            data = line.removeprefix(b"data:").strip()
            if data == b"[DONE]":
                return
            document = _object(data)
            if "error" in document:
                raise JobFailedError(_error(502, document))
            yield document
    raise JobFailedError({"status": 502, "message": "the backend's stream broke off"})


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise JobFailedError({"status": 502, "message": "the backend sent no JSON object"})
    return document


async def _refusal(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    status = response.status if 400 <= response.status <= 599 else 502
    try:
        document = json.loads(await _whole(response))
    except (ValueError, RecursionError):
        document = None
    return _error(status, document if isinstance(document, dict) else {})


def _error(status: int, document: Mapping[str, Any]) -> Mapping[str, Any]:
    error = document.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    text = message if isinstance(message, str) else f"the backend answered {status}"
    return {"status": status, "message": text[:500]}
