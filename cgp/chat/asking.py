"""One question to a gateway, and its answer with citations: the terminal's side of chat."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import aiohttp

from cgp.bounded_bodies import body_within
from cgp.chat.errors import AwayError, ChatError

_MAX_LINE: Final = 1 << 20
_MAX_ANSWER: Final = 16 << 20
_MAX_DOCUMENT: Final = 1 << 20
# As long as a gateway lets a job last: a small machine reads a long prompt for minutes.
_QUIET_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a conversation that an answer rests on; turns count from 0. ``title`` may be empty.
    ``lender`` is the worker that gave the passage, empty where the gateway's own memory did.

    ``passage`` is the number that a model's marks name; None where marks name the quotes in order.
    """

    conversation: str
    turn: int
    quote: str
    passage: int | None = None
    title: str = ""
    lender: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the quote as ``cgp chat --json`` prints it."""
        return {"conversation": self.conversation, "turn": self.turn, "quote": self.quote}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as ``cgp chat --json`` prints it."""

    answer: str
    citations: tuple[Quote, ...]
    model: str
    worker: str

    def to_json(self) -> dict[str, Any]:
        """Return the answer as a document."""
        return asdict(self) | {"citations": [quote.to_json() for quote in self.citations]}


async def ask(
    url: str,
    question: str,
    *,
    model: str | None = None,
    key: str | None = None,
    participant: str | None = None,
    on_words: Callable[[str], None] = lambda _words: None,
) -> Reply:
    """Ask the gateway at ``url``; ``on_words`` gets the words as they come.

    ``model`` None takes the first model of the gateway. A model's prompt gets passages of the
    genome; the backend without a model searches by itself. ``participant`` is the person who asks,
    whose own profile the prompt gets.

    Raises:
        ChatError: if the gateway refuses, or the answer breaks off.
        AwayError: if the gateway cannot be reached.
    """
    base = url.rstrip("/").removesuffix("/v1")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=_QUIET_SECONDS)
    try:
        async with aiohttp.ClientSession(
            base, headers=headers, timeout=timeout, read_bufsize=_MAX_LINE
        ) as session:
            name = model or await _first_model(session)
            body: dict[str, Any] = {
                "model": name,
                "messages": [{"role": "user", "content": question}],
                "stream": True,
                "cgp": {"memory": name != "extractive"},
            }
            if participant is not None:
                body["cgp"]["as"] = participant
            async with session.post("/v1/chat/completions", json=body) as response:
                return await read_reply(response, on_words)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise AwayError(f"the gateway {base}: {str(error) or type(error).__name__}") from None


async def _first_model(session: aiohttp.ClientSession) -> str:
    async with session.get("/v1/models") as response:
        document = await _document_of(response)
        if response.status != 200:
            raise _refusal(response.status, document)
    try:
        names = [str(entry["id"]) for entry in document["data"]]
    except (TypeError, KeyError):
        message = "this address answers, but not as a chat gateway does"
        raise ChatError(502, "malformed_answer", message) from None
    if not names:
        raise ChatError(503, "no_worker", "the gateway has no worker; start one: cgp worker")
    # A model, where there is one, says more than cited sentences. A panel costs all its members.
    usual = [name for name in names if name not in {"extractive", "panel"}]
    return (usual or names)[0]


async def read_reply(response: aiohttp.ClientResponse, on_words: Callable[[str], None]) -> Reply:
    """Read a stream of events to its end; ``on_words`` gets the words as they come.

    Raises:
        ChatError: for a refusal, an answer that breaks off, or one that does not end.
        ValueError: if an event is not JSON, or none of a chat's.
    """
    try:
        return await _read(response, on_words)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        # A miner is anybody's program, and may send anything.
        raise ValueError("an event of the answer is none of a chat's") from error


async def _read(response: aiohttp.ClientResponse, on_words: Callable[[str], None]) -> Reply:
    if response.status != 200:
        raise _refusal(response.status, await _document_of(response))
    words: list[str] = []
    size = 0
    citations: tuple[Quote, ...] = ()
    model = worker = ""
    async for line in response.content:
        size += len(line)
        if size > _MAX_ANSWER:
            raise ChatError(502, "answer_too_long", "the answer never ends")
        data = line.removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
        if data == b"[DONE]":
            return Reply("".join(words), citations, model, worker)
        if not data:
            continue
        document = json.loads(data)
        if "error" in document:
            raise _refusal(502, document)
        model, worker = str(document.get("model", model)), str(document.get("worker", worker))
        for choice in document.get("choices", ()):
            piece = choice.get("delta", {}).get("content")
            if isinstance(piece, str) and piece:
                words.append(piece)
                on_words(piece)
        if "citations" in document:
            citations = tuple(map(_quote, document["citations"]))
    raise ChatError(502, "answer_cut", "the answer broke off")


async def _document_of(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - outside data
    """Return the document of an answer, None where it has none: a proxy's page is not JSON."""
    body = await body_within(response, _MAX_DOCUMENT)
    try:
        return json.loads(body or b"null")
    except (ValueError, RecursionError):
        return None


def _quote(document: Mapping[str, Any]) -> Quote:
    texts = {name: document.get(name, "") for name in ("conversation", "quote", "title", "lender")}
    passage = document.get("passage")
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("a citation's fields are texts")
    return Quote(**texts, turn=int(document["turn"]), passage=passage and int(passage))


def _refusal(status: int, document: Any) -> ChatError:  # noqa: ANN401 - outside data
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return ChatError(status, "failed", f"the gateway answers {status}")
    return ChatError(status, str(error.get("code")), str(error.get("message")))
