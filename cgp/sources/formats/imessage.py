"""iMessage chats as the exporter writes them in text: time, sender and words, each on lines of
their own.

Structure: ``ReagentX/imessage-exporter``, ``imessage-exporter/src/exporters/txt.rs``. Answers to a
message stand indented below it and come again in their own place, so the indented ones are left
out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.written_times import Moment, written_time

_TIME = re.compile(
    r"^([A-Z][a-z]{2} \d{1,2}, \d{4}\s{1,3}\d{1,2}:\d{2}:\d{2} [AP]M)(?: \((?:Read|Delivered).{0,120}\))?\s*$"
)
_NOT_SAID = re.compile(
    r"^(?:This message responded to an earlier message\.|Attachment missing!|Sent with .{1,40}|SharePlay Message Ended|"
    r"This message was deleted from the conversation!|.{1,200} unsent this message part(?: .{1,80} after sending)?!|"
    r"/?(?:[\w .~-]{1,80}/){2,20}[\w .~()-]{1,200}\.\w{2,5}|Sticker from .{1,200})$"
)
_REACTIONS = frozenset({"Reactions:", "Tapbacks:"})
_EDIT = re.compile(r"^Edited .{1,80}? later: ")


def _recognises(head: bytes, _path: Path) -> bool:
    return sum(_TIME.match(line) is not None for line in head_lines(head)[:60]) > 0


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    about = About("imessage", title=file.path.stem, zoned=False)
    yield from conversations(file.path, _messages(file), lambda: about)


def _messages(file: File) -> Iterator[Item]:
    chat = _Chat(file.path)
    for number, line in text_lines(file):
        yield from chat.add(number, line)
    yield from chat.close()


class _Chat:
    """The message that is being read: after its time comes its sender, then its words."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: float | None = None
        self._waiting = self._reacting = False
        self._message = MessageLines(_finish)

    def add(self, number: int, line: str) -> Iterator[Item]:
        """Take a line; yield the message that it ends."""
        if match := _TIME.match(line):
            yield from self.close()
            moment = written_time(" ".join(match[1].split()))
            self._waiting = isinstance(moment, Moment)
            if isinstance(moment, Moment):
                self._at = float(moment)
            else:
                yield unreadable(self._path, number, f"{match[1]!r} is not a time")
        # The line after a time names the sender, whatever it looks like.
        elif self._waiting and line.strip():
            self._message.begin(Message(number, Participant(line.strip()[:200]), "", self._at))
            self._waiting = False
        else:
            self._go_on(line)

    def _go_on(self, line: str) -> None:
        words = line.strip()
        if not words or words in _REACTIONS:
            self._reacting = bool(words)
        answer = line.startswith("    ")  # it comes again in its own place
        if not (self._reacting or answer or _NOT_SAID.match(words)):
            self._message.add(line)

    def close(self) -> Iterator[Item]:
        """Yield the message that has been read."""
        yield from self._message.end()
        self._reacting = self._waiting = False


def _finish(message: Message, further_lines: list[str]) -> Message:
    """Return a message with its words, those of its last edit where it was edited."""
    edits = [place for place, line in enumerate(further_lines) if _EDIT.match(line)]
    if edits:
        further_lines = further_lines[edits[-1] :]
        further_lines[0] = _EDIT.sub("", further_lines[0])
    return replace(message, text="\n".join(further_lines).strip())


SOURCE = Source(
    name="imessage",
    description="iMessage chat (imessage-exporter, text)",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    where="imessage-exporter --format txt",
    kept="names or numbers, words, times of the computer's clock; cut into conversations by silence",
    left_out="attachments, reactions, effects; the time zone is not in the file",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
