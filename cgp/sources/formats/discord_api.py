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
from cgp.sources.formats.discord import embed_text, mentioned
from cgp.sources.json_messages import json_messages
from cgp.sources.markup import without_discord_codes
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
    texts = _texts(message, shows_embeds=bool(author.get("bot")))
    return Message(
        number,
        Participant(name, key_of(author.get("id"))),
        without_discord_codes("\n".join(filter(None, texts)), mentioned(message)),
        epoch(message.get("timestamp")),
        key_of(message.get("id")),
    )


def _texts(message: dict[str, Any], *, shows_embeds: bool) -> Iterator[str]:
    """Yield the parts of a message: its words, its poll, what it forwards, embeds of programs."""
    yield text_of(message.get("content"), "content")
    yield _question(message.get("poll"))
    snapshots = message.get("message_snapshots")
    for snapshot in snapshots if isinstance(snapshots, list) else []:
        forward = snapshot.get("message") if isinstance(snapshot, dict) else None
        if isinstance(forward, dict):
            # Whether a program wrote it does not stand in what is forwarded: its words alone come.
            yield from _texts(forward, shows_embeds=False)
    embeds = message.get("embeds")
    for embed in embeds if isinstance(embeds, list) and shows_embeds else []:
        if isinstance(embed, dict):
            yield embed_text(embed)


def _question(poll: object) -> str:
    """Return the question of a poll and its answers, nothing for none."""
    if not isinstance(poll, dict):
        return ""
    answers = poll.get("answers")
    entries = [poll.get("question")] + [
        answer.get("poll_media")
        for answer in (answers if isinstance(answers, list) else [])
        if isinstance(answer, dict)
    ]
    texts = (key_of(entry.get("text")) for entry in entries if isinstance(entry, dict))
    return "\n".join(text for text in texts if text)


SOURCE = Source(
    name="discord-api",
    description="Discord messages as its API answers (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="channels/ID/messages of Discord's API",
    kept="names and ids, words, polls, forwarded words, embeds of bots, times; cut into conversations by silence",
    left_out="announcements, attachments, reactions",
    loss=Loss.REST,
)
