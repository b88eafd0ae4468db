"""Zoom's saved chat of a meeting (``meeting_saved_chat.txt``): ``time From name to name: words``.

Structure: Zoom's own file, older with the words on the same line, newer with them indented below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, first_messages, records_of
from cgp.sources.source import Fact, Loss, Source
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.turn_heads import seconds

_HEAD = re.compile(
    r"^(\d{1,2}:\d{2}:\d{2})\s+From\s+(.{1,100}?)(?:\s*:)?\s+[tT]o\s+(.{1,100}?)\s?(?:\((?:Direct Message|Privately)\))?\s?:\s?(.*)$"
)


def _recognises(head: bytes, _path: Path) -> bool:
    return any(_HEAD.match(line) for line in head_lines(head)[:20])


def read(file: File) -> Iterator[Record]:
    """Yield the chat; times count from its first message."""
    about = About("zoom-chat", title=file.path.stem, clock=False)
    yield from records_of(file.path, 1, about, first_messages(_messages(file)))


def _messages(file: File) -> Iterator[Message]:
    message = MessageLines()
    start: float | None = None
    for number, line in text_lines(file):
        if match := _HEAD.match(line):
            yield from message.end()
            at = seconds(match[1])
            start = at if start is None else start
            message.begin(Message(number, Participant(match[2]), match[4], at - start))
        else:
            message.add(line.strip())
    yield from message.end()


SOURCE = Source(
    name="zoom-chat",
    description="Zoom meeting chat (text)",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    where="meeting_saved_chat.txt in Zoom's folder of a meeting",
    kept="names, words, times from the first message",
    left_out="to whom a message went; the date is not in the file",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
