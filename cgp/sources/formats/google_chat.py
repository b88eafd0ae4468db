"""Google Chat as Google Takeout has it: ``Google Chat/Groups/*/messages.json``.

Structure: ``poesterlin/formabba``, ``src/lib/types.ts`` (``creator``, ``created_date``,
``topic_id``); the date stands as ``Saturday, March 1, 2025 at 8:00:00 AM UTC``, or so in the
account's language.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import conversations
from cgp.sources.files import File
from cgp.sources.json_messages import json_messages
from cgp.sources.messages import About, Message, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json
from cgp.sources.written_times import Moment, written_time


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "messages", "creator", "created_date")


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of a group or of a direct exchange."""
    group = file.path.parent.name
    about = About("google-chat", id=f"google-chat-{group}" if group else None, title=group or None)
    items = json_messages(file, "messages.item", _message, {})
    yield from conversations(file.path, items, lambda: about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    creator = mapping(message.get("creator"), "creator")
    name = text_of(creator.get("name"), "name") or text_of(creator.get("email"), "email")
    if message.get("message_state") == "DELETED":
        return None
    moment = written_time(text_of(message.get("created_date"), "created_date"))
    at = float(moment) if isinstance(moment, Moment) else None
    key = key_of(message.get("message_id"))
    return Message(number, Participant(name), text_of(message.get("text"), "text"), at, key)


SOURCE = Source(
    name="google-chat",
    description="Google Chat (Takeout, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    companions=("group_info.json", "user_info.json"),
    where="Google Takeout, Google Chat",
    kept="names, words, times in the languages of Europe and East Asia; cut into conversations by silence",
    left_out="attachments, reactions, deleted messages, cards of programs; topics (they are not told apart)",
    loss=Loss.REST,
)
