"""Facebook Messenger (and Instagram) downloads: ``message_1.json``, newest message first.

Facebook writes each byte of UTF-8 text as a character of its own (``Ã©`` for ``é``); that is undone.
The newer download of end-to-end encrypted chats (``senderName``, ``text``) is read as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import conversations
from cgp.sources.files import File
from cgp.sources.json_messages import json_messages
from cgp.sources.messages import About, Message, epoch, key_of, text_of
from cgp.sources.source import Source, has_keys, is_json

_ANNOUNCEMENTS = frozenset({"Call", "Subscribe", "Unsubscribe", "Share_Location"})


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and (
        has_keys(head, "participants", "messages", "sender_name", "timestamp_ms")
        or has_keys(head, "participants", "messages", "senderName", "threadName")
        or has_keys(head, "messages", "senderName", "isUnsent")
    )


def repaired(text: str) -> str:
    """Return text whose UTF-8 bytes were written as characters as it was meant."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    known: dict[str, str] = {}

    def about() -> About:
        # The title stands behind the messages, so the folder, named after the chat, is used for all.
        return About("messenger", title=file.path.parent.name or None)

    items = json_messages(file, "messages.item", _message, known)
    yield from conversations(file.path, items, about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    encrypted = "senderName" in message
    if not encrypted and "sender_name" not in message:
        raise ConversationError("sender_name is missing")
    if message.get("is_unsent") or message.get("isUnsent"):
        return None
    if key_of(message.get("type")) in _ANNOUNCEMENTS:
        return None
    name = text_of(message["senderName" if encrypted else "sender_name"], "sender_name")
    text = text_of(message.get("text" if encrypted else "content"), "content")
    milliseconds = epoch_of_milliseconds(message.get("timestamp" if encrypted else "timestamp_ms"))
    return Message(number, Participant(repaired(name)), repaired(text), milliseconds)


def epoch_of_milliseconds(value: object) -> float | None:
    """Return seconds since the epoch.

    Raises:
        ConversationError: if ``value`` is neither a time nor nothing.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch(value / 1000)
    if value is None:
        return None
    raise ConversationError("timestamp_ms must be a number")


SOURCE = Source(
    name="messenger",
    description="Facebook Messenger or Instagram download (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
)
