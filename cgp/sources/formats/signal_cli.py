"""Signal messages as ``signal-cli --output json receive`` and its daemon write them, line by line.

Structure: ``AsamK/signal-cli``, ``src/main/java/org/asamk/signal/json`` (``JsonMessageEnvelope``,
``JsonDataMessage``, ``JsonSyncMessage``), and lines of its output in public documents
(``gabrc52/6.515-messaging-bridge``, ``doc/platforms/signal.md``). A line is an ``envelope``, or a
JSON-RPC notification around one. A group is a chat; so is what goes between the account and one
other number.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.json_records import json_line_records
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "envelope", "source", "sourceDevice", "timestamp")


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each chat; the lines of the file are held, as texts."""
    chats: dict[str, list[Item]] = {}

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        line = mapping(value, "line")
        received = line.get("params") if "params" in line else line
        _add(chats, number, mapping(received, "params"))
        return iter(())

    yield from json_line_records(file, collect)
    for key, items in chats.items():
        about = About("signal", id=f"signal-{key}")
        yield from conversations(file.path, items, lambda about=about: about)  # type: ignore[misc]


def _add(chats: dict[str, list[Item]], number: int, received: dict[str, Any]) -> None:
    """Add the message of an envelope; typing, receipts and calls are none."""
    envelope = mapping(received.get("envelope"), "envelope")
    own = key_of(received.get("account"))
    said, other = envelope.get("dataMessage"), _number(envelope)
    sync = envelope.get("syncMessage")
    if said is None and isinstance(sync, dict):  # what the person wrote on another device
        said = sync.get("sentMessage")
        other = key_of(said.get("destination")) if isinstance(said, dict) else None
    if said is None:
        return
    message = mapping(said, "message")
    group = message.get("groupInfo")
    name = text_of(envelope.get("sourceName"), "sourceName") or _number(envelope) or own
    sent = message.get("timestamp", envelope.get("timestamp"))
    if not isinstance(sent, int):
        raise ConversationError("timestamp must be a number of milliseconds")
    chat = key_of(group.get("groupId")) if isinstance(group, dict) else other
    author = Participant(name or "Unknown", key_of(envelope.get("sourceUuid")) or _number(envelope))
    chats.setdefault(chat or own or "unknown", []).append(
        Message(
            number,
            author,
            text_of(message.get("message"), "message"),
            epoch(sent / 1000),
            str(sent),
        )
    )


def _number(envelope: dict[str, Any]) -> str | None:
    return key_of(envelope.get("sourceNumber")) or key_of(envelope.get("source"))


SOURCE = Source(
    name="signal-cli",
    description="Signal messages (signal-cli, JSON lines)",
    suffixes=(".jsonl", ".json", ".ndjson", ".log"),
    recognises=_recognises,
    read=read,
    where="signal-cli --output json receive, or its daemon's output",
    kept="names and ids, words, times, groups; cut into conversations by silence",
    left_out="attachments, reactions, edits, receipts, typing, calls, names of groups",
    loss=Loss.TURN,
)
