"""Tables (CSV, TSV) with a row for each turn: columns for speaker and text, and maybe more.

Rows with the same value in the conversation's column are one conversation, also where several
conversations are mixed; without that column the rows that answer one another are one (as in
Kaggle's "Customer Support on Twitter"), those between the same two telephone numbers are one, and
without answers and numbers the file is one. The table is read twice: the order of day and month,
and where each conversation ends, are found first.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from cgp.conversation import MAX_TURNS, Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import in_order
from cgp.sources.csv_rows import Row, csv_rows
from cgp.sources.date_orders import DateOrder, WrittenTime, date_order
from cgp.sources.files import File
from cgp.sources.markup import text_of_html
from cgp.sources.message_signs import MOST_ENTRIES, Entry, missing_in, plain
from cgp.sources.messages import About, Message, records_of, without_pages
from cgp.sources.source import Loss, Source, skipped, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.threads import roots
from cgp.sources.written_times import Offset, Written, resolved, written_time

_COLUMNS = {
    "conversation": (
        "conversation_id", "conversation", "dialog_id", "dialogue_id", "thread_id", "chat_id",
        "session_id", "meeting_id", "call_id", "channel", "channel_id", "channel_url", "ticket_id", "ticket", "chat",
        "chat_session", "chat_name", "channel_name", "room_id", "room", "conversationid", "case_id",
        "session", "conversation_#", "conversation_no", "conversation_number", "dialog", "dialogue", "sessionid",
    ),
    "speaker": (
        "speaker", "speaker_name", "author", "author_name", "sender", "sender_name", "role", "user",
        "username", "user_name", "participant", "from", "from_name", "name", "speaker_id", "author_id",
        "sprecher", "absender", "auteur", "expéditeur", "autor", "remitente", "hablante", "mittente",
    ),
    "text": (
        "text", "message", "content", "contents", "utterance", "body", "words", "turn", "message_text",
        "transcript", "line", "comment", "nachricht", "inhalt", "contenu", "mensaje", "texto", "mensagem", "messaggio", "testo",
    ),
    "at": (
        "timestamp", "at", "time", "datetime", "date_time", "date", "created_at", "sent_at", "start",
        "start_time", "begin", "sent", "created", "ts", "message_date", "sent_date", "datum", "zeit", "uhrzeit", "zeitstempel", "heure",
        "fecha", "hora", "data", "ora",
    ),
    "key": ("tweet_id", "message_id", "comment_id", "post_id", "msg_id", "id"),
    "answers": (
        "in_response_to_tweet_id", "in_reply_to_status_id", "in_reply_to_id", "in_reply_to", "reply_to_id",
        "reply_to", "parent_id", "parent_message_id",
    ),
    "receiver": ("to", "to_number", "receiver", "recipient"),
    "direction": ("direction", "type", "message_type"),
    "day": ("date", "day", "sent_date", "message_date", "datum", "fecha", "data"),
    "clock": ("time", "sent_time", "message_time", "uhrzeit", "zeit", "heure", "hora", "ora"),
}  # fmt: skip
_AMERICAN = re.compile(r"^\d{1,2}/\d{1,2}/\d{4}\D.*[\d\s](?:AM|PM)$")
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'^"?sep=(.)"?$')
_TELEPHONE = re.compile(r"^(?:[a-z]{2,10}:)?\+?\d[\d\s()./-]{3,20}$")
"""A number, with the network before it maybe (``whatsapp:+15550100``)."""
_OWN = frozenset({"outgoing", "out", "sent"})
_CONTACTS = frozenset({"name"})
_NUMBERS = frozenset({"number", "phone", "phone_number", "address"})
MAX_CONVERSATIONS = 1_000_000
MAX_DATES = 200_000
QUOTE = "put quotation marks around words with a delimiter"
BAD_TIME = "times that are not understood are left out, their rows kept"


@dataclass(frozen=True, slots=True)
class _Table:
    """Where the columns are, -1 for one that is not there. ``lines`` stand before the first row."""

    delimiter: str
    width: int
    lines: int
    conversation: int
    speaker: int
    text: int
    at: int
    key: int
    answers: int
    receiver: int
    direction: int
    day: int
    clock: int
    names: tuple[str, ...]

    @property
    def is_of_contacts(self) -> bool:
        """True if the names are of contacts, as phones write them beside a number: a message that
        goes out has the name of its receiver.
        """
        return self.names[self.speaker] in _CONTACTS and any(n in _NUMBERS for n in self.names)

    @property
    def is_of_pages(self) -> bool:
        """True if texts are pieces of HTML, some without a block around them: LinkedIn's are."""
        return "sender_profile_url" in self.names

    def entry(self, cells: Sequence[str]) -> Entry:
        """Return a row as evidence of a talk, or of something else."""
        keys = [name for name, cell in zip(self.names, cells, strict=False) if cell.strip()]
        name_key, text_key = self.names[self.speaker], self.names[self.text]
        return Entry(self.name(cells), self.cell(cells, self.text), name_key, text_key, keys)

    def whole(self, cells: list[str]) -> list[str]:
        """Return a row's cells; cells beyond the header are the words after an unquoted delimiter,
        which are joined to the text where it is the last column.
        """
        if self.is_too_long(cells) and self.text == self.width - 1:
            return [
                *cells[: self.text],
                self.delimiter.join(cells[self.text :]).rstrip(self.delimiter),
            ]
        return cells

    def is_too_long(self, cells: Sequence[str]) -> bool:
        """Tell if something stands beyond the header's columns."""
        return any(cell.strip() for cell in cells[self.width :])

    def cell(self, cells: Sequence[str], place: int) -> str:
        """Return the cell in a column of a row, nothing where either is not there."""
        return cells[place].strip() if 0 <= place < len(cells) else ""

    def name(self, cells: Sequence[str]) -> str:
        """Return the speaker; phones leave out the name of their owner, whose messages go out."""
        name = self.cell(cells, self.speaker)
        own = self.cell(cells, self.direction).casefold() in _OWN
        # A phone's table names the other side in every row, whichever way the message went.
        return "Me" if own and (not name or self.is_of_contacts) else name

    def pair(self, cells: Sequence[str]) -> str:
        """Return the two numbers that write to each other in a row, nothing where it has not two:
        the log of a service has many such talks at a time, and no name for them.
        """
        ends = (self.cell(cells, self.speaker), self.cell(cells, self.receiver))
        return " / ".join(sorted(ends)) if all(map(_TELEPHONE.match, ends)) else ""

    def times(self, cells: Sequence[str]) -> Iterator[str]:
        """Yield the ways to write a row's time: day and clock in two columns, or in one."""
        day, clock = self.cell(cells, self.day), self.cell(cells, self.clock)
        if day and clock:
            yield f"{day} {clock}"
        if whole := self.cell(cells, self.at):
            yield whole

    def written(self, cells: Sequence[str]) -> Written | None:
        """Return the time of a row, None where it has none that is understood."""
        times = (_time_of(text) for text in self.times(cells))
        return next((time for time in times if time is not None), None)


def _time_of(text: str) -> Written | None:
    """Return a time as it is written; a table's may be American with zeros and a whole year."""
    time = written_time(text)
    if isinstance(time, WrittenTime) and _AMERICAN.match(text):
        return replace(time, american=True)
    return time


def _table(first: str, second: str) -> _Table | None:
    """Return the layout that the first lines announce, None where they have no
    speaker or no text.
    """
    separator_line = _SEPARATOR_LINE.match(first.strip())
    header, lines = (second, 2) if separator_line else (first, 1)
    for delimiter in (separator_line[1],) if separator_line else _DELIMITERS:
        try:
            cells = next(csv.reader([header], delimiter=delimiter), [])
        # A header that is none for this delimiter may be one for the next.
        except csv.Error:
            continue
        names = [re.sub(r"[\s_-]+", "_", cell.strip().lower()) for cell in cells]
        # Programs write a name of two words in their own ways: sent_at, sentAt, SentAt.
        plain_names = [plain(name) for name in names]
        places = {
            column: next(
                (plain_names.index(n) for n in map(plain, columns) if n in plain_names), -1
            )
            for column, columns in _COLUMNS.items()
        }
        if places["speaker"] >= 0 and places["text"] >= 0:
            return _Table(delimiter, len(cells), lines, names=tuple(names), **places)
    return None


def _recognises(head: bytes, path: Path) -> bool:
    return _missing(head, path) is None


def _missing(head: bytes, path: Path) -> str | None:
    """Return the missing evidence of a talk in a table, None where there is enough."""
    lines = head_lines(head)
    table = _table(*[*lines[:2], "", ""][:2])
    if table is None:
        return "a table: none of its columns is known to say who speaks and what"
    if path.suffix.lower() not in SOURCE.suffixes and table.delimiter not in "\t,;":
        return "no table: its columns are set apart by '|'"
    numbered_lines = enumerate(lines[table.lines :], table.lines + 1)
    # The head's end cuts the last row, which then has too few cells and is not looked at.
    rows = islice(csv_rows(numbered_lines, table.delimiter, table.width), MOST_ENTRIES)
    cells = [table.whole(row.cells) for row in rows]
    cells = [row for row in cells if len(row) == table.width]
    return missing_in([table.entry(row) for row in cells], linked=_are_linked(table, cells))


def _missing_in_table(head: bytes, path: Path) -> str | None:
    """Return the missing evidence in a file that is named as a table."""
    return _missing(head, path) if path.suffix.lower() in SOURCE.suffixes else None


def _are_linked(table: _Table, rows: Sequence[Sequence[str]]) -> bool:
    """Tell if rows answer one another, come in or go out, or several are of one conversation."""
    if any(table.cell(row, table.answers) for row in rows):
        return True
    if table.direction >= 0:
        return any(table.cell(row, table.direction).casefold() in _OWN for row in rows)
    speakers: dict[str, set[str]] = {}
    for row in rows:
        speakers.setdefault(table.cell(row, table.conversation), set()).add(table.name(row))
    return table.conversation >= 0 and any(len(names) > 1 for names in speakers.values())


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation, and for each row that cannot be read."""
    lines = text_lines(file)
    first = [line for _, line in (next(lines, (1, "")), next(lines, (2, "")))]
    table = _table(*first)
    if table is None:
        raise ConversationError("the first line must name the columns, speaker and text among them")
    # Read twice: the order of day and month shows only from all rows, and the end of a conversation
    # only from its last.
    plan = _plan(file, table)
    rows = _Rows(file.path, table, plan)
    for row in _rows(file, table):
        yield from rows.add(row)
    yield from rows.close()


def _rows(file: File, table: _Table) -> Iterator[Row]:
    lines = text_lines(file)
    for _ in range(table.lines):
        next(lines, None)
    return csv_rows(lines, table.delimiter, table.width)


@dataclass(slots=True)
class _Plan:
    """Result of the first reading: the order of dates, and the last row of each conversation."""

    order: DateOrder = DateOrder.DAY_MONTH
    last: dict[str, int] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)

    def conversation(self, table: _Table, cells: Sequence[str]) -> str:
        """Return the conversation that a row belongs to."""
        if table.conversation >= 0:
            return table.cell(cells, table.conversation)
        if not self.roots and table.receiver >= 0:
            return table.pair(cells)
        key = table.cell(cells, table.key)
        return self.roots.get(key, table.cell(cells, table.answers) or key) if self.roots else ""


def _plan(file: File, table: _Table) -> _Plan:
    plan = _Plan(roots=_roots(file, table))
    dates: list[WrittenTime] = []
    for row in _rows(file, table):
        if table.conversation >= 0 or table.receiver >= 0 or plan.roots:
            key = plan.conversation(table, row.cells)
            if key in plan.last or len(plan.last) < MAX_CONVERSATIONS:
                plan.last[key] = row.number
        # Enough to tell the order of day and month; all dates of a large table would fill the
        # memory.
        if table.at >= 0 and len(dates) < MAX_DATES:
            time = table.written(row.cells)
            if isinstance(time, WrittenTime):
                dates.append(time)
    plan.order = date_order(chain(dates))
    return plan


def _roots(file: File, table: _Table) -> dict[str, str]:
    """Return the first row of each row's thread, by their keys; empty without such columns."""
    if table.conversation >= 0 or table.key < 0 or table.answers < 0:
        return {}
    rows = islice(_rows(file, table), MAX_CONVERSATIONS)
    return roots(
        {
            key: table.cell(row.cells, table.answers) or None
            for row in rows
            if (key := table.cell(row.cells, table.key))
        }
    )


class _Rows:
    """The conversations that are being read."""

    def __init__(self, path: Path, table: _Table, plan: _Plan) -> None:
        self._path = path
        self._table = table
        self._plan = plan
        self._open: dict[str, list[Message]] = {}
        self._relative: set[str] = set()
        self._bad_times = False

    def add(self, row: Row) -> Iterator[Record]:
        """Take a row; yield the conversation that it completes."""
        table, plan = self._table, self._plan
        cells = table.whole(row.cells)
        if len(cells) <= max(table.speaker, table.text, table.conversation):
            yield unreadable(self._path, row.number, f"the row has only {len(cells)} cells")
            return
        if table.is_too_long(cells):
            reason = f"{len(cells)} cells, the first row has {table.width}; the rest is left out: {QUOTE}"
            yield unreadable(self._path, row.number, reason)
        key = plan.conversation(table, cells)
        turns = self._open.setdefault(key, [])
        if len(turns) <= MAX_TURNS:
            at, bad = self._time(key, cells)
            # Said once: a column in another form has a bad time in every row.
            if bad and not self._bad_times:
                self._bad_times = True
                yield skipped(self._path, row.number, BAD_TIME)
            author = Participant(table.name(cells))
            text = cells[table.text]
            text = text_of_html(text) if table.is_of_pages else text
            turns.append(Message(row.number, author, text, at))
        if row.number == plan.last.get(key):
            yield from self._complete(key)

    def _time(self, key: str, cells: Sequence[str]) -> tuple[float | None, bool]:
        """Return the time of a row, and whether there is one that is not understood."""
        time = self._table.written(cells)
        if isinstance(time, Offset):
            self._relative.add(key)
        at = None if time is None else resolved(time, self._plan.order)
        return at, at is None and any(self._table.times(cells))

    def _complete(self, key: str) -> Iterator[Record]:
        turns = self._open.pop(key)
        # The key of a row that others answer names nothing to a person.
        title = self._path.stem if self._plan.roots or not key else key
        about = About("csv", title=title, clock=key not in self._relative)
        yield from records_of(self._path, turns[0].number, about, in_order(without_pages(turns)))

    def close(self) -> Iterator[Record]:
        """Yield the conversations that are still open."""
        for key in list(self._open):
            yield from self._complete(key)


SOURCE = Source(
    name="csv",
    description="CSV or TSV with a row for each turn (conversation_id?, speaker, text, timestamp?)",
    suffixes=(".csv", ".tsv"),
    recognises=_recognises,
    read=read,
    missing=_missing_in_table,
    general=True,
    where="spreadsheets, help desks, ElevenLabs, data sets",
    kept="speaker, text, conversation, time of the columns that are known by their names",
    left_out="other columns; a time that is not understood",
    loss=Loss.TURN,
)
