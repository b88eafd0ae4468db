"""Skype exports (``messages.json``): conversations, each with a ``MessageList`` newest first.

Structure: ``siwen-r/skype-export-parser``, ``src/types/SkypeExport.d.ts`` and ``docs/skype.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.json_records import records_at
from cgp.sources.markup import text_of_html
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json, unreadable

_TALK_TYPES = frozenset({"RichText", "Text"})
_NOT_SAID = re.compile(
    r"<quote\b[^<>]{0,500}>.{0,20000}?</quote>|"
    r"<(legacyquote|e_m)\b[^<>]{0,500}>(?:[^<]{0,2000}</\1>)?|<quote\b[^<>]{0,500}>|</quote>|^Edited previous message: ",
    re.DOTALL,
)


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "conversations", "MessageList")


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each chat."""
    yield from records_at(file, "conversations", to_records=_chat)


def _chat(path: Path, number: int, value: object) -> Iterator[Record]:
    chat = mapping(value, "conversation")
    messages = chat.get("MessageList")
    if not isinstance(messages, list):
        raise ConversationError("MessageList must be a list")
    items: list[Item] = []
    for message in messages:
        try:
            item = _message(number, mapping(message, "message"))
        except ConversationError as error:
            items.append(unreadable(path, number, error))
            continue
        items.extend([item] if item is not None else [])
    key = key_of(chat.get("id"))
    about = About(
        "skype", id=f"skype-{key}" if key else None, title=key_of(chat.get("displayName"))
    )
    yield from conversations(path, items, lambda: about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    if key_of(message.get("messagetype")) not in _TALK_TYPES:
        return None
    sender = text_of(message.get("from"), "from")
    # Accounts have a number before the colon that says which network they are of.
    name = key_of(message.get("displayName")) or sender.split(":")[-1]
    text = text_of_html(_NOT_SAID.sub("", text_of(message.get("content"), "content")))
    at = epoch(message.get("originalarrivaltime"))
    return Message(number, Participant(name, sender or None), text, at, key_of(message.get("id")))


SOURCE = Source(
    name="skype",
    description="Skype export (messages.json)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    companions=("endpoints.json",),
    where="Skype's export of conversations (tar)",
    kept="names or accounts, words, times; cut into conversations by silence",
    left_out="calls, media, cards, joins; quoted messages",
    loss=Loss.REST,
)
