"""Conversations in JSON: the canonical form, its relatives, and lists of chat messages.

See ``cgp.conversation_json`` for the forms. Besides them, messages with a role or a sender are read
(``{"messages": [{"role", "content"}]}``, ``{"conversations": [{"from", "value"}]}``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record, conversation_from_json
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import NO_TEXT
from cgp.sources.source import Source, has_keys, is_json, skipped

_TURNS = ("turns", "lines", "transcript")
_SPEAKERS = ("speaker", "role", "from", "author", "sender", "name", "user")
_TEXTS = ("text", "content", "value", "body", "message")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and any(
        has_keys(head, key) for key in (*_TURNS, "messages", "conversations")
    )


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    yield from json_records(file, to_record, single="turns")


def to_record(path: Path, number: int, value: object) -> Record:
    """Return the record of one conversation.

    Raises:
        ConversationError: if ``value`` is none.
    """
    conversation = conversation_from_json(with_turns(value))
    if not any(turn.text.strip() for turn in conversation.turns):
        return skipped(path, number, NO_TEXT)
    return Record(path, number, conversation)


def with_turns(value: object) -> object:
    """Return a conversation of messages with its messages as turns, any other value as it is."""
    if not isinstance(value, Mapping) or any(key in value for key in _TURNS):
        return value
    for key in ("messages", "conversations"):
        if isinstance(messages := value.get(key), list):
            known = {name: item for name, item in value.items() if name != key}
            return {**known, "turns": [_turn(i, message) for i, message in enumerate(messages)]}
    return value


def _turn(number: int, message: object) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        raise ConversationError(f"message {number} must be a JSON object")
    speaker = next((message[key] for key in _SPEAKERS if message.get(key) is not None), None)
    text = next((message[key] for key in _TEXTS if message.get(key) is not None), "")
    if isinstance(speaker, Mapping):
        speaker = speaker.get("name")
    if isinstance(text, list):
        parts = (part.get("text") if isinstance(part, Mapping) else part for part in text)
        text = "\n".join(part for part in parts if isinstance(part, str))
    return {"speaker": speaker, "text": text, "at": message.get("at")}


SOURCE = Source(
    name="json",
    description="conversations in JSON or JSON lines: {id, participants, turns} and relatives",
    suffixes=(".json", ".jsonl", ".ndjson"),
    recognises=_recognises,
    read=read,
    general=True,
)
