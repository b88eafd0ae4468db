"""Matrix rooms as Element exports them in JSON.

Structure: ``matrix-org/matrix-react-sdk``, ``src/utils/exportUtils/JSONExport.ts``: the room's
name and its events as the server has them.
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
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json

_TALK_TYPES = frozenset({"m.text", "m.emote", "m.notice"})


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "messages", "event_id", "origin_server_ts")


def read(file: File) -> Iterator[Record]:
    """Yield the room's conversations."""
    facts: dict[str, str] = {}

    def about() -> About:
        return About("matrix", id=None, title=facts.get("room_name") or file.path.stem)

    items = json_messages(file, "messages.item", _message, facts)
    yield from conversations(file.path, items, about)


def _message(number: int, event: dict[str, Any]) -> Message | None:
    if event.get("type") != "m.room.message":
        return None
    content = mapping(event.get("content"), "content")
    if key_of(content.get("msgtype")) not in _TALK_TYPES:
        return None
    sender = text_of(event.get("sender"), "sender")
    at = event.get("origin_server_ts")
    seconds = epoch(at / 1000) if isinstance(at, int | float) and not isinstance(at, bool) else None
    relation = content.get("m.relates_to")
    relation = relation if isinstance(relation, dict) else {}
    # An edit repeats the message, which the export has as it is now.
    if relation.get("rel_type") == "m.replace":
        return None
    thread = key_of(relation.get("event_id")) if relation.get("rel_type") == "m.thread" else None
    name = sender.removeprefix("@").partition(":")[0] or "Unknown"
    return Message(
        number,
        Participant(name, sender or None),
        _without_quotation(text_of(content.get("body"), "body"), relation),
        seconds,
        key_of(event.get("event_id")),
        thread,
    )


def _without_quotation(body: str, relation: dict[str, Any]) -> str:
    """Return an answer without the quoted message that stands before it."""
    if "m.in_reply_to" not in relation or not body.startswith("> "):
        return body
    lines = body.split("\n")
    first = next((i for i, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[first:]).strip()


SOURCE = Source(
    name="matrix",
    description="Matrix room (Element, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Element, Room info, Export chat, format JSON",
    kept="accounts, words, times, threads; cut into conversations by silence",
    left_out="joins, media, reactions, edits, quoted messages",
    loss=Loss.REST,
)
