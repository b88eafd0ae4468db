"""Google Hangouts (``Hangouts.json`` of Takeout): conversations, each with its events.

Two forms: ``conversations`` with ``events``, and of old ``conversation_state`` with ``event``.
Structure: ``Dophin2009/hangouts-rs``, ``src/raw``, and ``ammgws/wynbot``, ``build_db.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import conversations
from cgp.sources.files import File
from cgp.sources.json_records import records_at
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json, skipped, unreadable

_BREAK = "LINE_BREAK"


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "conversation_id", "participant_data")
        and (has_keys(head, "conversations") or has_keys(head, "conversation_state"))
    )


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each chat."""
    yield from records_at(file, "conversations", "conversation_state", to_records=_chat)


def _chat(path: Path, number: int, value: object) -> Iterator[Record]:
    chat = mapping(value, "conversation")
    inner = chat.get("conversation_state")
    chat = inner if isinstance(inner, dict) else chat
    about = mapping(chat.get("conversation"), "conversation")
    details = about.get("conversation")
    details = details if isinstance(details, dict) else about
    events = chat.get("events", chat.get("event"))
    if events is None:
        yield skipped(path, number, "a conversation without events")
        return
    if not isinstance(events, list):
        raise ConversationError("events must be a list")
    people = _people(details)
    messages: list[Message] = []
    for event in events:
        try:
            message = _message(number, mapping(event, "event"), people)
        except ConversationError as error:
            yield unreadable(path, number, error)
            continue
        messages.extend([message] if message is not None else [])
    # The older form has the events in no order.
    messages.sort(key=lambda message: message.at or 0.0)
    key = _id(chat.get("conversation_id") or about.get("conversation_id") or details.get("id"))
    facts = About("hangouts", id=f"hangouts-{key}" if key else None, title=_title(details, people))
    yield from conversations(path, messages, lambda: facts)


def _people(details: dict[str, Any]) -> dict[str, Participant]:
    """Return the people of a conversation by their ids."""
    people: dict[str, Participant] = {}
    entries = details.get("participant_data")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and (key := _id(entry.get("id"))):
            phone = entry.get("phone_number")
            number = key_of(phone.get("e164")) if isinstance(phone, dict) else None
            people[key] = Participant(key_of(entry.get("fallback_name")) or number or key, key)
    return people


def _id(value: object) -> str | None:
    """Return the id of a person or a conversation, which is one of several in an object."""
    if not isinstance(value, dict):
        return None
    return next(
        (key for name in ("chat_id", "gaia_id", "id") if (key := key_of(value.get(name)))), None
    )


def _title(details: dict[str, Any], people: dict[str, Participant]) -> str | None:
    """Return the name of a group, or else the names of the others."""
    if name := key_of(details.get("name")):
        return name
    # A talk of two has no name: the person knows it by the other one.
    own_id: object = details
    for step in ("self_conversation_state", "self_read_state", "participant_id"):
        own_id = own_id.get(step) if isinstance(own_id, dict) else None
    key = _id(own_id)
    return ", ".join(person.name for id_, person in people.items() if id_ != key) or None


def _message(number: int, event: dict[str, Any], people: dict[str, Participant]) -> Message | None:
    """Return the words of an event, None for calls, joins and new names."""
    if event.get("chat_message") is None:
        return None
    content = mapping(event["chat_message"], "chat_message").get("message_content")
    segments = mapping(content, "message_content").get("segment") or []
    if not isinstance(segments, list):
        raise ConversationError("segment must be a list")
    text = "".join(_words(mapping(segment, "segment")) for segment in segments)
    sender = _id(event.get("sender_id"))
    author = people.get(sender or "") or Participant(sender or "Unknown", sender)
    return Message(
        number, author, text, epoch(event.get("timestamp")), key_of(event.get("event_id"))
    )


def _words(segment: dict[str, Any]) -> str:
    return "\n" if segment.get("type") == _BREAK else text_of(segment.get("text"), "text")


SOURCE = Source(
    name="hangouts",
    description="Google Hangouts (Takeout, Hangouts.json)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Google Takeout, Hangouts (of before it became Google Chat)",
    kept="names and ids, words, times, text messages of phones; cut into conversations by silence",
    left_out="calls, joins, new names of groups, pictures",
    loss=Loss.REST,
)
