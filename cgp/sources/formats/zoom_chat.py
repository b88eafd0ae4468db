"""Zoom's saved chat of a meeting (``meeting_saved_chat.txt``): ``time From name to name: words``.

Structure: Zoom's own file, older with the words on the same line and sometimes no receiver, newer
with them indented below and the date before the time. Newer ones write answers and reactions as
messages. Public readers of these: ``zoom-chat-parse``, ``zoom-chat-parser``,
``juansegnana/zoom-attendance`` (Spanish), ``parse_zoom_chat.py`` of a maker of lectures (Russian,
the saved chat and the client's own log).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgp.conversation import MAX_TURNS, Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines, joined
from cgp.sources.messages import About, Message, epoch, records_of
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.turn_heads import seconds
from cgp.sources.wall_clocks import WallClock

_BEGIN = r"^(?:(?P<date>\d{4}-\d\d-\d\d)\s)?(?P<clock>\d{1,2}:\d\d:\d\d)\s+(?:From|Von|De|От)\s+"
_NAME = r"(?P<name>(?:(?!\s:\s).){1,100}?)"
_EVERYONE = r"(?i:to\s+everyone|an\s+alle|a\s+todos|кому\s+все)"
# A name may have "to" in it: the one before "Everyone" divides.
_TO = rf"\s+(?i:to|an|a|кому)\s+(?![^:]{{1,60}}\s{_EVERYONE}\s?[:(])"
_ALONE = r"\s?(?:\((?:Direct Message|Privately)\))?"
_WORDS = r"(?P<words>.*)$"
_HEADS = (
    re.compile(rf"{_BEGIN}{_NAME}\s:\s+(?i:to)\s+[^:]{{1,100}}?{_ALONE}\s:\s{_WORDS}"),
    re.compile(rf"{_BEGIN}{_NAME}{_TO}.{{1,100}}?{_ALONE}\s?:\s?{_WORDS}"),
    re.compile(rf"{_BEGIN}{_NAME}\s:\s?{_WORDS}"),
)
_LIKE_A_HEAD = re.compile(r"^(?:\d{4}-\d\d-\d\d\s)?\d{1,2}:\d\d:\d\d\s")
_QUOTATION = r"(?:\".{0,200}?\"|«.{0,200}?»:?)"
_ANSWER = re.compile(rf"^(?:Replying to|Reply to|Ответ на) {_QUOTATION}\s*(?:\n|$)", re.DOTALL)
_REACTION = re.compile(
    r"^(?:Reacted to .{0,200} with \S{1,60}|Removed an? \S.{0,60} from \".{0,200}\"|"
    r"Реакция на \".{0,200}\" с помощью \S{1,60}|Элемент \S{1,60} удален из \".{0,200}\")$",
    re.DOTALL,
)


def _head(line: str) -> re.Match[str] | None:
    if not line[:1].isdecimal():
        return None
    return next((match for head in _HEADS if (match := head.match(line))), None)


def _recognises(head: bytes, _path: Path) -> bool:
    return any(_head(line) for line in head_lines(head)[:20])


def read(file: File) -> Iterator[Record]:
    """Yield the chat; times count from its first message where no line has a date."""
    has_dates = any(match["date"] for _, line in text_lines(file) if (match := _head(line)))
    about = About("zoom-chat", title=file.path.stem, clock=has_dates, zoned=False)
    messages: list[Message] = []
    for item in _messages(file, dated=has_dates):
        if isinstance(item, Record):
            yield item
        elif len(messages) <= MAX_TURNS:
            messages.append(item)
    yield from records_of(file.path, 1, about, messages)


def _messages(file: File, *, dated: bool) -> Iterator[Item]:
    message = MessageLines(_finish)
    clock = WallClock()
    start: float | None = None
    for number, line in text_lines(file):
        if match := _head(line):
            yield from message.end()
            at = seconds(match["clock"])
            if dated:
                moment = _moment(match["date"], at)
            # Without a date, times count from the first message.
            else:
                at = clock.seconds(at)
                start = at if start is None else start
                moment = at - start
            author = Participant(match["name"].strip())
            message.begin(Message(number, author, match["words"], moment))
        elif _LIKE_A_HEAD.match(line):
            yield from message.end()
            reason = f"{line[:40]!r} begins with a time and is not understood"
            yield unreadable(file.path, number, reason)
        else:
            message.add(line.strip())
    yield from message.end()


def _moment(date: str | None, of_day: float) -> float | None:
    """Return a wall clock as seconds, None without a date or for one that is none."""
    try:
        day = epoch(date)
    except ConversationError:
        return None
    return None if day is None else day + of_day


def _finish(message: Message, further_lines: list[str]) -> Message:
    """Return a message without the line of another one that it answers; a reaction says nothing."""
    text = joined(message, further_lines).text.strip()
    return replace(message, text="" if _REACTION.match(text) else _ANSWER.sub("", text).strip())


SOURCE = Source(
    name="zoom-chat",
    description="Zoom meeting chat (text)",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    where="meeting_saved_chat.txt in Zoom's folder of a meeting",
    kept="names, words, times (from the first message where the file has no date)",
    left_out="to whom a message went, reactions, quoted messages",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
