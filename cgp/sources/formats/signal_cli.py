"""Signal messages as ``signal-cli --output json receive`` and its daemon write them, line by line.

Structure: ``AsamK/signal-cli``, ``src/main/java/org/asamk/signal/json`` (``JsonMessageEnvelope``,
``JsonDataMessage``, ``JsonSyncMessage``), and lines of its output in public documents
(``gabrc52/6.515-messaging-bridge``, ``doc/platforms/signal.md``). A line is an ``envelope``, or a
JSON-RPC notification around one. A group is a chat; the messages between the account and one other
number are a chat too. Lines of the program's log may stand between them. An edited message has the
words of its last edit, a deleted one is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import conversations
from cgp.sources.files import File
from cgp.sources.json_records import json_line_records
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys

_LOG_LINE = re.compile(
    rb"^(?:\d{4}-\d\d-\d\dT\S{1,30} )?(?:\[[^\[\]]{1,80}\] )?(?:TRACE|DEBUG|INFO|WARN|ERROR)\s"
)
_SOURCES = ("source", "sourceNumber", "sourceUuid")


def _recognises(head: bytes, _path: Path) -> bool:
    first = next((line for line in head.splitlines() if line and not _LOG_LINE.match(line)), b"")
    return (
        first.startswith(b"{")
        and has_keys(head, "envelope", "timestamp")
        and any(has_keys(head, key) for key in _SOURCES)
    )


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each chat; the lines of the file are held, as texts."""
    chats = _Chats()

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        line = mapping(value, "line")
        event = line.get("params") if "params" in line else line
        chats.add(number, mapping(event, "params"))
        return iter(())

    yield from json_line_records(file, collect, lambda line: _LOG_LINE.match(line) is not None)
    for key, items in chats.items.items():
        about = About("signal", id=f"signal-{key}")
        yield from conversations(file.path, items, lambda about=about: about)  # type: ignore[misc]


class _Chats:
    """The messages of each chat, and where each stands, for its author may edit or delete it."""

    def __init__(self) -> None:
        self.items: dict[str, list[Message]] = {}
        self._places: dict[tuple[str | None, str], tuple[str, int]] = {}

    def add(self, number: int, event: dict[str, Any]) -> None:
        """Add the message of an envelope; typing, receipts and calls are none."""
        envelope = mapping(event.get("envelope"), "envelope")
        account_key = key_of(event.get("account"))
        content, peer = envelope, _number(envelope)
        sync = envelope.get("syncMessage")
        if isinstance(sync, dict):  # what the person wrote on another device
            sent_message = sync.get("sentMessage")
            content = sent_message if isinstance(sent_message, dict) else {}
            peer = key_of(content.get("destination"))
        edit = content.get("editMessage")
        body = content if content is not envelope else content.get("dataMessage")
        if isinstance(edit, dict):
            body = edit.get("dataMessage")
        if not body:
            return
        message = mapping(body, "message")
        author = Participant(
            text_of(envelope.get("sourceName"), "sourceName")
            or _number(envelope)
            or account_key
            or "Unknown",
            key_of(envelope.get("sourceUuid")) or _number(envelope),
        )
        text = text_of(message.get("message"), "message")
        deletion = message.get("remoteDelete")
        changes = edit if isinstance(edit, dict) else deletion
        at = message.get("timestamp", envelope.get("timestamp"))
        if isinstance(changes, dict):
            at = changes.get("targetSentTimestamp", changes.get("timestamp"))
        if not isinstance(at, int):
            raise ConversationError("timestamp must be a number of milliseconds")
        # Signal has no keys of messages: author and time together name one.
        place = self._places.get((author.id, str(at)))
        if isinstance(changes, dict) and place is not None:
            chat, index = place
            self.items[chat][index] = replace(self.items[chat][index], text=text)
        # An edit of a message that the file lacks is the message; a deletion of one is nothing.
        elif deletion is None:
            group = message.get("groupInfo")
            chat = (
                (key_of(group.get("groupId")) if isinstance(group, dict) else peer)
                or account_key
                or "unknown"
            )
            items = self.items.setdefault(chat, [])
            self._places[author.id, str(at)] = (chat, len(items))
            items.append(Message(number, author, text, epoch(at / 1000), str(at)))


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
    left_out="attachments, reactions, deleted messages, receipts, typing, calls, names of groups",
    loss=Loss.TURN,
)
