"""Aider's history (``.aider.chat.history.md``): ``#### question``, then the answer.

Structure: ``aider/io.py`` writes ``# aider chat started at DATE`` (in several public copies) and
each line that is typed after ``#### ``; lines after ``> `` are aider's own notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.messages import About, Message, epoch, records_of
from cgp.sources.source import Fact, Loss, Source
from cgp.sources.text_lines import head_lines, text_lines

_START = re.compile(r"^# aider chat started at (\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?)\s*$")
_USER, _AIDER = Participant("User"), Participant("Aider")


def _recognises(head: bytes, _path: Path) -> bool:
    return any(_START.match(line) for line in head_lines(head)[:20])


def read(file: File) -> Iterator[Record]:
    """Yield a record for each chat of the history."""
    chat = _Chat(file.path)
    for number, line in text_lines(file):
        yield from chat.add(number, line)
    yield from chat.close()


class _Chat:
    """The chat that is being read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started: str | None = None
        self._number = 1
        self._turns: list[tuple[int, Participant, list[str]]] = []
        self._in_code = False

    def add(self, number: int, line: str) -> Iterator[Record]:
        """Take a line; yield the chat that it ends."""
        if match := _START.match(line):
            yield from self.close()
            self._started, self._number, self._in_code = match[1], number, False
        elif self._started is None:
            return
        elif line.startswith("#### ") and not self._in_code:
            self._say(number, _USER, line[5:])
        elif line.startswith(">") and not self._in_code:
            return  # aider's own notes
        else:
            self._in_code ^= line.lstrip().startswith("```")
            if line.strip() or (self._turns and self._turns[-1][1] == _AIDER):
                self._say(number, _AIDER, line)

    def _say(self, number: int, author: Participant, line: str) -> None:
        if not self._turns or self._turns[-1][1] != author:
            self._turns.append((number, author, []))
        self._turns[-1][2].append(line.rstrip())

    def close(self) -> Iterator[Record]:
        """Yield the chat that has been read; a chat without a question is none."""
        if self._turns:
            at = epoch(self._started)
            messages = [
                Message(number, author, "\n".join(lines).strip(), at if place == 0 else None)
                for place, (number, author, lines) in enumerate(self._turns)
            ]
            about = About("aider", title=self._path.parent.name or None, zoned=False)
            yield from records_of(self._path, self._number, about, messages)
        self._turns = []


SOURCE = Source(
    name="aider",
    description="aider's chat history (Markdown)",
    suffixes=(".md",),
    recognises=_recognises,
    read=read,
    where=".aider.chat.history.md in a project",
    kept="what is typed and answered, the start",
    left_out="aider's notes, times of single turns (the file has none)",
    lacks=frozenset({Fact.NAMES, Fact.TIMES, Fact.ZONE}),
    loss=Loss.TURN,
)
