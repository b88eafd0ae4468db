"""Mattermost bulk exports: a JSON line for each post, among teams, channels and users.

Structure: the data format of Mattermost's bulk loading (docs.mattermost.com, ``post`` and
``direct_post``). Posts of many channels stand mixed, so all of them are held, as texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.json_records import json_line_records
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys

MAX_REPLIES = 10_000


def _recognises(head: bytes, _path: Path) -> bool:
    return b'"version"' in head[:200] and has_keys(head, "type", "post", "message", "create_at")


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each channel, and before them each line that cannot be read."""
    channels: dict[str, list[Message]] = {}

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        line = mapping(value, "line")
        kind = key_of(line.get("type"))
        if kind in {"post", "direct_post"}:
            post = mapping(line.get(str(kind)), "post")
            key = _channel(post)
            channels.setdefault(key, []).extend(_messages(number, post))
        return iter(())

    yield from json_line_records(file, collect)
    for key, messages in channels.items():
        about = About("mattermost", id=f"mattermost-{key}", title=key)
        messages.sort(key=lambda message: message.at or 0.0)
        items: list[Item] = [*messages]
        yield from conversations(file.path, items, lambda about=about: about)  # type: ignore[misc]


def _channel(post: dict[str, Any]) -> str:
    members = post.get("channel_members")
    if isinstance(members, list):
        return ", ".join(sorted(name for name in members if isinstance(name, str)))
    names = (key_of(post.get(key)) for key in ("team", "channel"))
    return " / ".join(name for name in names if name)


def _messages(number: int, post: dict[str, Any]) -> Iterator[Message]:
    first = _message(number, post, None)
    replies = post.get("replies")
    answers = replies[:MAX_REPLIES] if isinstance(replies, list) else []
    thread = f"{number}" if answers else None
    yield first if thread is None else _message(number, post, thread)
    for answer in answers:
        yield _message(number, mapping(answer, "reply"), thread)


def _message(number: int, post: dict[str, Any], thread: str | None) -> Message:
    user = text_of(post.get("user"), "user") or "Unknown"
    at = post.get("create_at")
    seconds = epoch(at / 1000) if isinstance(at, int | float) and not isinstance(at, bool) else None
    text = text_of(post.get("message"), "message")
    return Message(number, Participant(user), text, seconds, f"{number}", thread)


SOURCE = Source(
    name="mattermost",
    description="Mattermost bulk export (JSON lines)",
    suffixes=(".jsonl",),
    recognises=_recognises,
    read=read,
    where="mattermost export create, or mmctl export",
    kept="users, words, times, threads; cut into conversations by silence",
    left_out="reactions, attachments, users and channels without posts",
    loss=Loss.TURN,
)
