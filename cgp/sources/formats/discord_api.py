"""Discord messages as its API answers: a list, newest first.

Structure: the resource Message of Discord's documentation
(discord.com/developers/docs/resources/message).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import conversations
from cgp.sources.files import File
from cgp.sources.formats.discord import embed_text
from cgp.sources.json_messages import json_messages
from cgp.sources.markup import without_emoji_codes
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json

_TALK_TYPES = frozenset({"0", "19", "20", "21", "23"})
"""Default, reply, answers to commands and the start of a thread; the others are announcements."""


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "channel_id", "author", "username", "content")


def read(file: File) -> Iterator[Record]:
    """Yield the channel's conversations."""
    facts: dict[str, str] = {}

    def about() -> About:
        channel = facts.get("channel")
        return About("discord", id=f"discord-{channel}" if channel else None, title=file.path.stem)

    def message(number: int, value: dict[str, Any]) -> Message | None:
        facts.setdefault("channel", key_of(value.get("channel_id")) or "")
        return _message(number, value)

    yield from conversations(file.path, json_messages(file, "item", message, {}), about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    if key_of(message.get("type", 0)) not in _TALK_TYPES:
        return None
    author = mapping(message.get("author"), "author")
    name = text_of(author.get("global_name"), "global_name") or text_of(
        author.get("username"), "username"
    )
    embeds = message.get("embeds")
    texts = [text_of(message.get("content"), "content")]
    if author.get("bot") and isinstance(embeds, list):
        texts += [embed_text(embed) for embed in embeds if isinstance(embed, dict)]
    return Message(
        number,
        Participant(name, key_of(author.get("id"))),
        without_emoji_codes("\n".join(part for part in texts if part)),
        epoch(message.get("timestamp")),
        key_of(message.get("id")),
    )


SOURCE = Source(
    name="discord-api",
    description="Discord messages as its API answers (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="channels/ID/messages of Discord's API",
    kept="names and ids, words, embeds of bots, times; cut into conversations by silence",
    left_out="announcements, attachments, reactions",
    loss=Loss.REST,
)
