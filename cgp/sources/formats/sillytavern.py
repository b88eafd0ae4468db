"""SillyTavern's chats (JSON lines): a line about the chat, then one for each message.

Structure: ``public/script.js`` of ``SillyTavern/SillyTavern`` as its extensions describe it
(``name``, ``is_user``, ``is_system``, ``send_date``, ``mes``). ``mes`` is the swipe that is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import conversations
from cgp.sources.date_orders import DateOrder
from cgp.sources.files import File
from cgp.sources.json_records import json_line_records
from cgp.sources.markup import without_reasoning
from cgp.sources.messages import About, Message, epoch, mapping, or_no_text, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys
from cgp.sources.written_times import Offset, resolved, written_time

_OLD_DATE = re.compile(
    r"^(\d{4})-(\d{1,2})-(\d{1,2})\s?@\s?(\d{1,2})h\s?(\d{1,2})m\s?(\d{1,2})s(?:\s?\d{1,3}ms)?$"
)
_HALF_DAY = re.compile(r"(\d)([ap])m$", re.IGNORECASE)


def _recognises(head: bytes, _path: Path) -> bool:
    return head.lstrip()[:1] == b"{" and has_keys(head, "mes", "is_user", "name")


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    messages: list[Message] = []

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        line = mapping(value, "line")
        # The first line is about the chat, and what the program says of itself is of the system.
        if "mes" in line and not line.get("is_system"):
            messages.append(_message(number, line))
        return iter(())

    yield from json_line_records(file, collect)
    about = About("sillytavern", title=file.path.stem, zoned=False)
    yield from or_no_text(file.path, conversations(file.path, messages, lambda: about))


def _message(number: int, line: dict[str, Any]) -> Message:
    name = text_of(line.get("name"), "name") or ("User" if line.get("is_user") else "Character")
    text = without_reasoning(text_of(line.get("mes"), "mes"))
    return Message(number, Participant(name), text, _time(line.get("send_date")))


def _time(value: object) -> float | None:
    """Return when a message was sent, which each version of the program writes in its own way."""
    if isinstance(value, str) and (old := _OLD_DATE.match(value.strip())):
        year, month, day, hour, minute, second = (int(part) for part in old.groups())
        value = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"
    try:
        return epoch(value)
    except ConversationError:
        time = (
            written_time(_HALF_DAY.sub(r"\1 \2m", value.strip()))
            if isinstance(value, str)
            else None
        )
        if time is None or isinstance(time, Offset):
            raise
        return resolved(time, DateOrder.DAY_MONTH)


SOURCE = Source(
    name="sillytavern",
    description="SillyTavern chat (JSON lines)",
    suffixes=(".jsonl",),
    recognises=_recognises,
    read=read,
    where="SillyTavern, Manage chat files, Export; data/USER/chats/",
    kept="names, the shown swipe, times of the computer's clock; cut into conversations by silence",
    left_out="other swipes, reasoning, lines of the program, pictures",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
