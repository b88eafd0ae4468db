"""From messages to a conversation: the steps that all chat formats share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from cgp.conversation import (
    MAX_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_PARTICIPANTS,
    MAX_TURN_CHARACTERS,
    MAX_TURNS,
    Conversation,
    Participant,
    Turn,
)
from cgp.conversation_json import ConversationError, Record
from cgp.sources.markup import is_page, text_of_html
from cgp.sources.source import skipped, unreadable

MAX_NAME_CHARACTERS = 200
_SECONDS_TO_5138 = 1e11
"""A larger number of seconds since 1970 is one of milliseconds, or of smaller parts."""
_THOUSANDS = 3  # milliseconds, microseconds, nanoseconds
NO_TEXT = "no text"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat.

    ``number`` is its place in the file, from 1. ``at`` is in seconds on one clock for the whole
    file; ``thread`` names the thread that it belongs to, where it is in one.
    """

    number: int
    author: Participant
    text: str
    at: float | None = None
    key: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Facts about a conversation besides its messages.

    Without ``id`` the id comes from the content. ``zoned`` says whether the messages' times are UTC
    (seconds since the epoch) or the wall clock of an unknown zone.
    """

    source: str
    id: str | None = None
    title: str | None = None
    language: str | None = None
    started_at: str | None = None
    zoned: bool = True
    clock: bool = True


def first_messages(messages: Iterable[Message]) -> list[Message]:
    """Return the messages, and of more than a conversation may have, one more than that."""
    return list(islice(messages, MAX_TURNS + 1))


def records_of(
    path: Path, number: int, about: About, messages: Sequence[Message]
) -> Iterator[Record]:
    """Yield the conversation of these messages, or why there is none.

    A message that is too long comes before it as an unreadable record, and the others make the
    conversation.
    """
    # Told apart here: one message that is too long costs itself, an empty one costs nothing, and
    # the others stay a conversation.
    messages_with_text: list[Message] = []
    for message in messages:
        if len(message.text) > MAX_TURN_CHARACTERS:
            reason = f"{len(message.text)} characters in one turn, more than {MAX_TURN_CHARACTERS}"
            yield unreadable(path, message.number, reason)
        elif message.text.strip():
            messages_with_text.append(message)
    if not messages_with_text:
        yield skipped(path, number, NO_TEXT)
        return
    try:
        conversation = to_conversation(about, messages_with_text)
    except ConversationError as error:
        yield unreadable(path, number, error)
        return
    yield Record(path, number, conversation)


def without_pages(messages: list[Message]) -> list[Message]:
    """Return messages as a page shows them where each is a piece of HTML, as help desks keep them;
    the same messages otherwise.
    """
    # The first message tells nearly all talks apart, at no cost.
    if not messages or messages[0].text.lstrip()[:1] not in {"<", ""}:
        return messages
    texts = [message.text for message in messages if message.text.strip()]
    if not texts or not all(map(is_page, texts)):
        return messages
    return [replace(message, text=text_of_html(message.text)) for message in messages]


def or_no_text(path: Path, records: Iterable[Record]) -> Iterator[Record]:
    """Pass on the records of a sound file; where it has none, the file has no speech."""
    record = None
    for record in records:
        yield record
    if record is None:
        yield skipped(path, 0, NO_TEXT)


def to_conversation(about: About, messages: Sequence[Message]) -> Conversation:
    """Return the conversation of messages that all say something.

    Raises:
        ConversationError: if there is too much of something.
    """
    if len(messages) > MAX_TURNS:
        raise ConversationError(f"{len(messages)} turns, more than {MAX_TURNS}")
    # Participants are numbered by their first turn: the same talk gets the same numbers however its
    # file lists people.
    indices: dict[Participant, int] = {}
    start = next((message.at for message in messages if message.at is not None), None)
    origin = start if about.clock else 0.0
    speakers: dict[Participant, int] = {}
    turns = tuple(_turn(message, speakers, indices, origin) for message in messages)
    characters = sum(len(turn.text) for turn in turns)
    if characters > MAX_CHARACTERS:
        raise ConversationError(f"{characters} characters of text, more than {MAX_CHARACTERS}")
    if len(indices) > MAX_PARTICIPANTS:
        raise ConversationError(f"{len(indices)} participants, more than {MAX_PARTICIPANTS}")
    conversation = Conversation(
        id=about.id or "",
        source=about.source,
        participants=tuple(indices),
        turns=turns,
        title=shortened(about.title),
        language=(about.language or "")[: MAX_LABEL_CHARACTERS["language"]] or None,
        started_at=about.started_at or (_iso(start, zoned=about.zoned) if about.clock else None),
    )
    # By its content, so that a second import of the same file finds it again.
    if not about.id:
        conversation = replace(conversation, id=f"{about.source}-{conversation.content_hash[:32]}")
    return replace(conversation, id=identifier(conversation.id))


def _participant(author: Participant) -> Participant:
    name = shortened(author.name) or "Unknown"
    return Participant(name, author.id and clean(author.id)[:MAX_NAME_CHARACTERS])


def _turn(
    message: Message,
    speakers: dict[Participant, int],
    indices: dict[Participant, int],
    origin: float | None,
) -> Turn:
    """Return the turn of a message. ``speakers`` are the numbers of authors as they are written."""
    text = clean(message.text).strip()
    speaker = speakers.get(message.author)
    if speaker is None:
        speaker = indices.setdefault(_participant(message.author), len(indices))
        speakers[message.author] = speaker
    at = None if message.at is None or origin is None else round(message.at - origin, 3)
    return Turn(speaker, text, at)


def clean(text: str) -> str:
    """Return text as every store and peer takes it: no NUL, no lone surrogate."""
    # PostgreSQL takes no NUL, and UTF-8 has no lone surrogate.
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def identifier(text: str) -> str:
    """Return a printable id of at most 200 characters."""
    printable = "".join(c if c.isprintable() else "_" for c in clean(text))
    return printable[:200]


def shortened(text: str | None) -> str | None:
    """Return a name or a title on one line, as every store takes it; None for an empty one."""
    return " ".join(clean(text).split())[:MAX_NAME_CHARACTERS] or None if text else None


def _iso(seconds: float | None, *, zoned: bool) -> str | None:
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return (moment if zoned else moment.replace(tzinfo=None)).isoformat(timespec="seconds")


def epoch(value: object) -> float | None:
    """Return seconds since the epoch from an ISO 8601 time or a number of seconds, None for
    nothing.

    A time without a zone is taken as UTC. A number too large for seconds is one of milli-, micro-
    or nanoseconds.

    Raises:
        ConversationError: if ``value`` is something else, or a time outside the years 1 to 9999.
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and not _is_number(value):
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            seconds = float(value)
            # Exports write milli-, micro- and nanoseconds, and none says which.
            for _ in range(_THOUSANDS):
                seconds = seconds / 1000 if abs(seconds) > _SECONDS_TO_5138 else seconds
            datetime.fromtimestamp(seconds, UTC)  # raises outside of the calendar
            return seconds
    except (ValueError, OverflowError, OSError) as error:
        raise ConversationError(f"{str(value)[:40]!r} is not a time") from error
    raise ConversationError(f"{str(value)[:40]!r} is not a time")


def start_of(chat: object, messages: Iterable[Message]) -> str | None:
    """Return when a chat began as ISO 8601, None where its messages tell, or nothing that is
    understood does. ``chat`` is the time that stands beside its messages.
    """
    # The first message's own time is more exact, and the conversation takes that.
    if any(message.at is not None for message in messages):
        return None
    try:
        return _iso(epoch(chat), zoned=True)
    except ConversationError:
        return None


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).removeprefix("-").isdecimal()


def seconds_of(value: object, name: str) -> float:
    """Return a number of seconds from the start of a recording.

    Raises:
        ConversationError: if it is not a finite number.
    """
    if isinstance(value, str) and _is_number(value):
        value = float(value)
    # ``True`` is a number in Python, and none in a file of times.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConversationError(f"{name} must be a number of seconds")
    if not math.isfinite(value) or abs(value) > 1e9:
        raise ConversationError(f"{name} must be a finite number of seconds")
    return float(value)


def seconds_in(piece: Mapping[str, Any], key: str) -> float | None:
    """Return the seconds that stand under a key of a transcript's piece, None for nothing.

    Raises:
        ConversationError: if it is not a finite number.
    """
    value = piece.get(key)
    return None if value is None else seconds_of(value, key)


def mapping(value: object, name: str) -> dict[str, Any]:
    """Return ``value`` if it is a JSON object.

    Raises:
        ConversationError: if it is not.
    """
    if not isinstance(value, dict):
        raise ConversationError(f"{name} must be a JSON object, not {_kind(value)}")
    return value


def text_of(value: object, name: str) -> str:
    """Return ``value`` if it is a string, an empty one for null.

    Raises:
        ConversationError: if it is something else.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConversationError(f"{name} must be a string, not {_kind(value)}")
    return value


def key_of(value: object) -> str | None:
    """Return an identifier given as a string or a number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)[:MAX_NAME_CHARACTERS] or None


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
