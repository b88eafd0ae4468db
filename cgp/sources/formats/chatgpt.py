"""ChatGPT exports (``conversations.json``): each conversation a tree of messages.

The branch that ends at ``current_node`` is what the person saw last. Hidden messages, tools and
reasoning are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.branches import branch
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of, to_record
from cgp.sources.source import Source, has_keys, is_json

_AUTHORS = {"user": Participant("User"), "assistant": Participant("ChatGPT")}
_TEXTS = frozenset({"text", "multimodal_text"})


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "mapping", "parent", "children")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    yield from json_records(file, _record, single="mapping")


def _record(path: Path, number: int, value: object) -> Record:
    chat = mapping(value, "conversation")
    nodes = mapping(chat.get("mapping"), "mapping")
    identifier = key_of(chat.get("conversation_id")) or key_of(chat.get("id"))
    about = About(
        "chatgpt",
        id=f"chatgpt-{identifier}" if identifier else None,
        title=text_of(chat.get("title"), "title"),
    )
    messages = (_message(i, nodes[key]) for i, key in enumerate(_branch(chat, nodes), 1))
    return to_record(path, number, about, [m for m in messages if m is not None])


def _branch(chat: dict[str, Any], nodes: dict[str, Any]) -> list[str]:
    parents = {
        key: parent if isinstance(parent := mapping(node, "node").get("parent"), str) else None
        for key, node in nodes.items()
    }
    leaf = chat.get("current_node")
    if leaf is None:
        leaf = _latest(nodes, frozenset(p for p in parents.values() if p is not None))
    if leaf is None:
        return []
    if not isinstance(leaf, str) or leaf not in nodes:
        raise ConversationError("current_node is not among the messages")
    return branch(parents, leaf)


def _latest(nodes: dict[str, Any], inner: frozenset[str]) -> str | None:
    """Return the leaf that was written last."""

    def written(key: str) -> float:
        message = nodes[key].get("message")
        at = message.get("create_time") if isinstance(message, dict) else None
        return at if isinstance(at, int | float) else 0.0

    return max((key for key in nodes if key not in inner), key=written, default=None)


def _message(number: int, node: dict[str, Any]) -> Message | None:
    if node.get("message") is None:
        return None
    message = mapping(node["message"], "message")
    author = _AUTHORS.get(str(mapping(message.get("author"), "author").get("role")))
    metadata = message.get("metadata")
    hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
    if author is None or hidden or key_of(message.get("recipient")) not in {None, "all"}:
        return None
    content = mapping(message.get("content"), "content")
    if key_of(content.get("content_type")) not in _TEXTS:
        return None
    return Message(number, author, _text(content.get("parts")), epoch(message.get("create_time")))


def _text(parts: object) -> str:
    """Return the text among the parts; pictures and sound are none."""
    if not isinstance(parts, list):
        raise ConversationError("parts must be a list")
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str) and text)


SOURCE = Source(
    name="chatgpt",
    description="ChatGPT export (conversations.json, current branch)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
)
