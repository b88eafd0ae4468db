"""Microsoft Copilot's history (``copilot-activity-history.csv``): title, time, author and words.

Structure: the columns ``Conversation,Time,Author,Message`` with rows of ``Human`` and ``AI``,
newest first, as public readers of real exports describe them. The rows of one title that follow
one another are a conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import in_order
from cgp.sources.csv_rows import Row, csv_rows
from cgp.sources.files import File
from cgp.sources.messages import About, Message, epoch, first_messages, records_of
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines

_HEADER = "conversation,time,author,message"
_NAMES = {"human": Participant("User"), "ai": Participant("Copilot")}


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head[:1024])
    return bool(lines) and _is_header(lines[0])


def _is_header(line: str) -> bool:
    return line.replace('"', "").replace(" ", "").casefold() == _HEADER


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation, and for each row that cannot be read."""
    lines = text_lines(file)
    if not _is_header(next(lines, (1, ""))[1]):
        raise ConversationError(f"the first line must be {_HEADER}")
    newest_first = _newest_first(file)
    whole: list[Row] = []
    for row in csv_rows(lines, ",", 4):
        if len(row.cells) != 4:
            yield unreadable(file.path, row.number, f"the row has {len(row.cells)} cells, not 4")
        elif whole and whole[-1].cells[0] != row.cells[0]:
            yield from _conversation(file.path, whole[::-1] if newest_first else whole)
            whole = [row]
        else:
            whole.append(row)
    if whole:
        yield from _conversation(file.path, whole[::-1] if newest_first else whole)


def _newest_first(file: File) -> bool:
    """Tell the direction of the file: a prompt and its answer often have one time."""
    times = (row.cells[1] for row in csv_rows(text_lines(file), ",", 4) if len(row.cells) == 4)
    next(times, None)  # the header
    first = next(times, "")
    return next((time < first for time in times if time != first), False)


def _conversation(path: Path, rows: list[Row]) -> Iterator[Record]:
    messages: list[Message] = []
    for row in rows:
        _, time, author, words = row.cells
        try:
            at = epoch(time.strip())
        except ConversationError as error:
            yield unreadable(path, row.number, error)
            at = None
        speaker = _NAMES.get(author.strip().casefold(), Participant(author.strip()))
        messages.append(Message(row.number, speaker, words, at))
    about = About("copilot", title=rows[0].cells[0].strip() or None, zoned=False)
    yield from records_of(
        path, min(row.number for row in rows), about, first_messages(in_order(messages))
    )


SOURCE = Source(
    name="copilot",
    description="Microsoft Copilot's history (CSV)",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    where="account.microsoft.com, Privacy, Copilot, Export all activity history",
    kept="prompts, answers, times, titles",
    left_out="pictures and files; two chats of one title that follow one another are one",
    lacks=frozenset({Fact.NAMES, Fact.ZONE}),
    loss=Loss.TURN,
)
