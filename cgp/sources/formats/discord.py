"""Discord channels as DiscordChatExporter writes them in JSON: one channel or thread a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import conversations
from cgp.sources.files import File
from cgp.sources.json_messages import json_messages
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Source, has_keys, is_json

_SPOKEN = frozenset({"Default", "Reply", "0", "19"})
"""Message types that people write; joins, pins, calls and boosts are announcements."""


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "guild", "channel", "messages")


def read(file: File) -> Iterator[Record]:
    """Yield the channel's conversations."""
    known: dict[str, str] = {}

    def about() -> About:
        names = (known.get(key) for key in ("guild.name", "channel.category", "channel.name"))
        channel = known.get("channel.id")
        title = " / ".join(name for name in names if name)
        return About("discord", id=f"discord-{channel}" if channel else None, title=title)

    items = json_messages(file, "messages.item", _message, known)
    yield from conversations(file.path, items, about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    if str(message.get("type", "Default")) not in _SPOKEN:
        return None
    author = mapping(message.get("author"), "author")
    name = text_of(author.get("nickname"), "nickname") or text_of(author.get("name"), "name")
    return Message(
        number,
        Participant(name, key_of(author.get("id"))),
        text_of(message.get("content"), "content"),
        epoch(message.get("timestamp")),
        key_of(message.get("id")),
    )


SOURCE = Source(
    name="discord",
    description="Discord channel (DiscordChatExporter, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
)
