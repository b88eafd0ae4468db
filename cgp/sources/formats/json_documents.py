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
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path

from cgp.conversation import has_content_id
from cgp.conversation_json import ConversationError, Record, conversation_from_json
from cgp.sources.chat_messages import (
    MESSAGE_LISTS,
    TURN_LISTS,
    chat_records,
    entry_of,
    has_messages,
    have_dates,
    message_of,
)
from cgp.sources.files import File
from cgp.sources.formats.text import talk_records
from cgp.sources.json_records import is_json_lines, json_line_records, json_records
from cgp.sources.json_stream import keys_of, values_at
from cgp.sources.message_signs import MOST_ENTRIES, missing_in
from cgp.sources.messages import (
    NO_TEXT,
    About,
    Message,
    key_of,
    records_of,
    shortened,
    without_pages,
)
from cgp.sources.source import Loss, Source, has_keys, is_json, skipped, unreadable
from cgp.sources.turn_heads import head

_LISTS = ("messages", "conversations", "conversation", "dialog", "dialogue", "items")
_BARE = re.compile(
    rb'^\s*\[\s*\{\s*"(?:role|speaker|from|author|sender|content|text|value|speaker_name|name|id|timestamp|'
    rb'conversation_id|dialogue_id|dialog_id|thread_id|session_id)"\s*:'
)
_LIST_OF_OBJECTS = re.compile(rb"^\s*\[\s*\{")
_SINGLE_DOCUMENT = re.compile(
    rb'"(?:conversations|items)"\s*:\s*\[\s*\{\s*"(?:from|role|value|content|speaker|id|type)"'
)
_MESSAGE_KEYS = (
    ("role", "content"), ("speaker", "text"), ("speaker", "utterance"), ("author", "body"),
)  # fmt: skip
_CONVERSATION_KEYS = ("conversation_id", "dialogue_id", "dialog_id", "thread_id", "session_id")
"""Keys of a message that name the conversation it belongs to."""
_INNER = (*TURN_LISTS, "messages", "conversations", "conversation", "mapping", "chat_messages")
_WEAK_LISTS = ("messages", "items")
"""Keys under which translations, logs and goods stand as well as messages."""
_STRONG_LISTS = (*TURN_LISTS, "conversations", "conversation", "dialog", "dialogue")
_SHOWN_KEYS = 8
_LISTED = "'cgp import --list-formats' lists the exports that are read"
_BARE_PLACES = frozenset({"item"})
_LIST_PLACES = frozenset(
    f"{around}{key}.item" for around in ("", "item.", "data.item.") for key in _WEAK_LISTS
)
_TEXTS_BY_KEY = re.compile(rb'(?<!\\)"messages"\s*:\s*\{\s*"(?:[^"\\]|\\.){1,200}"\s*:\s*"')


def _recognises(head: bytes, path: Path) -> bool:
    return _has_form(head) and _missing(head, path) is None


def _missing(head: bytes, _path: Path) -> str | None:
    """Return the missing evidence of a talk, None where there is enough, or no JSON."""
    if not is_json(head):
        return None
    if not _has_form(head):
        keys = _shown_keys(_first_keys(head))
        return (
            f"JSON without a list of messages, each with a speaker and a text (its keys are {keys}): "
            f"{_LISTED}"
        )
    # Files of translations have ``messages`` too: texts by their keys, which nobody says to
    # anybody.
    if _TEXTS_BY_KEY.search(head) and not any(has_keys(head, key) for key in _STRONG_LISTS):
        return "under 'messages' stand texts by their keys, as translations have, and no list"
    values = enumerate(islice(_samples(head), MOST_ENTRIES), 1)
    return missing_in([entry for place, value in values if (entry := entry_of(place, value))])


def _samples(head: bytes) -> Iterator[object]:
    """Yield the first values of lists that may hold messages, or something else."""
    if is_json_lines(head):
        for line in head.splitlines()[:MOST_ENTRIES]:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue  # reading names the broken line
            if isinstance(value, dict):
                yield from _under_weak_keys(value) if _has_inner(value) else (value,)
        return
    places = _BARE_PLACES if _is_bare(head) else _LIST_PLACES
    values = values_at(BytesIO(head), places, scalars=False)
    # The head's end cuts the document, and a broken one is named when it is read.
    with suppress(ConversationError):
        for _, value in islice(values, MOST_ENTRIES):
            yield value


def _has_inner(value: dict[str, object]) -> bool:
    return any(key in value for key in _INNER)


def _under_weak_keys(value: dict[str, object]) -> Iterator[object]:
    """Yield the values of lists whose key names no talk."""
    for key in _WEAK_LISTS:
        if isinstance(values := value.get(key), list):
            yield from values


def _has_form(head: bytes) -> bool:
    """Tell if a file has the keys of conversations or of messages."""
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
        (_BARE.match(head) is not None or _begins_with_message(head))
        and has_messages(head)
        and not any(has_keys(head, key) for key in (*_INNER, "dialog", "dialogue"))
    )


def _begins_with_message(head: bytes) -> bool:
    """Tell if a list's first value has a speaker and a text, whichever key comes first."""
    if not _LIST_OF_OBJECTS.match(head):
        return False
    first: object = None
    with suppress(ConversationError):  # the head's end may cut the value
        first = next(
            (value for _, value in values_at(BytesIO(head), _BARE_PLACES, scalars=False)), None
        )
    return entry_of(1, first) is not None


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    head = file.head()
    if is_json_lines(head) and _is_bare_lines(head):
        # Lines of one message each are held until the end: the lines of two talks may alternate.
        yield from _message_lines(file)
    elif is_json_lines(head) or head.lstrip()[:2] == b"[[":
        yield from _titled(file.path, json_line_records(file, to_records))
    elif _is_bare(head):
        yield from _bare_list(file)
    else:
        # ``conversations`` is a list of turns in ShareGPT and of whole conversations elsewhere: the
        # first item tells.
        lists = () if _SINGLE_DOCUMENT.search(head) else ("conversations", "data")
        records = json_records(file, to_records, single="turns", lists=lists)
        yield from _titled(file.path, records)


def _titled(path: Path, records: Iterable[Record]) -> Iterator[Record]:
    """Pass on records; the only conversation of a file gets the file's name for its title.

    One that has a title, or an id by which people know it, keeps that.
    """
    waiting: Record | None = None
    conversations = 0
    for record in records:
        if record.conversation is not None:
            conversations += 1
            if conversations == 1:
                waiting = record  # until a second one comes
                continue
            if waiting is not None:
                yield waiting
                waiting = None
        yield record
    if waiting is not None:
        yield _with_title(waiting, path.stem)


def _with_title(record: Record, title: str) -> Record:
    conversation = record.conversation
    if conversation is None or conversation.title:
        return record
    if not has_content_id(conversation, conversation.content_hash):
        return record
    return replace(record, conversation=replace(conversation, title=shortened(title)))


def _message_lines(file: File) -> Iterator[Record]:
    """Yield the conversations of lines of messages."""
    talks = _Talks(file.path)

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        talks.add(number, value)
        return iter(())

    yield from json_line_records(file, collect)
    yield from talks.records()


def _bare_list(file: File) -> Iterator[Record]:
    """Yield the conversations of a list of messages."""
    talks = _Talks(file.path)
    number = 0
    with file.open() as stream:
        try:
            for _, value in values_at(stream, {"item"}, scalars=False):
                number += 1
                try:
                    talks.add(number, value)
                except ConversationError as error:
                    yield unreadable(file.path, number, error)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)
    yield from talks.records()


class _Talks:
    """Messages of a file, by the conversation that each names; messages that name none are one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._messages: dict[str, list[Message]] = {}

    def add(self, number: int, value: object) -> None:
        """Take one message, or a value that is not speech.

        Raises:
            ConversationError: if it is not a message.
        """
        if (message := message_of(number, value)) is not None:
            self._messages.setdefault(_conversation_of(value), []).append(message)

    def records(self) -> Iterator[Record]:
        """Yield the conversations, in the order of their first messages."""
        # Without a message there is still one record, which says that there is no text.
        for key, messages in (self._messages or {"": []}).items():
            first = messages[0].number if key else 1
            about = About("json", title=key or self._path.stem, clock=have_dates(messages))
            yield from records_of(self._path, first, about, without_pages(messages))


def _conversation_of(value: object) -> str:
    """Return the key of the conversation that a message names, nothing where it names none."""
    if not isinstance(value, dict):
        return ""
    return next((key for name in _CONVERSATION_KEYS if (key := key_of(value.get(name)))), "")


def to_records(path: Path, number: int, value: object) -> Iterator[Record]:
    """Yield the record of one conversation, and before it each message that cannot be read.

    Raises:
        ConversationError: if ``value`` is none.
    """
    chat = chat_records(path, number, value)
    if chat is not None:
        yield from chat
        return
    if isinstance(value, dict):
        texts = [text for key in TURN_LISTS if isinstance(text := value.get(key), str)]
        if texts:
            yield from _text_records(path, number, texts[0])
            return
        if not any(key in value for key in TURN_LISTS):
            raise ConversationError(_no_messages(value))
    conversation = conversation_from_json(value)
    if not any(turn.text.strip() for turn in conversation.turns):
        yield skipped(path, number, NO_TEXT)
    else:
        yield Record(path, number, conversation)


def _text_records(path: Path, number: int, text: str) -> Iterator[Record]:
    """Yield the record of a transcript that is one text of lines with names.

    Raises:
        ConversationError: if none of its lines begins with a name.
    """
    lines = list(enumerate(text.splitlines(), 1))
    if not any(head(line) for _, line in lines):
        raise ConversationError("the transcript is one text, and no line of it begins with a name")
    for record in talk_records(path, lambda: lines, source="json"):
        yield replace(record, number=number)


def _no_messages(value: dict[str, object]) -> str:
    """Return that an object holds no list of messages, what it holds, and what can be done."""
    places = ", ".join(map(repr, dict.fromkeys((*TURN_LISTS, *MESSAGE_LISTS))))
    return f"no list of messages under {places}: its keys are {_shown_keys(value)}; {_LISTED}"


def _shown_keys(keys: Iterable[object]) -> str:
    return ", ".join(repr(str(key)[:40]) for key in islice(keys, _SHOWN_KEYS)) or "none"


def _first_keys(head: bytes) -> dict[str, None]:
    """Return the first keys of the document, or of what it is a list of."""
    keys: dict[str, None] = {}
    # The head's end cuts the document, and a broken one is named when it is read.
    with suppress(ConversationError):
        for key in keys_of(BytesIO(head)):
            keys[key] = None
            if len(keys) > _SHOWN_KEYS:
                break
    return keys


SOURCE = Source(
    name="json",
    description="conversations in JSON or JSON lines: {id, participants, turns} and relatives",
    suffixes=(".json", ".jsonl", ".ndjson"),
    recognises=_recognises,
    read=read,
    missing=_missing,
    general=True,
    where="cgp export, programs, chat data sets (WildChat, LMSYS-Chat-1M, ShareGPT, DailyDialog)",
    kept="names or roles, texts, ids, titles, languages, times under any usual key",
    left_out="system prompts, calls of tools and their answers, labels of data sets",
    loss=Loss.CONVERSATION,
)
