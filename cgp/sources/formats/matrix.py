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
_POLLS = {
    "m.poll.start": "m.poll",
    "org.matrix.msc3381.poll.start": "org.matrix.msc3381.poll.start",
}
"""Events that begin a poll, and where its question stands in their contents (MSC3381)."""
_TEXTS = ("org.matrix.msc1767.text", "body")


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
    kind = key_of(event.get("type"))
    if kind not in {"m.room.message", *_POLLS}:
        return None
    content = mapping(event.get("content"), "content")
    body = _question(content.get(_POLLS[kind])) if kind in _POLLS else None
    if body is None and key_of(content.get("msgtype")) not in _TALK_TYPES:
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
        _without_quotation(text_of(content.get("body"), "body"), relation)
        if body is None
        else body,
        seconds,
        key_of(event.get("event_id")),
        thread,
    )


def _question(poll: object) -> str:
    """Return the question of a poll and its answers, as their author wrote them."""
    poll = poll if isinstance(poll, dict) else {}
    answers = poll.get("answers")
    entries = [poll.get("question"), *(answers if isinstance(answers, list) else [])]
    return "\n".join(text for entry in entries if (text := _shown(entry)))


def _shown(entry: object) -> str | None:
    """Return the text of a question or an answer; the stable form of a poll has a list of forms."""
    if not isinstance(entry, dict):
        return None
    forms = entry.get("m.text")
    first = forms[0] if isinstance(forms, list) and forms else None
    text = key_of(first.get("body")) if isinstance(first, dict) else None
    return text or next((key for name in _TEXTS if (key := key_of(entry.get(name)))), None)


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
    kept="accounts, words, polls, times, threads; cut into conversations by silence",
    left_out="joins, media, reactions, edits, quoted messages",
    loss=Loss.REST,
)
