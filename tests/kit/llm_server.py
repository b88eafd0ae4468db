"""Real HTTP servers on loopback that speak OpenAI's and Anthropic's wire form, and misbehave on demand.

A server is given a script: what to do with the first request, the second, and so on; the last entry
goes for all further ones. It checks every request as strictly as the real one would and keeps what was
wrong in ``problems``, which tests assert to be empty. It keeps the requests in ``requests``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.kit.llm_schemas import BOUNDS, bounds_of, schema_problems

KEY = "test-key-7Qx"


@dataclass(frozen=True)
class Says:
    """A proper answer; ``text`` may be made from the request's body.

    ``message`` replaces parts of OpenAI's message, as servers do that are only nearly compatible.
    """

    text: str | Callable[[dict[str, Any]], str]
    finish: str = "stop"
    refusal: str | None = None
    tokens: tuple[int, int] | None = (100, 20)
    cost: float | None = None
    message: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    """An HTTP status with a body and headers."""

    code: int
    body: str = '{"error": {"message": "no", "type": "test"}}'
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """A 200 whose body is exactly this."""

    body: bytes


@dataclass(frozen=True)
class Stalls:
    """Nothing, or (``after_start``) the first half of an answer, and then silence."""

    after_start: bool = False


@dataclass(frozen=True)
class Drops:
    """The connection is cut, at once or (``after_start``) in the middle of the answer."""

    after_start: bool = False


@dataclass(frozen=True)
class Endless:
    """A body that never ends: fast, or one byte now and then (``slow``)."""

    slow: bool = False


@dataclass(frozen=True)
class Streams:
    """A proper answer, sent in many small chunks."""

    says: Says


@dataclass(frozen=True)
class Waits:
    """Holds the request until the event is set, and goes on with ``then``."""

    event: asyncio.Event
    then: Any


@dataclass(frozen=True)
class Chooses:
    """``yes`` for the requests that ``test`` accepts, else what ``no`` makes of them."""

    test: Callable[[dict[str, Any]], bool]
    yes: Any
    no: Callable[[dict[str, Any]], Any]


class ScriptedServer:
    """The part that is the same for both wires."""

    path = ""

    def __init__(self, script: Sequence[Any]) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.url = ""
        self.in_flight = 0
        self.most_in_flight = 0
        self._stopping = asyncio.Event()
        self._arrival = asyncio.Condition()

    @asynccontextmanager
    async def running(self):
        application = web.Application(client_max_size=64 * 2**20)
        application.router.add_post(self.path, self._handle)
        self.add_routes(application)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self._stopping.set()
            await runner.cleanup()

    async def arrived(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.requests) >= count)

    def add_routes(self, application: web.Application) -> None:
        """Add what else this wire has."""

    def check(self, request: web.Request, body: dict[str, Any]) -> list[str]:
        raise NotImplementedError

    def envelope(self, says: Says, text: str) -> dict[str, Any]:
        raise NotImplementedError

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if problems := self.check(request, body):
            self.problems += problems
            return web.json_response({"error": {"message": "; ".join(problems)}}, status=400)
        self.requests.append(body)
        number = len(self.requests)
        async with self._arrival:
            self._arrival.notify_all()
        action = self.script[min(number, len(self.script)) - 1]
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._act(action, request, body)
        except ConnectionError:
            raise web.HTTPInternalServerError from None  # the client has gone
        finally:
            self.in_flight -= 1

    async def _act(
        self, action: Any, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        if isinstance(action, Waits):
            await action.event.wait()
            action = action.then
        if isinstance(action, Chooses):
            action = action.yes if action.test(body) else action.no(body)
        if isinstance(action, Status):
            return web.Response(
                status=action.code,
                text=action.body,
                headers=action.headers,
                content_type="application/json",
            )
        if isinstance(action, Raw):
            return web.Response(body=action.body, content_type="application/json")
        if isinstance(action, Says):
            return web.Response(body=self._encoded(action, body), content_type="application/json")
        return await self._act_badly(action, request, body)

    async def _act_badly(
        self, action: Any, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        assert request.transport is not None
        if isinstance(action, Drops | Stalls) and not action.after_start:
            if isinstance(action, Stalls):
                await self._stopping.wait()
            request.transport.abort()
            return web.Response()
        whole = self._encoded(action.says if isinstance(action, Streams) else Says("x" * 200), body)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if isinstance(action, Drops | Stalls):
            response.content_length = len(whole)
        await response.prepare(request)
        if isinstance(action, Drops | Stalls):
            await response.write(whole[: len(whole) // 2])
            if isinstance(action, Stalls):
                await self._stopping.wait()
            request.transport.abort()
        elif isinstance(action, Streams):
            for i in range(0, len(whole), 7):
                await response.write(whole[i : i + 7])
            await response.write_eof()
        else:
            await self._endlessly(response, action.slow)
        return response

    async def _endlessly(self, response: web.StreamResponse, slow: bool) -> None:
        await response.write(b'{"id": "')
        while not self._stopping.is_set():
            await response.write(b"a" if slow else b"a" * 65536)
            await asyncio.sleep(0.005 if slow else 0)

    def _encoded(self, says: Says, body: dict[str, Any]) -> bytes:
        text = says.text if isinstance(says.text, str) else says.text(body)
        return json.dumps(self.envelope(says, text)).encode()


class OpenAIServer(ScriptedServer):
    """``/v1/chat/completions`` and ``/v1/embeddings``."""

    path = "/v1/chat/completions"
    allowed = frozenset(
        {
            "model",
            "messages",
            "temperature",
            "seed",
            "max_tokens",
            "max_completion_tokens",
            "response_format",
            "stop",
        }
    )

    def __init__(self, script: Sequence[Any] = (), *, unsupported: Sequence[str] = ()) -> None:
        super().__init__(script)
        self.unsupported = set(unsupported)
        self.embedded: list[list[str]] = []
        self.embedding_script: list[Any] = []

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def add_routes(self, application: web.Application) -> None:
        application.router.add_post("/v1/embeddings", self._embed)

    def check(self, request: web.Request, body: dict[str, Any]) -> list[str]:
        problems = []
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            problems.append("no bearer key")
        if unknown := set(body) - self.allowed:
            problems.append(f"unknown parameters {unknown}")
        if not isinstance(body.get("model"), str):
            problems.append("model must be a string")
        roles = [message.get("role") for message in body.get("messages", [])]
        if roles[:1] != ["system"] or not _alternate(roles[1:]):
            problems.append(f"roles are {roles}")
        if not all(isinstance(m.get("content"), str) for m in body["messages"]):
            problems.append("content must be a string")
        form = body.get("response_format", {"type": "text"})
        if form["type"] == "json_schema":
            problems += schema_problems(form["json_schema"]["schema"], BOUNDS)
        elif form["type"] not in {"json_object", "text"}:
            problems.append(f"response_format {form}")
        return problems

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        form = body.get("response_format", {}).get("type")
        bounds = bounds_of(body.get("response_format", {}))
        for name in self.unsupported & {*body, form, *bounds}:
            message = f"Unsupported parameter: '{name}' is not supported with this model."
            return web.json_response({"error": {"message": message, "param": name}}, status=400)
        return await super()._handle(request)

    def envelope(self, says: Says, text: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": text, "refusal": says.refusal, **says.message}
        document: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": says.finish}],
        }
        if says.tokens:
            read, written = says.tokens
            document["usage"] = {
                "prompt_tokens": read,
                "completion_tokens": written,
                "total_tokens": read + written,
            }
            if says.cost is not None:
                document["usage"]["cost"] = says.cost
        return document

    async def _embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.embedded.append(body["input"])
        if self.embedding_script:
            action = self.embedding_script.pop(0)
            return web.Response(
                status=action.code,
                text=action.body,
                headers=action.headers,
                content_type="application/json",
            )
        dimension = body.get("dimensions", 3)
        data = []
        for i, text in enumerate(body["input"]):
            vector = [float((sum(text.encode()) + 7 * j) % 11 - 5) for j in range(dimension)]
            value: Any = vector
            if body.get("encoding_format") == "base64":
                value = base64.b64encode(struct.pack(f"<{dimension}f", *vector)).decode()
            data.append({"object": "embedding", "index": i, "embedding": value})
        usage = {"prompt_tokens": 5 * len(data), "total_tokens": 5 * len(data)}
        return web.json_response(
            {"object": "list", "model": body["model"], "data": data[::-1], "usage": usage}
        )


class AnthropicServer(ScriptedServer):
    """``/v1/messages``."""

    path = "/v1/messages"
    allowed = frozenset({"model", "messages", "system", "max_tokens", "output_config"})

    def check(self, request: web.Request, body: dict[str, Any]) -> list[str]:
        problems = []
        # The API takes a key in either header; the SDK decides which it sends.
        sent = {request.headers.get("x-api-key"), request.headers.get("Authorization")}
        if not sent & {KEY, f"Bearer {KEY}"}:
            problems.append("no key")
        if not request.headers.get("anthropic-version"):
            problems.append("no anthropic-version")
        if unknown := set(body) - self.allowed:
            problems.append(f"unknown parameters {unknown}")
        if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
            problems.append("max_tokens is needed")
        roles = [message.get("role") for message in body.get("messages", [])]
        if not _alternate(roles):
            problems.append(f"roles are {roles}")
        form = body.get("output_config", {}).get("format")
        if form:
            problems += schema_problems(form["schema"], frozenset())
        return problems

    def envelope(self, says: Says, text: str) -> dict[str, Any]:
        finish = {"stop": "end_turn", "length": "max_tokens"}.get(says.finish, says.finish)
        document: dict[str, Any] = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": text}],
            "stop_reason": finish,
            "stop_sequence": None,
        }
        if says.tokens:
            document["usage"] = {"input_tokens": says.tokens[0], "output_tokens": says.tokens[1]}
        return document


def _alternate(roles: Sequence[str]) -> bool:
    """Tell whether user and assistant take turns, and the user has the last word."""
    return len(roles) % 2 == 1 and all(
        role == ("assistant" if i % 2 else "user") for i, role in enumerate(roles)
    )
