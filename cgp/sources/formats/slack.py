"""Slack exports: a folder or zip with a folder for each channel and a file for each day.

A thread is a conversation of its own; the rest of a channel is cut by silence. People are named by
``users.json``.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File, Folder
from cgp.sources.json_messages import json_messages
from cgp.sources.messages import About, Message, epoch, key_of, text_of
from cgp.sources.slack_blocks import message_text
from cgp.sources.source import Loss, Source, has_keys, is_json, skipped, unreadable

_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}\.json$")
_REFERENCE = re.compile(r"<([@#!])?([^<>|]{1,2000})(?:\|([^<>]{0,2000}))?>")
_EMPHASIS = re.compile(r"(?<![\w*_~])([*_~])(\S(?:[^*_~\n]{0,300}\S)?)\1(?![\w*_~])")
_TALK_TYPES = frozenset({None, "bot_message", "me_message", "thread_broadcast", "file_share"})
MAX_USERS_BYTES = 32 * 1024 * 1024

Names = Mapping[str, str]


def _recognises(head: bytes, path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "ts", "type")
        and (_DAY.match(path.name) is not None or has_keys(head, "ts", "user", "text"))
    )


def _recognises_folder(names: Sequence[str]) -> bool:
    paths = [PurePosixPath(name) for name in names]
    days = any(_DAY.match(path.name) and len(path.parts) == 2 for path in paths)
    return days and not {"users.json", "channels.json"}.isdisjoint(names)


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of one day of a channel."""
    users = file.beside("users.json")
    names = _names(users) if users else {}
    # An export's day is a list; an answer of the API is an object around one.
    if file.head(1024).lstrip()[:1] == b"{":
        yield from _answer(file, names)
    else:
        yield from _channel(file.path.parent.name, [file], names)


def _answer(file: File, names: Names) -> Iterator[Record]:
    """Yield the conversations of an answer of Slack's API, or of a channel that
    slackdump writes.
    """
    facts: dict[str, str] = {}

    def about() -> About:
        channel = facts.get("channel_id") or file.path.stem
        return About("slack", id=f"slack-{channel}", title=f"#{facts.get('name') or channel}")

    items = json_messages(file, "messages.item", partial(_message, names), facts)
    yield from conversations(file.path, items, about)


def read_folder(folder: Folder) -> Iterator[Record]:
    """Yield the conversations of every channel."""
    names: dict[str, str] = {}
    for name, file in folder.files.items():
        if PurePosixPath(name).name == "users.json":
            try:
                names.update(_names(file))
            # Without names the talk is still there, under the people's ids.
            except (ConversationError, ValueError, RecursionError) as error:
                yield unreadable(file.path, 1, f"people stay without names: {error}")
    days = [name for name in folder.files if _DAY.match(PurePosixPath(name).name)]
    for name, file in folder.files.items():
        if not name.endswith(".json"):
            yield skipped(file.path, 0, "a file of the export that holds no messages")
    for channel, group in groupby(days, key=lambda name: PurePosixPath(name).parent):
        yield from _channel(channel.name, [folder.files[name] for name in group], names)


def _channel(channel: str, days: Sequence[File], names: Names) -> Iterator[Record]:
    about = About("slack", id=f"slack-{channel}" if channel else None, title=f"#{channel}")
    items = (item for day in days for item in _day(day, names))
    yield from conversations(days[0].path.parent, items, lambda: about)


def _day(day: File, names: Names) -> Iterator[Item]:
    try:
        yield from json_messages(day, "item", partial(_message, names), {})
    except ConversationError as error:
        # A day on which nobody wrote is an empty list, and no fault.
        if day.head(3).strip() != b"[]":
            yield unreadable(day.path, 1, error)


def _message(names: Names, number: int, message: dict[str, Any]) -> Message | None:
    if (
        message.get("type", "message") != "message"
        or key_of(message.get("subtype")) not in _TALK_TYPES
    ):
        return None
    stamp = text_of(message.get("ts"), "ts")
    if not stamp:
        raise ConversationError("ts is missing")
    thread = key_of(message.get("thread_ts"))
    # A message to which nobody answered begins no thread, though Slack may name it as one.
    root = thread == stamp and not message.get("reply_count") and not message.get("replies")
    return Message(
        number,
        _author(names, message),
        plain(names, message_text(message)),
        epoch(stamp),
        stamp,
        None if root else thread,
    )


def _author(names: Names, message: dict[str, Any]) -> Participant:
    user = key_of(message.get("user")) or key_of(message.get("bot_id"))
    profiles = (message.get("user_profile"), message.get("bot_profile"))
    profile_names = [
        p.get(key) for p in profiles if isinstance(p, dict) for key in ("real_name", "name")
    ]
    candidates = (names.get(user or ""), message.get("username"), *profile_names, user)
    name = next((name for name in candidates if isinstance(name, str) and name), "Unknown")
    return Participant(name, user)


def plain(names: Names, text: str) -> str:
    """Return a message with its references written out and its escapes undone."""

    def plain_mark(match: re.Match[str]) -> str:
        kind, target, label = match[1], match[2], match[3]
        if kind == "@":
            return f"@{label or names.get(target, target)}"
        if kind == "#":
            return f"#{label or target}"
        if kind == "!":
            # ``<!subteam^S1|@crew>`` has its sign in the label already.
            return f"@{label or target.partition('^')[0]}".replace("@@", "@")
        scheme, colon, rest = target.partition(":")
        if colon and scheme in {"mailto", "tel"}:
            return label or rest
        return f"{label} ({target})" if label and label not in target else target

    # Unescaped last: a written ``&lt;`` must not become a reference.
    return html.unescape(_EMPHASIS.sub(r"\2", _REFERENCE.sub(plain_mark, text)))


def _names(users: File) -> dict[str, str]:
    """Return people's names by their id.

    Raises:
        ConversationError: if the list of people is too large or is none.
    """
    document = json.loads(users.whole(MAX_USERS_BYTES, "users").decode("utf-8-sig"))
    if not isinstance(document, list):
        raise ConversationError("users.json must hold a list")
    name_by_id: dict[str, str] = {}
    for user in document:
        if isinstance(user, dict) and (identifier := key_of(user.get("id"))):
            name_by_id[identifier] = _display_name(user) or identifier
    return name_by_id


def _display_name(user: dict[str, Any]) -> str | None:
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    names = (
        profile.get("display_name"),
        profile.get("real_name"),
        user.get("real_name"),
        user.get("name"),
    )
    return next((name for name in names if isinstance(name, str) and name), None)


SOURCE = Source(
    name="slack",
    description="Slack export (folder, zip, or one day's JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Slack, Workspace settings, Export data (zip)",
    kept="names and ids, times, threads, blocks and attachments of programs, shared messages",
    left_out="joins, topics, huddles, deleted messages, files, reactions",
    recognises_folder=_recognises_folder,
    read_folder=read_folder,
    loss=Loss.REST,
)
