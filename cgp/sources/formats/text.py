"""Plain text: ``Name: words`` begins a turn, other lines go on with it.

A time in brackets may stand before the name. A line of three or more ``-``, ``=`` or ``*`` ends the
conversation and begins the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgp.conversation import MAX_TURN_CHARACTERS, MAX_TURNS, Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.messages import About, Message, to_record
from cgp.sources.source import Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines

_TURN = re.compile(
    r"^(?:\[?\(?(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:\.\d+)?\)?\]?\s+)?([^\s:：\[\]{}<>\"][^:：\[\]{}<>\"]{0,59}?)\s?[:：](?:\s+|(?<=：))(\S.*)$"
)
_SEPARATOR = re.compile(r"^\s*([-=*])\1{2,}\s*$")


def _recognises(head: bytes, path: Path) -> bool:
    if b"\0" in head and head[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    lines = [line for line in head_lines(head) if not _SEPARATOR.match(line)]
    turns = sum(_TURN.match(line) is not None for line in lines)
    if path.suffix.lower() in SOURCE.suffixes:
        return turns >= 2 and turns >= 0.2 * len(lines)
    return turns >= 2 and turns >= 0.7 * len(lines)


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation, and for text that nobody is named for."""
    turns: list[Message] = []
    more: list[str] = []
    length = 0
    about = About("text", title=file.path.stem, clock=False)
    found = False
    for number, line in text_lines(file):
        if _SEPARATOR.match(line):
            _continue(turns, more)
            if turns:
                yield to_record(file.path, turns[0].number, about, turns)
            turns = []
        elif match := _TURN.match(line):
            found = True
            _continue(turns, more)
            length = 0
            if len(turns) <= MAX_TURNS:
                turns.append(_turn(number, match))
        elif turns:
            # One that is too long already is refused, so its further lines need not be kept.
            if length <= MAX_TURN_CHARACTERS:
                more.append(line.strip())
                length += len(more[-1]) + 1
        elif line.strip():
            found = True
            yield unreadable(file.path, number, f"no name before the words {line.strip()[:60]!r}")
    _continue(turns, more)
    if turns or not found:
        yield to_record(file.path, turns[0].number if turns else 1, about, turns)


def _continue(turns: list[Message], more: list[str]) -> None:
    """Add the lines after the last turn's first to it, and forget them.

    All at once: line by line a long turn would be copied again and again.
    """
    if turns and more:
        turns[-1] = replace(turns[-1], text="\n".join((turns[-1].text, *more)))
    more.clear()


def _turn(number: int, match: re.Match[str]) -> Message:
    at = None
    if match[2] is not None:
        at = float(int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3]))
    return Message(number, Participant(match[4].strip()), match[5].strip(), at)


SOURCE = Source(
    name="text",
    description='plain text of lines "Name: words"',
    suffixes=(".txt", ".text", ".md"),
    recognises=_recognises,
    read=read,
    general=True,
)
