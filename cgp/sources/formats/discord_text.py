"""Discord channels as DiscordChatExporter writes them in plain text.

Structure: the exporter's ``PlainTextMessageWriter.cs``. The order of day and month is the
locale's, which the file does not say; it is found from all its dates. Where they allow both, the
month is first if all are written as in the United States.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.date_orders import DateOrder, WrittenTime, date_order
from cgp.sources.files import File
from cgp.sources.markup import without_discord_codes
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.written_times import resolved, written_time

_HEAD = re.compile(r"^\[(\d[^\[\]]{5,40})\] (.{1,100}?)(?: \(pinned\))?$")
_RULE = re.compile(r"^={20,}$")
_PREAMBLE = re.compile(r"^(Guild|Channel|Topic|After|Before): (.{0,300})$")
_AMERICAN = re.compile(r"^[1-9]\d?/[1-9]\d?/\d{4}\s\d{1,2}:\d{2}\s(?:AM|PM)$")
"""A time as .NET writes it in the United States; with a clock of twelve hours, all other countries
have zeros, points or small letters in it.
"""
_PASTED_SECONDS = 2 * 3600.0
"""Seconds that a head goes back which is part of a message's words: a clock goes back an hour in
autumn.
"""
_APART = frozenset({"{Attachments}", "{Stickers}", "{Reactions}"})
_NOTICE = re.compile(
    r"^(?:Joined the server\.|Pinned a message\.|Started a call that lasted .{1,40}|Started a thread\.|"
    r"Added .{1,100} to the group\.|(?:Removed .{1,100} from|Left) the group\.|Changed the channel (?:name|icon).{0,200})$"
)


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)[:10]
    return (
        len(lines) > 2
        and _RULE.match(lines[0]) is not None
        and lines[1].startswith("Guild: ")
        and lines[2].startswith("Channel: ")
    )


def read(file: File) -> Iterator[Record]:
    """Yield the channel's conversations. The file is read twice: the order of its dates is found
    first.
    """
    facts = dict(_preamble(file))
    times = (
        replace(time, american=_AMERICAN.match(match[1]) is not None)
        for _, line in text_lines(file)
        if (match := _HEAD.match(line)) and isinstance(time := written_time(match[1]), WrittenTime)
    )
    names = (facts.get("Guild"), facts.get("Channel"))
    title = " / ".join(name for name in names if name)
    about = About("discord", title=title or file.path.stem, zoned=False)
    yield from conversations(file.path, _messages(file, date_order(times)), lambda: about)


def _preamble(file: File) -> Iterator[tuple[str, str]]:
    rules = 0
    for number, line in text_lines(file):
        rules += _RULE.match(line) is not None
        if rules > 1 or number > 20:
            return
        if match := _PREAMBLE.match(line):
            yield match[1], match[2].strip()


def _messages(file: File, order: DateOrder) -> Iterator[Item]:
    message = MessageLines(_finish)
    apart = False
    before = ""
    last: float | None = None
    for number, line in text_lines(file):
        match = _HEAD.match(line)
        time = written_time(match[1]) if match else None
        at = None if time is None else resolved(time, order)
        # The exporter leaves a line blank before each head. One without it, of an earlier time than
        # the message before it, is of a log that somebody pasted.
        is_pasted = bool(before.strip()) and _goes_back(last, at)
        before = line
        if match is None or time is None or is_pasted:
            if line in _APART or _RULE.match(line):
                apart = True
            elif line == "{Embed}":
                apart = False
            elif not apart:
                message.add(line)
            continue
        yield from message.end()
        apart = False
        if at is None:
            yield unreadable(file.path, number, f"{match[1]!r} is not a time ({order.value})")
        else:
            last = at
            message.begin(Message(number, Participant(match[2]), "", at))
    yield from message.end()


def _goes_back(last: float | None, at: float | None) -> bool:
    return last is not None and at is not None and at < last - _PASTED_SECONDS


def _finish(message: Message, further_lines: list[str]) -> Message:
    text = "\n".join(line for line in further_lines if line.strip()).strip()
    return replace(message, text="" if _NOTICE.match(text) else without_discord_codes(text, {}))


SOURCE = Source(
    name="discord-text",
    description="Discord channel (DiscordChatExporter, plain text)",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    where="DiscordChatExporter, format PlainText",
    kept="names, words, embeds, times of the computer's clock; cut into conversations by silence",
    left_out="attachments, stickers, reactions, joins, pins, calls; ids and zone are not in the file",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
