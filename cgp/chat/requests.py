"""Requests of clients, checked before any worker sees them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cgp.chat.errors import ChatError
from cgp.jobs import Audience, JobKind

MAX_BODY_BYTES: Final = 1 << 20
MAX_MESSAGES: Final = 256
MAX_CHOICES: Final = 8
MAX_INPUTS: Final = 2048
PANEL_MODEL: Final = "panel"  # the model that is several workers
MAX_QUESTION: Final = 2000
"""Characters of a question to the memory, as many as a query of the index has at most."""
MAX_PANEL: Final = 8
MAX_PARTICIPANT: Final = 200
MAX_PANEL_SECONDS: Final = 300
_MAX_MODEL: Final = 200
_MAX_DEPTH: Final = 64

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})

# Fields that go to the backend as they are. A backend refuses those it cannot follow.
_CHAT_FIELDS = frozenset({
    "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "messages", "min_p", "model", "n", "parallel_tool_calls", "presence_penalty",
    "reasoning_effort", "repeat_penalty", "response_format", "seed", "stop", "stream", "stream_options",
    "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p",
})  # fmt: skip
# Fields that OpenAI's clients may send and that mean nothing here.
_IDLE_FIELDS = frozenset({"metadata", "prompt_cache_key", "safety_identifier", "service_tier", "store", "user"})  # fmt: skip
_EMBEDDING_FIELDS = frozenset({"model", "input", "dimensions", "encoding_format"})
# Tuples: a list in the place of a name has no hash, and is compared all the same.
_FORMATS: Final = ("text", "json_object", "json_schema")
_ENCODINGS: Final = ("float", "base64")
_OWN_FIELD = "cgp"
_NOT_FOR_PANELS = frozenset({
    "function_call", "functions", "logprobs", "n", "parallel_tool_calls", "response_format",
    "tool_choice", "tools", "top_logprobs",
})  # fmt: skip

# Least and greatest value of each number.
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "top_k": (0, 100_000),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "repeat_penalty": (0, 10),
}
_SHAPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "function_call": ((str, dict), "a text or an object"),
    "functions": (list, "a list"),
    "logit_bias": (dict, "an object"),
    "logprobs": (bool, "true or false"),
    "parallel_tool_calls": (bool, "true or false"),
    "reasoning_effort": (str, "a text"),
    "response_format": (dict, "an object"),
    "tool_choice": ((str, dict), "a text or an object"),
    "tools": (list, "a list"),
}
_INTEGERS: Mapping[str, tuple[int, int]] = {
    "n": (1, MAX_CHOICES),
    "seed": (-(2**63), 2**63 - 1),
    "top_logprobs": (0, 20),
    "dimensions": (1, 16_384),
}


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """Size of a panel: ``size`` answers are asked for, ``quorum`` of them have to come within
    ``seconds``.
    """

    size: int = 3
    quorum: int = 2
    seconds: float = 60.0


# The quorum of the usual panel is its least size, so that no size makes it impossible.
_USUAL_PANEL: Final = PanelPlan()


@dataclass(frozen=True, slots=True)
class ChatQuestion:
    """A request that may go to a worker.

    ``body`` is the backend's body. ``stream`` and ``wants_usage`` say how the client wants the
    answer. ``affinity`` is the same for all requests of one conversation. ``memory`` asks for
    passages of the genome in the prompt. ``worker`` is the id of the one worker that may answer,
    empty for any. ``panel`` says how a panel is asked, None where one worker answers.
    ``participant`` is the person who asks, whose own profile goes into the prompt; empty for none.
    """

    kind: JobKind
    model: str
    body: Mapping[str, Any]
    stream: bool = False
    wants_usage: bool = False
    audience: Audience = Audience.OWN
    affinity: str = ""
    memory: bool = False
    worker: str = ""
    panel: PanelPlan | None = None
    participant: str = ""

    @property
    def last_words(self) -> str:
        """Text of the user's last message, which retrieval looks for."""
        for message in reversed(self.body.get("messages", ())):
            if message["role"] == "user":
                return text_of(message.get("content"))
        return ""


def text_of(content: Any) -> str:  # noqa: ANN401 - as OpenAI has it: a string or a list of parts
    """Return the text of a message's content."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if isinstance(part.get("text"), str))
    return ""


def read_chat(data: bytes, *, max_tokens: int) -> ChatQuestion:
    """Read a request for ``/v1/chat/completions``; no answer has more than ``max_tokens``.

    Raises:
        ChatError: 400, naming the field and the allowed values.
    """
    body = _object(data)
    return _chat_question(body, _own_options(body.pop(_OWN_FIELD, {})), max_tokens)


def chat_question(body: dict[str, Any], *, max_tokens: int, memory: bool) -> ChatQuestion:
    """Return a question of this program's own: a body without the field ``cgp``.

    Raises:
        ChatError: as ``read_chat``.
    """
    return _chat_question(body, _OwnOptions(memory=memory), max_tokens)


def _chat_question(body: dict[str, Any], options: _OwnOptions, max_tokens: int) -> ChatQuestion:
    _known_fields(body, _CHAT_FIELDS)
    model = _model(body)
    _messages(body.get("messages"))
    for name, (low, high) in _NUMBERS.items():
        _number(body, name, low, high)
    for name, (low, high) in _INTEGERS.items():
        _integer(body, name, low, high)
    stream = body.get("stream") or False
    if not isinstance(stream, bool):
        raise _wrong("stream", "must be true or false")
    stream_options = body.get("stream_options") or {}
    if not isinstance(stream_options, dict):
        raise _wrong("stream_options", "must be an object")
    _stop(body.get("stop"))
    _shapes(body)
    _limit_tokens(body, max_tokens)
    if stream:
        # Asked of every backend, so that tokens can be counted; kept from clients that did not ask.
        body["stream_options"] = {"include_usage": True}
    else:
        body.pop("stream_options", None)
    return ChatQuestion(
        JobKind.CHAT,
        model,
        body,
        stream=stream,
        wants_usage=bool(stream_options.get("include_usage")),
        audience=options.audience,
        affinity=_affinity(body["messages"]),
        memory=options.memory,
        panel=_panel(model, body, options.panel),
        participant=options.participant,
    )


def read_embeddings(data: bytes) -> ChatQuestion:
    """Read a request for ``/v1/embeddings``.

    Raises:
        ChatError: 400, naming the field and the allowed values.
    """
    body = _object(data)
    options = _own_options(body.pop(_OWN_FIELD, {}))
    _known_fields(body, _EMBEDDING_FIELDS)
    model = _model(body)
    _integer(body, "dimensions", *_INTEGERS["dimensions"])
    texts = body.get("input")
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not 1 <= len(texts) <= MAX_INPUTS:
        raise _wrong("input", f"must be a text or a list of 1 to {MAX_INPUTS} texts")
    if not all(isinstance(text, str) and text for text in texts):
        raise _wrong("input", "every text must be a string that is not empty")
    if body.get("encoding_format", "float") not in _ENCODINGS:
        raise _wrong("encoding_format", "must be float or base64")
    body["input"] = texts
    return ChatQuestion(JobKind.EMBEDDINGS, model, body, audience=options.audience)


@dataclass(frozen=True, slots=True)
class _OwnOptions:
    audience: Audience = Audience.OWN
    memory: bool = False
    panel: PanelPlan | None = None
    participant: str = ""


def _own_options(document: Any) -> _OwnOptions:  # noqa: ANN401 - outside data
    if not isinstance(document, dict):
        raise _wrong(_OWN_FIELD, "must be an object")
    if strange := sorted(set(document) - {"as", "audience", "memory", "panel"}):
        known_fields = "as, audience, memory and panel are"
        raise _wrong(f"{_OWN_FIELD}.{strange[0]}"[:100], f"is not known: {known_fields}")
    try:
        audience = Audience(document.get("audience", Audience.OWN))
    except ValueError:
        raise _wrong(f"{_OWN_FIELD}.audience", "must be own or shared") from None
    memory = document.get("memory", False)
    if not isinstance(memory, bool):
        raise _wrong(f"{_OWN_FIELD}.memory", "must be true or false")
    plan = _panel_plan(document["panel"]) if "panel" in document else None
    participant = document.get("as", "")
    if not isinstance(participant, str) or len(participant) > MAX_PARTICIPANT:
        raise _wrong(f"{_OWN_FIELD}.as", f"must be a name of at most {MAX_PARTICIPANT} characters")
    return _OwnOptions(audience, memory, plan, participant)


def _panel_plan(document: Any) -> PanelPlan:  # noqa: ANN401 - outside data
    place = f"{_OWN_FIELD}.panel"
    if not isinstance(document, dict) or set(document) - {"size", "quorum", "seconds"}:
        raise _wrong(place, "must be an object with size, quorum and seconds at most")
    # A field that is null is one that was not given.
    document = {name: value for name, value in document.items() if value is not None}
    _integer(document, "size", 2, MAX_PANEL)
    size = document.get("size", _USUAL_PANEL.size)
    _integer(document, "quorum", 1, size)
    _number(document, "seconds", 1, MAX_PANEL_SECONDS)
    return replace(_USUAL_PANEL, **document)


def _panel(model: str, body: Mapping[str, Any], plan: PanelPlan | None) -> PanelPlan | None:
    """Return how the panel is asked where the model is the panel, None for a worker's model."""
    if model != PANEL_MODEL:
        if plan is not None:
            raise _wrong(f"{_OWN_FIELD}.panel", f"goes with the model {PANEL_MODEL!r} alone")
        return None
    if strange := sorted(_NOT_FOR_PANELS & set(body)):
        raise _wrong(strange[0], "is not for a panel, whose answer is one plain text")
    return plan or _USUAL_PANEL


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ChatError(400, "invalid_json", "the body must be JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise ChatError(400, "invalid_json", "the body must be a JSON object")
    if _depth(document) > _MAX_DEPTH:
        raise ChatError(400, "invalid_json", f"the body nests at most {_MAX_DEPTH} deep")
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ChatError(400, "invalid_json", "the body holds half a surrogate pair") from None
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _depth(value: object) -> int:
    """Return how deep a document nests, without recursion."""
    deepest, rest = 0, [(value, 1)]
    while rest:
        item, depth = rest.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            rest += [(inner, depth + 1) for inner in item.values()]
        elif isinstance(item, list):
            rest += [(inner, depth + 1) for inner in item]
    return deepest


def _known_fields(body: dict[str, Any], fields: frozenset[str]) -> None:
    for name in _IDLE_FIELDS:
        body.pop(name, None)
    if strange := sorted(set(body) - fields):
        raise _wrong(strange[0][:100], "is not a field that this gateway passes on")
    # A field that is null is one that was not given.
    for name in [name for name, value in body.items() if value is None]:
        del body[name]


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not 1 <= len(model) <= _MAX_MODEL:
        raise _wrong("model", f"must be a name of 1 to {_MAX_MODEL} characters")
    return model


def _messages(messages: Any) -> None:  # noqa: ANN401 - outside data
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        raise _wrong("messages", f"must be a list of 1 to {MAX_MESSAGES} messages")
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        if not isinstance(message, dict):
            raise _wrong(place, "must be an object")
        role = message.get("role")
        if not isinstance(role, str) or role not in _ROLES:
            raise _wrong(f"{place}.role", f"must be one of {', '.join(sorted(_ROLES))}")
        content = message.get("content")
        if isinstance(content, list):
            if not all(
                isinstance(part, dict) and isinstance(part.get("type"), str) for part in content
            ):
                raise _wrong(f"{place}.content", "every part must be an object with a type")
        elif not isinstance(content, str) and not (content is None and role == "assistant"):
            raise _wrong(f"{place}.content", "must be a text or a list of parts")


def _number(body: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = body.get(name)
    if value is None:
        return
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:
        raise _wrong(name, f"must be a number from {low:g} to {high:g}")


def _integer(body: Mapping[str, Any], name: str, low: int, high: int) -> None:
    value = body.get(name)
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(name, f"must be a whole number from {low} to {high}")


def _stop(stop: Any) -> None:  # noqa: ANN401 - outside data
    texts = [stop] if isinstance(stop, str) else stop
    if stop is not None and not (
        isinstance(texts, list)
        and len(texts) <= 16
        and all(isinstance(t, str) and t for t in texts)
    ):
        raise _wrong("stop", "must be a text or a list of at most 16 texts")


def _shapes(body: Mapping[str, Any]) -> None:
    """Check the types of fields that go to the backend: some backends fail at a wrong one."""
    for name, (kinds, shape) in _SHAPES.items():
        if name in body and not isinstance(body[name], kinds):
            raise _wrong(name, f"must be {shape}")
    for name in ("tools", "functions"):
        for entry in body.get(name, ()):
            if not isinstance(entry, dict):
                raise _wrong(name, "every entry must be an object")
    for tool in body.get("tools", ()):
        function = tool.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise _wrong("tools", "every entry must be an object with a function and its name")
    form = body.get("response_format")
    if form is not None and form.get("type") not in _FORMATS:
        raise _wrong("response_format.type", "must be text, json_object or json_schema")


def _limit_tokens(body: dict[str, Any], high: int) -> None:
    names = [name for name in ("max_tokens", "max_completion_tokens") if name in body]
    for name in names:
        _integer(body, name, 1, high)
    if not names:
        body["max_tokens"] = high


def _affinity(messages: list[dict[str, Any]]) -> str:
    """Return a digest of how a conversation begins: up to its first words of a user."""
    digest = hashlib.blake2b(digest_size=16)
    for message in messages:
        digest.update(f"{message['role']}\0{text_of(message.get('content'))}\0".encode())
        if message["role"] == "user":
            break
    return digest.hexdigest()


def _wrong(name: str, problem: str) -> ChatError:
    return ChatError(400, "invalid_value", f"{name}: {problem}", parameter=name)
