"""Chat messages in JSON under the keys that programs and data sets use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.date_orders import DateOrder, WrittenTime
from cgp.sources.markup import without_reasoning
from cgp.sources.message_signs import UNSPOKEN, Entry
from cgp.sources.messages import (
    About,
    Message,
    epoch,
    key_of,
    records_of,
    start_of,
    without_pages,
)
from cgp.sources.source import has_keys, unreadable
from cgp.sources.written_times import Written, resolved, written_time

TURN_LISTS = ("turns", "lines", "transcript")
"""Where the canonical form and its relatives have their turns."""
MESSAGE_LISTS = (
    "messages", "conversation", "conversations", "dialog", "dialogue", "items", "transcript_object", "segments", "utterances",
)  # fmt: skip
_AROUND = ("transcript", "conversation", "chat", "data", "result", "artifact")
"""Keys of an object that holds the messages of the one around it."""
_SPEAKERS = ("speaker", "role", "from", "author", "sender", "speaker_name", "name", "user")
_TEXTS = ("text", "content", "value", "body", "message", "utterance")
_TIMES = (
    "at", "timestamp", "created_at", "createdAt", "time", "ts", "date", "created", "time_in_call_secs", "start", "start_time", "startTime",
)  # fmt: skip
_STARTS = ("created_at", "create_time", "createdAt", "timestamp", "start_time", "date")
_IDS = ("id", "conversation_id", "conversation_hash", "session_id", "dialog_id", "uuid")
_KEYS_WITHOUT_WORDS = """
id uuid key type kind status state model version lang language url uri parent_id parent_message_id message_id
author_id sender_id user_id conversation_id session_id dialog_id tool_calls tool_call_id function_call
refusal arguments output call_id audio image images attachments files metadata weight end_turn recipient channel finish_reason
stop_reason token_count usage annotations turn_id turn_key is_user is_system
"""
_WITHOUT_WORDS = frozenset((*_SPEAKERS, *_TIMES, *_STARTS, *_IDS, *_KEYS_WITHOUT_WORDS.split()))
"""Keys of a message that hold no words that somebody says."""
_ANSWERS = frozenset({"children", "replies", "answers", "comments"})
"""Keys under which a message holds the ones that answer it."""
_END = object()
_NO_TEXT_OF_PARTS = frozenset({"type", "annotations", "cache_control", "tool_use_id"})
_MOST_DEPTH = 4
MAX_RELATIVE_SECONDS = 1e8
"""A larger number is a time of day since 1970 (this one in 1973), a smaller one counts from the
start.
"""
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$")
"""A BCP 47 tag; data sets write ``English`` as well, which none of our filters would find."""


def has_messages(head: bytes) -> bool:
    """Tell if JSON text has messages: a speaker and a text."""
    return any(has_keys(head, key) for key in _SPEAKERS) and any(
        has_keys(head, key) for key in _TEXTS
    )


def chat_records(path: Path, number: int, value: object) -> Iterator[Record] | None:
    """Return the records of a conversation of messages, None for the canonical form and anything
    else.
    """
    if isinstance(value, list):
        return _records(path, number, {}, value)
    if not isinstance(value, Mapping):
        return None
    for key in TURN_LISTS:
        if isinstance(value.get(key), list):
            return _relative(path, number, value, key)
    for key in MESSAGE_LISTS:
        if isinstance(messages := value.get(key), list):
            return _records(path, number, value, messages)
    for key in _AROUND:
        if isinstance(inner := value.get(key), Mapping):
            # One object in another one: ids and titles may stand in either.
            around = {name: outer for name, outer in value.items() if name != key}
            return chat_records(path, number, {**around, **inner})
    return None


def _relative(
    path: Path, number: int, value: Mapping[str, Any], key: str
) -> Iterator[Record] | None:
    """Return the records of turns whose speakers stand under another key, None for
    canonical ones.
    """
    turns = value[key]
    first = turns[0] if isinstance(turns, list) and turns else None
    if not isinstance(first, Mapping) or "speaker" in first or "participants" in value:
        return None
    return _records(path, number, value, turns)


def _records(
    path: Path, number: int, value: Mapping[str, Any], messages: list[Any]
) -> Iterator[Record]:
    chat_messages: list[Message] = []
    for place, item in enumerate(_with_answers(messages)):
        try:
            message = message_of(place + 1, item)
        except ConversationError as error:
            yield unreadable(path, number, f"turn {place}: {error}")
            continue
        if message is not None:
            chat_messages.append(message)
    identifier = next((key for name in _IDS if (key := key_of(value.get(name)))), None)
    title, language = value.get("title"), value.get("language")
    about = About(
        key_of(value.get("source")) or "json",
        id=identifier,
        title=title if isinstance(title, str) else None,
        language=language if isinstance(language, str) and _LANGUAGE.match(language) else None,
        started_at=key_of(value.get("started_at"))
        or start_of(next((at for name in _STARTS if (at := value.get(name))), None), chat_messages),
        clock=have_dates(chat_messages),
    )
    yield from records_of(path, number, about, without_pages(chat_messages))


def _with_answers(messages: list[Any]) -> Iterable[Any]:
    """Return messages, each with the answers that lie inside of it after it."""
    # Nearly no program nests them, and to look at each message again costs a fifth of the reading.
    if all(not isinstance(m, dict) or _ANSWERS.isdisjoint(m) for m in messages):
        return messages
    return _depth_first(messages)


def _depth_first(messages: Iterable[Any]) -> Iterator[Any]:
    waiting = [iter(messages)]
    while waiting:
        message = next(waiting[-1], _END)
        if message is _END:
            waiting.pop()
            continue
        yield message
        fields = message.items() if isinstance(message, Mapping) else ()
        waiting.extend(iter(v) for key, v in fields if key in _ANSWERS and _are_messages(v))


def _are_messages(value: object) -> TypeGuard[list[Any]]:
    """Tell if a value is a list of messages with words: replies may be a number, or ids."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and any(key in one for key in _TEXTS) for one in value)
    )


def have_dates(messages: Iterable[Message]) -> bool:
    """Tell if the times of messages are of a day, and not counted from the start."""
    return any(m.at is not None and m.at > MAX_RELATIVE_SECONDS for m in messages)


def message_of(number: int, message: object) -> Message | None:
    """Return the message of a JSON value, None if it is not speech (a tool's call, an instruction).

    In a list of strings, two people take turns.

    Raises:
        ConversationError: if it has no speaker, or a text that is none.
    """
    if isinstance(message, str):
        return Message(number, Participant(f"Speaker {2 - number % 2}"), message)
    # Speaker and text, and maybe the time.
    if isinstance(message, list) and len(message) in {2, 3}:
        message = dict(zip(("speaker", "text", "at"), message, strict=False))
    if not isinstance(message, Mapping):
        raise ConversationError("a message must be a JSON object")
    speaker = next((message[key] for key in _SPEAKERS if message.get(key) is not None), None)
    if isinstance(speaker, Mapping):
        speaker = next(
            (speaker[k] for k in ("name", "role", "id") if speaker.get(k) is not None), None
        )
    # An event of the program has a type in place of a speaker.
    if key_of(speaker) in UNSPOKEN or (speaker is None and "type" in message):
        return None
    text = _text_of(message)
    name = f"Speaker {speaker}" if isinstance(speaker, int) else key_of(speaker)
    if name is None:
        raise ConversationError("speaker is missing: a name or a role")
    if not text and not any(key in message for key in _TEXTS):
        _require_no_words(message)
    return Message(number, Participant(name), without_reasoning(text), _at(message))


def _text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, nothing where it has none.

    Raises:
        ConversationError: if it is not text.
    """
    text = next((message[key] for key in _TEXTS if message.get(key) is not None), "")
    if isinstance(text, list):
        text = _join(text)
    elif isinstance(text, Mapping):
        text = next((text[key] for key in _TEXTS if isinstance(text.get(key), str)), text)
    if not isinstance(text, str):
        raise ConversationError(f"text must be a string, not {type(text).__name__}")
    return text


def _require_no_words(message: Mapping[str, Any]) -> None:
    """Refuse a message whose words stand under an unknown key: it is not one that says nothing.

    Raises:
        ConversationError: if there are such words.
    """
    for key, value in message.items():
        if key not in _WITHOUT_WORDS and _has_words(value):
            raise ConversationError(
                f"no text under {', '.join(map(repr, _TEXTS))}: that under {str(key)[:40]!r} is not read"
            )


def _has_words(value: object, depth: int = _MOST_DEPTH) -> bool:
    """Tell if a string, or one inside of lists and objects, has a letter."""
    if isinstance(value, str):
        return any(character.isalpha() for character in value)
    if depth and isinstance(value, Mapping):
        return any(
            key not in _WITHOUT_WORDS and _has_words(child, depth - 1)
            for key, child in value.items()
        )
    return bool(depth) and isinstance(value, list) and any(_has_words(v, depth - 1) for v in value)


def entry_of(number: int, message: object) -> Entry | None:
    """Return a message as evidence of a talk or of something else, None if it is not speech."""
    try:
        said = message_of(number, message)
    except ConversationError:
        return None
    if said is None or not said.text.strip():
        return None
    if not isinstance(message, Mapping):
        # A list names its speaker first; who says a mere string is assumed, and shows nothing.
        return Entry(said.author.name, said.text, "0" if isinstance(message, list) else "", "")
    present = [key for key, value in message.items() if value is not None]
    name_key = next((key for key in _SPEAKERS if key in present), "")
    text_key = next((key for key in _TEXTS if key in present), "")
    return Entry(said.author.name, said.text, name_key, text_key, present)


def _join(parts: list[Any]) -> str:
    """Return the texts among the parts of a message; pictures, sound and calls of
    tools are none.

    Raises:
        ConversationError: if the words of a part are in a form that is not known.
    """
    return "\n".join(text for part in parts if (text := _text_of_part(part)))


def _text_of_part(part: object) -> str:
    text = part.get("text") if isinstance(part, Mapping) else part
    if isinstance(text, Mapping):
        text = text.get("value")  # as threads of assistants have it, beside its sources
    if isinstance(text, str):
        return text
    kind = part.get("type") if isinstance(part, Mapping) else None
    if isinstance(kind, str) and "text" in kind and isinstance(part, Mapping):
        _require_no_words(
            {key: value for key, value in part.items() if key not in _NO_TEXT_OF_PARTS}
        )
    return ""


def _at(message: Mapping[str, Any]) -> float | None:
    """Return the time of a message; one in a form that is not known is left out, its words stay."""
    value = next((message[key] for key in _TIMES if message.get(key) is not None), None)
    try:
        return epoch(value)
    except ConversationError:
        time = written_time(value) if isinstance(value, str) else None
        return resolved(time, DateOrder.DAY_MONTH) if _is_certain(time) else None


def _is_certain(time: Written | None) -> TypeGuard[Written]:
    """Tell if a time is understood without the others: day and month are not mixed up."""
    return time is not None and (not isinstance(time, WrittenTime) or time.year_first)
