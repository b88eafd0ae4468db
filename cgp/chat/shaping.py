"""Parts of answers as clients get them: the gateway's ids, the worker's name, checked shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgp.chat.errors import BrokenStreamError
from cgp.retrieval import Citation

_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")


def usage_of(part: Mapping[str, Any]) -> Mapping[str, int] | None:
    """Return the usage that a part tells, None where it tells none that makes sense."""
    usage = part.get("usage")
    if not isinstance(usage, dict):
        return None
    counts = {name: usage.get(name, 0) for name in _USAGE}
    if not all(isinstance(count, int) and 0 <= count < 2**31 for count in counts.values()):
        return None
    return counts


def chunk(part: Mapping[str, Any], identifier: str, worker: str) -> dict[str, Any]:
    """Return a backend's chunk with the gateway's id.

    Raises:
        BrokenStreamError: if it is not a chunk.
    """
    choices = part.get("choices")
    if not isinstance(choices, list) or not all(
        isinstance(choice, dict) and isinstance(choice.get("delta", {}), dict) for choice in choices
    ):
        raise BrokenStreamError(
            502, "backend_failed", "the backend sent something else than chunks"
        )
    return {**part, "id": identifier, "object": "chat.completion.chunk", "worker": worker}


def completion(part: Mapping[str, Any], identifier: str, worker: str) -> dict[str, Any]:
    """Return a backend's whole answer with the gateway's id.

    Raises:
        BrokenStreamError: if it is none.
    """
    choices = part.get("choices")
    if not isinstance(choices, list) or not choices:
        raise BrokenStreamError(502, "backend_failed", "the backend sent an answer without choices")
    for choice in choices:
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            raise BrokenStreamError(
                502, "backend_failed", "the backend sent a choice without message"
            )
    return {**part, "id": identifier, "object": "chat.completion", "worker": worker}


def text_of_chunk(part: Mapping[str, Any]) -> str:
    """Return the words that a chunk adds to the first choice."""
    for choice in part.get("choices", ()):
        if choice.get("index", 0) == 0:
            content = choice.get("delta", {}).get("content")
            return content if isinstance(content, str) else ""
    return ""


def is_last(part: Mapping[str, Any]) -> bool:
    """Tell if a chunk ends a choice."""
    return any(choice.get("finish_reason") for choice in part.get("choices", ()))


def text_of_completion(part: Mapping[str, Any]) -> str:
    """Return the words of a whole answer's first choice."""
    content = part["choices"][0]["message"].get("content")
    return content if isinstance(content, str) else ""


def text_of_part(part: Mapping[str, Any]) -> str:
    """Return the words that a checked part of either form adds to the first choice."""
    choices = part.get("choices") or [{}]
    return text_of_completion(part) if "message" in choices[0] else text_of_chunk(part)


def citation_json(citation: Citation) -> Mapping[str, Any]:
    """Return one citation as a document; turns count from 0."""
    return {
        "conversation": citation.conversation,
        "turn": citation.turn,
        "quote": citation.quote,
        "title": citation.title,
    }
