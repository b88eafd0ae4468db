"""Conversations in JSON: the canonical form, its relatives, and lists of chat messages.

See ``cgp.conversation_json`` for the forms. Besides them, messages with a role or a sender are
read: ``{"messages": [{"role", "content"}]}``, ShareGPT's ``{"conversations": [{"from",
"value"}]}``, ``{"conversation": [...]}`` of WildChat and LMSYS-Chat-1M, ``{"dialog": ["...",
"..."]}`` of DailyDialog, LiveKit's ``{"items": [...]}``, and the bare list ``[{"role",
"content"}]`` (all documented with the data sets on the Hugging Face hub, and in docs.livekit.io
for the last).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation_json import ConversationError, Record, conversation_from_json
from cgp.sources.chat_messages import TURN_LISTS, chat_records, has_messages, message_of
from cgp.sources.files import File
from cgp.sources.json_records import is_json_lines, json_line_records, json_records
from cgp.sources.json_stream import values_at
from cgp.sources.messages import NO_TEXT, About, Message, records_of
from cgp.sources.source import Loss, Source, has_keys, is_json, skipped, unreadable

_LISTS = ("messages", "conversations", "conversation", "dialog", "dialogue", "items")
_BARE = re.compile(
    rb'^\s*\[\s*\{\s*"(?:role|speaker|from|author|sender|content|text|value|speaker_name|name|id|timestamp)"\s*:'
)
_SINGLE_DOCUMENT = re.compile(
    rb'"(?:conversations|items)"\s*:\s*\[\s*\{\s*"(?:from|role|value|content|speaker|id|type)"'
)
_MESSAGE_KEYS = (("role", "content"), ("speaker", "text"))
_INNER = (*TURN_LISTS, "messages", "conversations", "conversation", "mapping", "chat_messages")


def _recognises(head: bytes, _path: Path) -> bool:
    if not is_json(head):
        return False
    if any(has_keys(head, key) for key in (*TURN_LISTS, "messages", "conversations")):
        return True
    return (
        _is_bare(head)
        or (is_json_lines(head) and _is_bare_lines(head))
        or (
            any(has_keys(head, key) for key in _LISTS)
            and (
                has_keys(head, "role", "content")
                or has_keys(head, "dialog")
                or has_keys(head, "dialogue")
                or (has_keys(head, "conversation") and has_messages(head))
            )
        )
    )


def _is_bare_lines(head: bytes) -> bool:
    """Tell if each line is one message, as programs write a talk down while it goes on."""
    try:
        first = json.loads(head.lstrip().partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    if not isinstance(first, dict) or any(key in first for key in _INNER):
        return False
    return any(isinstance(first.get(a), str) and b in first for a, b in _MESSAGE_KEYS)


def _is_bare(head: bytes) -> bool:
    """Tell if the file is one list of messages."""
    return (
        _BARE.match(head) is not None
        and has_messages(head)
        and not any(has_keys(head, key) for key in _INNER)
    )


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    head = file.head()
    if is_json_lines(head) and _is_bare_lines(head):
        yield from _message_lines(file)
    elif is_json_lines(head) or head.lstrip()[:2] == b"[[":
        yield from json_line_records(file, to_records)
    elif _is_bare(head):
        yield from _bare_list(file)
    else:
        lists = () if _SINGLE_DOCUMENT.search(head) else ("conversations", "data")
        yield from json_records(file, to_records, single="turns", lists=lists)


def _message_lines(file: File) -> Iterator[Record]:
    """Yield the one conversation of lines of messages."""
    messages: list[Message] = []

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        if (message := message_of(number, value)) is not None:
            messages.append(message)
        return iter(())

    yield from json_line_records(file, collect)
    yield from records_of(file.path, 1, About("json", title=file.path.stem), messages)


def _bare_list(file: File) -> Iterator[Record]:
    """Yield the one conversation of a list of messages."""
    messages: list[Message] = []
    number = 0
    with file.open() as stream:
        try:
            for _, value in values_at(stream, {"item"}, scalars=False):
                number += 1
                try:
                    message = message_of(number, value)
                except ConversationError as error:
                    yield unreadable(file.path, number, error)
                    continue
                if message is not None:
                    messages.append(message)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)
    yield from records_of(file.path, 1, About("json", title=file.path.stem), messages)


def to_records(path: Path, number: int, value: object) -> Iterator[Record]:
    """Yield the record of one conversation, and before it each message that cannot be read.

    Raises:
        ConversationError: if ``value`` is none.
    """
    chat = chat_records(path, number, value)
    if chat is not None:
        yield from chat
        return
    conversation = conversation_from_json(value)
    if not any(turn.text.strip() for turn in conversation.turns):
        yield skipped(path, number, NO_TEXT)
    else:
        yield Record(path, number, conversation)


SOURCE = Source(
    name="json",
    description="conversations in JSON or JSON lines: {id, participants, turns} and relatives",
    suffixes=(".json", ".jsonl", ".ndjson"),
    recognises=_recognises,
    read=read,
    general=True,
    where="cgp export, programs, chat data sets (WildChat, LMSYS-Chat-1M, ShareGPT, DailyDialog)",
    kept="names or roles, texts, ids, titles, languages, times under any usual key",
    left_out="system prompts, calls of tools and their answers, labels of data sets",
    loss=Loss.CONVERSATION,
)
