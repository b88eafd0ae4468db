"""Snapchat's saved chats (``chat_history.json`` of a person's data), newest message first.

Structure: readers and their tests in public repositories. A list for each chat, whose entries have
``From``, ``Created``, ``Content`` and ``IsSender``; of old, ``Received Saved Chat History`` and
``Sent Saved Chat History`` over all chats, with ``Text``, and with ``To`` in what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.interleaved import Placed, chats_of
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, Message, epoch, key_of, mapping, or_no_text, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json, unreadable

_SENT = "Sent"
_OLD = (" Saved Chat History", " Unsaved Chat History")
_OWN = Participant("Me")
_ZONE = " UTC"


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "Media Type", "Created") and has_keys(head, "From")


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each chat."""
    yield from or_no_text(file.path, chats_of(file.path, _placed(file), _about))


def _about(key: str, _messages: list[Message]) -> About:
    return About("snapchat", title=key)


def _placed(file: File) -> Iterator[Placed | Record]:
    """Yield each message with the name of its chat."""
    number = 0
    with file.open() as stream:
        try:
            for _, value in values_at(stream, {""}, scalars=False, one=True):
                for name, entries in mapping(value, "document").items():
                    for entry in entries if isinstance(entries, list) else []:
                        number += 1
                        try:
                            yield _message(number, name, mapping(entry, "message"))
                        except ConversationError as error:
                            yield unreadable(file.path, number, error)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)


def _message(number: int, name: str, entry: dict[str, Any]) -> Placed:
    """Return a message and its chat: its list's, or of old the other person's."""
    sender = key_of(entry.get("From"))
    other = key_of(entry.get("To")) or sender or "Unknown"
    # Pictures and calls stand here as well, without words.
    text = text_of(entry.get("Content") or entry.get("Text"), "Content")
    at = epoch(text_of(entry.get("Created"), "Created").removesuffix(_ZONE))
    if not name.endswith(_OLD):
        return name, Message(number, Participant(sender or "Unknown", sender), text, at)
    author = _OWN if name.startswith(_SENT) else Participant(sender or "Unknown", sender)
    return other, Message(number, author, text, at)


SOURCE = Source(
    name="snapchat",
    description="Snapchat's saved chats (chat_history.json)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="accounts.snapchat.com, My Data (zip), json/chat_history.json",
    kept="accounts, words, times; cut into conversations by silence",
    left_out="media, calls, chats that were not saved",
    loss=Loss.DOCUMENT,
)
