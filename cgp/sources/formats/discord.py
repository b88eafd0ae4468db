"""Discord channels as DiscordChatExporter writes them in JSON: one channel or thread a file.

Structure: the exporter's own source (github.com/Tyrrrz/DiscordChatExporter,
``JsonMessageWriter.cs``). A long channel may be cut into ``... [part 2].json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.json_messages import json_messages
from cgp.sources.markup import without_discord_codes
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Parts, Source, has_keys, is_json

_TALK_TYPES = frozenset({"Default", "Reply", "0", "19", "20", "21", "23"})
"""Message types that people and programs write; joins, pins, calls and boosts are announcements."""
_NAMES = ("nickname", "global_name", "name", "username")
"""Keys of a mentioned person's name, that of the server first."""


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "guild", "channel", "messages")


def read(file: File) -> Iterator[Record]:
    """Yield the channel's conversations."""
    yield from _read_parts([file])


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    """Yield the conversations of one channel, whose export is cut into ``files``."""
    # Reading fills it: ``items`` puts the head of each file in before its messages, and ``about``
    # is called when a conversation is complete, so after that.
    facts: dict[str, str] = {}

    def about() -> About:
        names = (facts.get(key) for key in ("guild.name", "channel.category", "channel.name"))
        channel = facts.get("channel.id")
        title = " / ".join(name for name in names if name)
        return About("discord", id=f"discord-{channel}" if channel else None, title=title)

    def items() -> Iterator[Item]:
        for file in files:
            yield from json_messages(file, "messages.item", _message, facts)

    yield from conversations(files[0].path, items(), about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    if str(message.get("type", "Default")) not in _TALK_TYPES:
        return None
    author = mapping(message.get("author"), "author")
    name = text_of(author.get("nickname"), "nickname") or text_of(author.get("name"), "name")
    return Message(
        number,
        Participant(name, key_of(author.get("id"))),
        without_discord_codes("\n".join(filter(None, _texts(message))), mentioned(message)),
        epoch(message.get("timestamp")),
        key_of(message.get("id")),
    )


def mentioned(message: dict[str, Any]) -> dict[str, str]:
    """Return the names of the people and channels that a message mentions, by their ids."""
    names: dict[str, str] = {}
    for place in ("mentions", "mention_channels"):
        entries = message.get(place)
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and (key := key_of(entry.get("id"))):
                given = (key_of(entry.get(field)) for field in _NAMES)
                names[key] = next((name for name in given if name), key)
    return names


def _texts(message: dict[str, Any]) -> Iterator[str]:
    """Yield the parts of a message: its words, forwarded words, and a program's embeds."""
    yield text_of(message.get("content"), "content")
    forward = message.get("forwardedMessage")
    if isinstance(forward, dict):
        yield from _texts(forward)
    embeds = message.get("embeds")
    # What a person's link shows is the linked page's text, not theirs.
    author = message.get("author")
    program = author is None or (isinstance(author, dict) and author.get("isBot"))
    for embed in embeds if isinstance(embeds, list) and program else []:
        if isinstance(embed, dict):
            yield embed_text(embed)


def embed_text(embed: dict[str, Any]) -> str:
    """Return the words of a program's embed: title, description and fields."""
    texts = [text_of(embed.get(key), key) for key in ("title", "description")]
    fields = embed.get("fields")
    for field in fields if isinstance(fields, list) else []:
        if isinstance(field, dict):
            pair = (text_of(field.get(key), key) for key in ("name", "value"))
            texts.append(": ".join(part for part in pair if part))
    return ". ".join(part for part in texts if part)


SOURCE = Source(
    name="discord",
    description="Discord channel (DiscordChatExporter, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    parts=Parts(
        re.compile(r"^(?P<series>.+?)(?: \[part (?P<number>\d{1,6})\])?\.json$"), _read_parts
    ),
    where="DiscordChatExporter, format JSON",
    kept="names and ids, times, forwarded words, embeds of bots; cut into conversations by silence",
    left_out="joins, pins, calls, reactions, stickers, previews of links, polls (the exporter leaves them out)",
    loss=Loss.REST,
)
