"""LM Studio's chats (``*.conversation.json``): messages in versions, one of which is selected.

Structure: readers in public repositories (``YorkieDev/lm-studio-conversation-converter``):
``messages[{versions, currentlySelected}]``, a version has ``content``, or of a model ``steps`` with
``content`` of their own, thoughts among them by their ``style``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.markup import without_reasoning
from cgp.sources.messages import Message, mapping
from cgp.sources.model_chats import ModelChat, model_chat_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_AUTHORS = {"user": Participant("User"), "assistant": Participant("Assistant")}


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "messages", "versions", "currentlySelected")


def read(file: File) -> Iterator[Record]:
    """Yield the record of the chat."""
    yield from json_records(file, _records, single="messages")


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    chat = mapping(value, "chat")
    entries = chat.get("messages")
    if not isinstance(entries, list):
        raise ConversationError("messages must be a list")
    items = (_message(place, mapping(entry, "message")) for place, entry in enumerate(entries, 1))
    messages = [message for message in items if message is not None]
    # A chat has no id of its own: its content tells it from others, and its file's name from none.
    about = ModelChat("lm-studio", None, chat.get("name"), chat.get("createdAt"))
    return model_chat_records(path, number, about, messages)


def _message(number: int, entry: dict[str, Any]) -> Message | None:
    versions = entry.get("versions")
    if not isinstance(versions, list) or not versions:
        raise ConversationError("versions must be a list")
    selected = entry.get("currentlySelected")
    place = selected if isinstance(selected, int) and 0 <= selected < len(versions) else -1
    version = mapping(versions[place], "version")
    author = _AUTHORS.get(str(version.get("role")))
    if author is None:
        return None
    steps = version.get("steps")
    blocks = steps if isinstance(steps, list) else [version]
    texts = (_text(block) for block in blocks if isinstance(block, dict))
    return Message(number, author, without_reasoning("\n".join(text for text in texts if text)))


def _text(block: dict[str, Any]) -> str:
    """Return the words of a part of a message, nothing for a thought or a state of a tool."""
    style, parts = block.get("style"), block.get("content")
    if isinstance(style, dict) and style.get("type") == "thinking":
        return ""
    texts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return "".join(key_text for part in texts if (key_text := _words(part)))


def _words(part: dict[str, Any]) -> str | None:
    text = part.get("text")
    return text if part.get("type") == "text" and isinstance(text, str) else None


SOURCE = Source(
    name="lm-studio",
    description="LM Studio chat (conversation.json)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="~/.lmstudio/conversations/",
    kept="the selected version of each message, the start",
    left_out="other versions, reasoning, tools, files; times of single messages (the file has none)",
    lacks=frozenset({Fact.NAMES, Fact.TIMES}),
    loss=Loss.DOCUMENT,
)
