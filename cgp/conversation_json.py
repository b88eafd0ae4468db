"""Conversations to and from JSON.

The canonical form is ``{"id", "source", "participants": [name | {"name", "id"}], "turns":
[{"speaker": index, "text", "at"?}], "title"?, "language"?, "started_at"?}``. Read besides it:
turns as ``[speaker, text]`` lines (also under ``lines``), speakers by name, and meeting
transcripts (``{"id", "transcript": [{"speaker", "content"}]}``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cgp.conversation import (
    MAX_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_PARTICIPANTS,
    MAX_TURN_CHARACTERS,
    MAX_TURNS,
    Conversation,
    Participant,
    Turn,
)
from cgp.errors import CgpError


class ConversationError(
    CgpError,
    ValueError,
    code="conversation.unreadable",
    remedy="mend the field that the message names",
):
    """A conversation cannot be read; the message names the field and the allowed values."""


def conversation_from_json(value: object, *, default_id: str | None = None) -> Conversation:
    """Read one conversation from decoded JSON.

    Without an ``id`` (and no ``default_id``) the id is taken from the content's hash, so that the
    same content always gets the same id.

    Raises:
        ConversationError: if ``value`` is not a conversation.
    """
    if not isinstance(value, Mapping):
        raise ConversationError(f"a conversation is a JSON object, not {_kind(value)}")
    lines = _lines(value)
    roster = _Roster(value.get("participants", ()))
    started_at, turns = _read_turns(lines, roster, _optional_text(value, "started_at"))
    conversation = Conversation(
        id="",
        source=_optional_text(value, "source") or "json",
        participants=roster.participants,
        turns=turns,
        title=_optional_text(value, "title"),
        language=_optional_text(value, "language"),
        started_at=started_at,
    )
    return replace(conversation, id=_identity(value, default_id, conversation))


def conversation_to_json(conversation: Conversation) -> dict[str, Any]:
    """Return the canonical JSON form; ``conversation_from_json`` gives an equal
    conversation back.
    """
    document: dict[str, Any] = {
        "id": conversation.id,
        "source": conversation.source,
        "participants": [
            {"name": p.name, "id": p.id} if p.id is not None else p.name
            for p in conversation.participants
        ],
        "turns": [_turn_to_json(turn) for turn in conversation.turns],
    }
    for field in ("title", "language", "started_at"):
        if (text := getattr(conversation, field)) is not None:
            document[field] = text
    return document


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: its place, and the conversation or the fault in it."""

    path: Path
    number: int
    conversation: Conversation | None
    error: ConversationError | None = None


def read_conversations(path: Path) -> Iterator[Conversation]:
    """Yield the conversations of a ``.json`` or ``.jsonl`` file, or of every such file in a folder.

    Raises:
        ConversationError: at the first unreadable record, naming the file, the record and the
            reason.
        FileNotFoundError: if ``path`` does not exist.
    """
    for record in read_records(path):
        if record.conversation is None:
            raise record.error or ConversationError(f"{path}: unreadable")
        yield record.conversation


def read_records(path: Path) -> Iterator[Record]:
    """Yield each record of a file or folder, good or bad, so that a reader can go on past bad ones.

    A ``.jsonl`` file is read line by line and may be larger than memory.

    Raises:
        ConversationError: if a folder holds no ``.json`` or ``.jsonl`` file.
        FileNotFoundError: if ``path`` does not exist.
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix in {".json", ".jsonl"})
        if not files:
            raise ConversationError(f"{path}: no .json or .jsonl file in this folder")
        for file in files:
            yield from read_records(file)
    elif path.suffix == ".jsonl":
        yield from _read_lines(path)
    else:
        yield from _read_document(path)


def _read_lines(path: Path) -> Iterator[Record]:
    # Bytes: a line that is not UTF-8 is one bad record, and the next lines are still read.
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield _record(path, number, json.loads(line.decode("utf-8-sig")))
            except (ValueError, RecursionError) as error:
                yield _unreadable(path, number, f"not JSON: {error}")


def _read_document(path: Path) -> Iterator[Record]:
    try:
        # Some editors begin a file with a byte order mark, which JSON does not allow.
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        yield _unreadable(path, 1, f"not JSON: {error}")
        return
    for number, value in enumerate(document if isinstance(document, list) else [document], 1):
        yield _record(path, number, value)


def _record(path: Path, number: int, value: object) -> Record:
    try:
        return Record(path, number, conversation_from_json(value))
    except ConversationError as error:
        return _unreadable(path, number, str(error))


def _unreadable(path: Path, number: int, reason: str) -> Record:
    return Record(path, number, None, ConversationError(f"{path}, record {number}: {reason}"))


class _Roster:
    """The participants of one conversation while its turns are read: names to indices."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ConversationError(f"participants must be a list, not {_kind(value)}")
        if len(value) > MAX_PARTICIPANTS:
            raise ConversationError(f"{len(value)} participants, more than {MAX_PARTICIPANTS}")
        self._participants = [_participant(item, i) for i, item in enumerate(value)]
        self._index: dict[str, int] = {}
        for i, participant in enumerate(self._participants):
            self._index.setdefault(participant.name, i)
            if participant.id is not None:
                self._index.setdefault(participant.id, i)
        self._declared = len(self._participants)

    @property
    def participants(self) -> tuple[Participant, ...]:
        return tuple(self._participants)

    def index_of(self, speaker: object, where: str) -> int:
        """Return the index of a speaker given by index or by name (unknown names are added)."""
        if isinstance(speaker, bool) or not isinstance(speaker, int | str):
            raise ConversationError(
                f"{where}: speaker must be a name or an index, not {_kind(speaker)}"
            )
        if isinstance(speaker, int):
            return self._by_number(speaker, where)
        if speaker not in self._index:
            if len(speaker) > MAX_NAME_CHARACTERS:
                reason = f"speaker has more than {MAX_NAME_CHARACTERS} characters"
                raise ConversationError(f"{where}: {reason}")
            self._index[speaker] = self._add(Participant(speaker), where)
        return self._index[speaker]

    def _by_number(self, speaker: int, where: str) -> int:
        # Numbers make participants only where none are declared: else a wrong number would go
        # unnoticed.
        if speaker < 0 or (self._declared and speaker >= self._declared):
            raise ConversationError(
                f"{where}: speaker {speaker} is not one of the {self._declared} participants"
            )
        if speaker >= MAX_PARTICIPANTS:
            raise ConversationError(f"{where}: more than {MAX_PARTICIPANTS} participants")
        while speaker >= len(self._participants):
            self._add(Participant(f"Speaker {len(self._participants)}"), where)
        return speaker

    def _add(self, participant: Participant, where: str) -> int:
        if len(self._participants) >= MAX_PARTICIPANTS:
            raise ConversationError(f"{where}: more than {MAX_PARTICIPANTS} participants")
        self._participants.append(participant)
        return len(self._participants) - 1


def _lines(value: Mapping[str, Any]) -> Sequence[object]:
    for field in ("turns", "lines", "transcript"):
        if field in value:
            lines = value[field]
            if not isinstance(lines, Sequence) or isinstance(lines, str):
                raise ConversationError(f"{field} must be a list, not {_kind(lines)}")
            if not lines:
                raise ConversationError(f"{field} is empty: a conversation has at least one turn")
            if len(lines) > MAX_TURNS:
                raise ConversationError(f"{field} has {len(lines)} turns, more than {MAX_TURNS}")
            return lines
    raise ConversationError("no turns: expected a list under 'turns', 'lines' or 'transcript'")


def _read_turns(
    lines: Sequence[object], roster: _Roster, started_at: str | None
) -> tuple[str | None, tuple[Turn, ...]]:
    """Return the start and the turns; absolute times become seconds from the start."""
    origin = _timestamp(started_at, "started_at") if started_at else None
    turns: list[Turn] = []
    characters = 0
    for i, line in enumerate(lines):
        where = f"turn {i}"
        speaker, text, at = _fields(line, where)
        seconds: float | None = None
        if isinstance(at, str):
            moment = _timestamp(at, where)
            if origin is None:
                origin, started_at = moment, at
            seconds = moment - origin
        elif isinstance(at, int | float) and not isinstance(at, bool):
            seconds = _finite(at, where)
        elif at is not None:
            raise ConversationError(f"{where}: at must be seconds or an ISO 8601 time")
        turns.append(Turn(roster.index_of(speaker, where), _turn_text(text, where), seconds))
        characters += len(turns[-1].text)
        if characters > MAX_CHARACTERS:
            reason = f"more than {MAX_CHARACTERS} characters of text: cut it into conversations"
            raise ConversationError(f"{where}: {reason}")
    return started_at, tuple(turns)


def _fields(line: object, where: str) -> tuple[object, object, object]:
    """Return ``(speaker, text, at)`` of one line in any of the accepted forms."""
    if isinstance(line, Mapping):
        text = line["text"] if "text" in line else line.get("content")
        return line.get("speaker"), text, line.get("at")
    if isinstance(line, Sequence) and not isinstance(line, str) and len(line) in (2, 3):
        return line[0], line[1], line[2] if len(line) == 3 else None
    raise ConversationError(
        f"{where}: expected {{speaker, text}} or [speaker, text], not {_kind(line)}"
    )


def _turn_text(text: object, where: str) -> str:
    if not isinstance(text, str):
        raise ConversationError(f"{where}: text must be a string, not {_kind(text)}")
    if len(text) > MAX_TURN_CHARACTERS:
        raise ConversationError(
            f"{where}: text has {len(text)} characters, more than {MAX_TURN_CHARACTERS}"
        )
    # A lone surrogate cannot be encoded as UTF-8, so it could never be stored or sent.
    return text.encode("utf-8", "replace").decode("utf-8")


def _participant(item: object, index: int) -> Participant:
    if isinstance(item, str):
        item = {"name": item}
    if isinstance(item, Mapping) and isinstance(item.get("name"), str):
        identifier = item.get("id")
        if identifier is None or isinstance(identifier, str):
            if max(len(item["name"]), len(identifier or "")) > MAX_NAME_CHARACTERS:
                reason = f"name or id has more than {MAX_NAME_CHARACTERS} characters"
                raise ConversationError(f"participant {index}: {reason}")
            return Participant(item["name"], identifier)
    raise ConversationError(f"participant {index}: expected a name or {{name, id}}")


def _turn_to_json(turn: Turn) -> dict[str, Any]:
    document: dict[str, Any] = {"speaker": turn.speaker, "text": turn.text}
    if turn.at is not None:
        document["at"] = turn.at
    return document


def _identity(value: Mapping[str, Any], default: str | None, conversation: Conversation) -> str:
    identifier = value.get("id", value.get("guid", default))
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)
    if identifier is None or identifier == "":
        return conversation.content_hash[:32]
    if not isinstance(identifier, str) or len(identifier) > 200 or not identifier.isprintable():
        raise ConversationError("id must be a printable string of at most 200 characters")
    return identifier


def _optional_text(value: Mapping[str, Any], field: str) -> str | None:
    text = value.get(field)
    if text is not None and not isinstance(text, str):
        raise ConversationError(f"{field} must be a string, not {_kind(text)}")
    if text is not None and len(text) > MAX_LABEL_CHARACTERS.get(field, MAX_NAME_CHARACTERS):
        limit = MAX_LABEL_CHARACTERS.get(field, MAX_NAME_CHARACTERS)
        raise ConversationError(
            f"{field} has {len(text)} characters, more than {limit}: shorten it"
        )
    return text


def _timestamp(text: str, where: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise ConversationError(f"{where}: {text[:40]!r} is not an ISO 8601 time") from error


def _finite(number: float, where: str) -> float:
    seconds = float(number)
    if not abs(seconds) < 1e12:
        raise ConversationError(f"{where}: at must be a finite number of seconds")
    return seconds


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
