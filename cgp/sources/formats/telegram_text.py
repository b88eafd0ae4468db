"""Messages copied out of Telegram's window: ``Name, [05.01.2024 10:01]``, and the words below it.

Structure: Telegram Desktop puts several selected messages so into the clipboard, with the date in
the form of the computer's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.date_orders import DateOrder, WrittenTime, date_order
from cgp.sources.files import File
from cgp.sources.half_days import HALF_DAY
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines

_HEAD = re.compile(
    rf"^([^\[\]\n]{{1,100}}), \[(\d{{1,4}})([./\-])(\d{{1,2}})\3(\d{{1,4}}),?\s({HALF_DAY}\s?)?"
    rf"(\d{{1,2}}):(\d{{2}})(?::(\d{{2}}))?(?:\s?({HALF_DAY}))?\]\s{{0,4}}$"
)


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)
    return bool(lines) and _HEAD.match(lines[0]) is not None


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations. The file is read twice: the order of its dates is found
    first.
    """
    order = date_order(_time(m) for _, line in text_lines(file) if (m := _HEAD.match(line)))
    about = About("telegram-text", title=file.path.stem, zoned=False)
    yield from conversations(file.path, _messages(file, order), lambda: about)


def _time(match: re.Match[str]) -> WrittenTime:
    date, clock = (match[2], match[4], match[5]), (match[7], match[8], match[9])
    return WrittenTime.of(date, match[3], clock, match[6] or match[10], len(match[5]))


def _messages(file: File, order: DateOrder) -> Iterator[Item]:
    message = MessageLines()
    for number, line in text_lines(file):
        match = _HEAD.match(line)
        if match is None:
            message.add(line)
            continue
        yield from message.end()
        at = _time(match).seconds(order)
        if at is None:
            reason = f"{line.strip()[-40:]!r} is not a date ({order.value}) and time"
            yield unreadable(file.path, number, reason)
        else:
            message.begin(Message(number, Participant(match[1].strip()), "", at))
    yield from message.end()


SOURCE = Source(
    name="telegram-text",
    description="messages copied out of Telegram Desktop (text)",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    where="Telegram Desktop, several messages selected and copied",
    kept="names, words, times of the computer's clock; cut into conversations by silence",
    left_out="media; the time zone is not in the text",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
