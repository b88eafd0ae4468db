"""LINE chats as text: a date on a line of its own, then ``time TAB name TAB words``; of computers
``time name words``.

Structure: samples that public readers are tested with, in English and Japanese (``[LINE] Chat
history with ...``, ``[LINE] ...とのトーク履歴``); dates stand as ``2024/01/15(Mon)``, ``2024.01.15
Monday`` or ``Mon, 01/15/2024``. Words of several lines are quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.date_orders import DateOrder, WrittenTime, date_order
from cgp.sources.files import File
from cgp.sources.half_days import HALF_DAY, hour_of_day
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.talk_signs import MOSTLY
from cgp.sources.text_lines import head_lines, text_lines

_HEADING = re.compile(
    r"^\[LINE\]\s?(?:Chat history (?:with|in) )?(.{1,200}?)(?:とのトーク履歴|のトーク履歴|的聊天記錄)?\s*$"
)
_DATE = re.compile(
    r"^(?:[^\W\d]{1,12}\.?,?\s)?(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:\s?\(.{1,12}\)|\s[^\W\d]{1,12})?\s*$"
)
_LINE = re.compile(
    rf"^({HALF_DAY}\s?)?(\d{{1,2}}):(\d{{2}})\s?({HALF_DAY})?\t([^\t]{{1,100}})\t(.*)$", re.DOTALL
)
# Computers write spaces: "21:03 Ann Hello". Where the name ends, the other lines tell.
_SPACED = re.compile(rf"^({HALF_DAY}\s?)?(\d{{1,2}}):(\d{{2}})\s?({HALF_DAY})? (\S.*)$", re.DOTALL)
_DAY_OF_COMPUTERS = re.compile(r"^\d{4}\.\d{2}\.\d{2} [^\W\d]{1,12}$")
_LINES_OF_A_NAME, _MOST_WORDS = 3, 8
"""Number of lines from which the words that all of them begin with are a name."""
_NOTICE = re.compile(rf"^(?:{HALF_DAY}\s?)?\d{{1,2}}:\d{{2}}\s?(?:{HALF_DAY})?\t[^\t]*$")
# A line of a message in another form: after a message has begun, only the tabs tell it from words.
_LIKE_A_TIME = rf"^(?:{HALF_DAY}\s?)?\d{{1,2}}[:.h時點点시]\s?\d{{2}}"
_LIKE_A_FIRST = re.compile(rf"{_LIKE_A_TIME}\D")
_LIKE_A_MESSAGE = re.compile(rf"{_LIKE_A_TIME}[^\t\d]{{0,12}}\t[^\t]{{1,100}}\t")
_WORD = re.compile(r"[^\W\d_]{3}")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PLACEHOLDER = re.compile(
    r"^\[(?:Sticker|Photo|Video|Voice message|File|Album|Location|Contact|Note|"
    r"スタンプ|写真|動画|ボイスメッセージ|ファイル|アルバム|位置情報|連絡先|ノート|貼圖|照片|影片|語音訊息|檔案)\].{0,80}$"
    r"|^☎.{0,60}$|^(?:Stickers|Photos|Videos)$"
)
"""Placeholders of media, and of calls (``☎ Call time 1:02``, ``☎ 不在着信``)."""


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)[:20]
    if not lines:
        return False
    if lines[0].startswith("[LINE]"):
        return any(_DATE.match(line) for line in lines)
    # A computer's may have no heading.
    messages = sum(_SPACED.match(line) is not None for line in lines)
    return _DAY_OF_COMPUTERS.match(lines[0]) is not None and messages >= MOSTLY * (len(lines) - 1)


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations. The file is read twice: the order of its dates is found
    first.
    """
    order = date_order(
        WrittenTime((match[1], match[2], match[3]), weekday=_weekday(line))
        for _, line in text_lines(file)
        if (match := _DATE.match(line))
    )
    title = next((m[1] for _, line in text_lines(file) if (m := _HEADING.match(line))), None)
    about = About("line", title=title or file.path.stem, zoned=False)
    has_tabs = any(_LINE.match(line) for _, line in text_lines(file))
    form = _LINE if has_tabs else _with_names(_names(file, title or ""))
    yield from conversations(file.path, _messages(file, order, form), lambda: about)


def _names(file: File, title: str) -> frozenset[str]:
    """Return the names that begin the lines of messages whose parts are set apart by spaces.

    A chat's title is the other one's name. Other names are the words with which all lines begin
    that begin with the same word.
    """
    lines: dict[str, list[list[str]]] = {}
    for _, line in text_lines(file):
        if match := _SPACED.match(line):
            words = match[5].split(" ")[:_MOST_WORDS]
            lines.setdefault(words[0], []).append(words)
    names = {title} if title else set()
    for first, beginnings in lines.items():
        if title and first == title.split(" ", maxsplit=1)[0]:
            continue
        common = takewhile(lambda column: len(set(column)) == 1, zip(*beginnings, strict=False))
        shared_words = [column[0] for column in common]
        is_long = len(beginnings) >= _LINES_OF_A_NAME
        names.add(" ".join(shared_words) if is_long else first)
    return frozenset(names)


def _with_names(names: frozenset[str]) -> re.Pattern[str]:
    """Return the form of a message of one of these names; without names it matches nothing."""
    any_name = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)"
    return re.compile(
        rf"^({HALF_DAY}\s?)?(\d{{1,2}}):(\d{{2}})\s?({HALF_DAY})? ({any_name}) (.*)$", re.DOTALL
    )


def _weekday(line: str) -> int | None:
    """Return the English weekday of a line with a date, Monday 0, None where it names none."""
    word = _WORD.search(line)
    name = word[0].casefold() if word else ""
    return _WEEKDAYS.index(name) if name in _WEEKDAYS else None


def _messages(file: File, order: DateOrder, form: re.Pattern[str]) -> Iterator[Item]:
    day: tuple[str, str, str] | None = None
    message = MessageLines(_finish)
    for number, line in text_lines(file):
        date, line_match = _DATE.match(line), form.match(line)
        if date is None and line_match is None and not _NOTICE.match(line):
            looks_like = _LIKE_A_MESSAGE if message.is_open else _LIKE_A_FIRST
            if looks_like.match(line):
                yield from message.end()
                yield unreadable(
                    file.path, number, f"{line[:40]!r} begins with a time and is not understood"
                )
            else:
                message.add(line)
            continue
        yield from message.end()
        if date is not None:
            day = (date[1], date[2], date[3])
        elif line_match is not None:
            at = _at(day, line_match, order)
            if at is None:
                yield unreadable(
                    file.path, number, "no date before the message, or none that is one"
                )
                continue
            message.begin(Message(number, Participant(line_match[5].strip()), line_match[6], at))
    yield from message.end()


def _at(
    day: tuple[str, str, str] | None, line_match: re.Match[str], order: DateOrder
) -> float | None:
    if day is None:
        return None
    hour = hour_of_day(int(line_match[2]), line_match[1] or line_match[4])
    return WrittenTime(day, hour, int(line_match[3])).seconds(order)


def _finish(message: Message, further_lines: list[str]) -> Message:
    """Return a message with its further lines, without the quotation marks around several."""
    text = "\n".join((message.text, *further_lines)).strip()
    if further_lines and text.startswith('"') and text.endswith('"') and len(text) > 1:
        text = text[1:-1].replace('""', '"')
    return replace(message, text="" if _PLACEHOLDER.match(text) else text)


SOURCE = Source(
    name="line",
    description="LINE chat (text)",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    where="a chat's menu, Export chat history",
    kept="names, words, times of the phone's clock; cut into conversations by silence",
    left_out="stickers, media, joins; the time zone is not in the file",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
