"""Tables (CSV, TSV) with a row for each turn: columns for speaker and text, and maybe more.

Rows of one conversation stand together and have the same value in the conversation's column; without
that column the file is one conversation.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cgp.conversation import MAX_TURNS, Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.messages import About, Message, epoch, to_record
from cgp.sources.source import Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines

_COLUMNS = {
    "conversation": (
        "conversation_id", "conversation", "dialog_id", "dialogue_id", "thread_id", "chat_id",
        "session_id", "meeting_id", "channel",
    ),
    "speaker": ("speaker", "author", "sender", "role", "user", "username", "participant", "from", "name"),
    "text": ("text", "message", "content", "utterance", "body", "words", "turn"),
    "at": ("timestamp", "at", "time", "datetime", "date", "created_at", "start"),
}  # fmt: skip
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class _Table:
    """Where the columns are, -1 for one that is not there."""

    delimiter: str
    conversation: int
    speaker: int
    text: int
    at: int


def _table(header: str) -> _Table | None:
    """Return the layout that a header announces, None where it has no speaker or no text."""
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            continue
        names = [cell.strip().lower().replace(" ", "_") for cell in cells]
        places = {
            column: next((names.index(name) for name in known if name in names), -1)
            for column, known in _COLUMNS.items()
        }
        if places["speaker"] >= 0 and places["text"] >= 0:
            return _Table(delimiter, **places)
    return None


def _recognises(head: bytes, path: Path) -> bool:
    lines = head_lines(head[:8192])
    if not lines or (table := _table(lines[0])) is None:
        return False
    return path.suffix.lower() in SOURCE.suffixes or table.delimiter in "\t,;"


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation, and for each row that cannot be read."""
    lines = text_lines(file)
    _, header = next(lines, (1, ""))
    table = _table(header)
    if table is None:
        raise ConversationError("the first line must name the columns, speaker and text among them")
    reader = csv.reader((f"{line}\n" for _, line in lines), delimiter=table.delimiter)
    rows = _Rows(file.path, table)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield unreadable(file.path, number, error)
            continue
        if row:
            yield from rows.add(number, row)
    yield from rows.close()


class _Rows:
    """The rows of the conversation that is being read."""

    def __init__(self, path: Path, table: _Table) -> None:
        self._path = path
        self._table = table
        self._conversation = ""
        self._first = 1
        self._turns: list[Message] = []

    def add(self, number: int, row: Sequence[str]) -> Iterator[Record]:
        """Take a row; yield the conversation before it if it begins another one."""
        table = self._table
        if len(row) <= max(table.speaker, table.text, table.conversation):
            yield unreadable(self._path, number, f"the row has only {len(row)} cells")
            return
        conversation = row[table.conversation].strip() if table.conversation >= 0 else ""
        if conversation != self._conversation:
            yield from self.close()
            self._conversation, self._first = conversation, number
        if len(self._turns) > MAX_TURNS:
            return
        try:
            at = epoch(row[table.at].strip()) if 0 <= table.at < len(row) else None
        except ConversationError as error:
            yield unreadable(self._path, number, error)
            return
        author = Participant(row[table.speaker].strip())
        self._turns.append(Message(number, author, row[table.text], at))

    def close(self) -> Iterator[Record]:
        """Yield the conversation that the rows make."""
        if self._turns:
            about = About("csv", title=self._conversation or self._path.stem)
            yield to_record(self._path, self._first, about, self._turns)
        self._turns = []


SOURCE = Source(
    name="csv",
    description="CSV or TSV with a row for each turn (conversation_id?, speaker, text, timestamp?)",
    suffixes=(".csv", ".tsv"),
    recognises=_recognises,
    read=read,
    general=True,
)
