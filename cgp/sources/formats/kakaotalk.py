"""KakaoTalk chats as text, of phones and of computers.

Structure: regular expressions and samples of several public readers. Phones write ``2025년 2월
28일 오전 9:12, Name : words`` or ``2025. 2. 28. 오전 9:12, Name : words``, in English ``February
28, 2025 at 9:12 AM, Name : words`` (older ones without ``at``). Computers write ``[Name] [오전
9:12] words`` after a line ``----- 2025년 2월 28일 금요일 -----``, in English ``[Name] [9:12 AM]
words`` after ``----- Friday, February 28, 2025 -----``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.csv_rows import csv_rows
from cgp.sources.date_orders import DateOrder, WrittenTime
from cgp.sources.files import File
from cgp.sources.half_days import HALF_DAY, hour_of_day
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.written_times import Moment, resolved, written_time

_DAY = r"(\d{4})(?:년|\.)\s?(\d{1,2})(?:월|\.)\s?(\d{1,2})(?:일|\.)"
_CLOCK = rf"(?:({HALF_DAY})\s?)?(\d{{1,2}}):(\d{{2}})(?:\s?({HALF_DAY}))?"
_PHONE = re.compile(rf"^{_DAY}\s{_CLOCK}(?:,\s([^:\n]{{1,100}}?)\s:\s(.*)|[,:]?.*)$", re.DOTALL)
_COMPUTER = re.compile(rf"^\[([^\]]{{1,100}})\]\s\[{_CLOCK}\]\s(.*)$", re.DOTALL)
_ENGLISH_PHONE = re.compile(
    r"^([A-Z][a-z]{2,8} \d{1,2}, \d{4}(?:,| at) \d{1,2}:\d{2}\s[AaPp]\.?[Mm]\.?)(?:,\s([^:\n]{1,100}?)\s:\s(.*)|[,:]?.*)$",
    re.DOTALL,
)
_DAY_LINE = re.compile(rf"^-{{3,}}\s*{_DAY}.{{0,20}}-{{3,}}\s*$|^{_DAY}\s\S{{1,4}}요일\s*$")
_ENGLISH_DAY_LINE = re.compile(
    r"^-{3,}\s*[A-Z][a-z]{5,8},\s([A-Z][a-z]{2,8} \d{1,2}, \d{4})\s*-{3,}\s*$"
)
_MEDIA = re.compile(
    r"^(?:사진|동영상|이모티콘|음성메시지|삭제된 메시지입니다\.?|사진 \d{1,3}장|파일: .{1,200}|Photo|Video|Emoticons?|"
    r"(?:보이스톡|페이스톡) .{0,40}|\(이모티콘\)\s?)$"
)

_HEADER = "Date,User,Message"
_NOTICE = re.compile(
    r"^.{1,60}?(?:님이 (?:나갔습니다|들어왔습니다|.{1,500}초대(?:하였|했)습니다)|"
    r" (?:left|joined) this chatroom| invited .{1,500})\.$"
)


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)[:60]
    if lines and _is_header(lines[0]):
        return True
    phone = sum((m := _PHONE.match(line)) is not None and m[8] is not None for line in lines)
    phone += sum(
        (m := _ENGLISH_PHONE.match(line)) is not None and m[2] is not None for line in lines
    )
    computer = sum(_COMPUTER.match(line) is not None for line in lines)
    days = sum(_is_day_line(line) for line in lines)
    # ``[name] [clock]`` alone is written by other programs as well; the line of a day is not.
    return phone > 0 or (computer > 0 and days > 0)


def _is_day_line(line: str) -> bool:
    return _DAY_LINE.match(line) is not None or _ENGLISH_DAY_LINE.match(line) is not None


def _day(line: str) -> tuple[int, int, int] | None:
    """Return the day that a line says, None where it says none."""
    if match := _DAY_LINE.match(line):
        year, month, day = (int(part) for part in match.groups() if part)
        return year, month, day
    match = _ENGLISH_DAY_LINE.match(line)
    time = written_time(match[1]) if match else None
    if not isinstance(time, Moment):
        return None
    moment = datetime.fromtimestamp(float(time), UTC)
    return moment.year, moment.month, moment.day


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    about = About("kakaotalk", title=file.path.stem, zoned=False)
    first = next(text_lines(file), (1, ""))[1]
    items = _rows(file) if _is_header(first) else _messages(file)
    yield from conversations(file.path, items, lambda: about)


def _is_header(line: str) -> bool:
    """Tell if a line names the columns of a Mac's table."""
    return line.lstrip("\ufeff").replace('"', "").strip() == _HEADER


def _rows(file: File) -> Iterator[Item]:
    """Yield the messages of a Mac's table, which has joins and leaves among them."""
    lines = text_lines(file)
    next(lines, None)
    for row in csv_rows(lines, ",", _HEADER.count(",") + 1):
        if len(row.cells) != _HEADER.count(",") + 1:
            yield unreadable(file.path, row.number, f"the row has {len(row.cells)} cells, not 3")
            continue
        date, name, text = (cell.strip() for cell in row.cells)
        moment = written_time(date)
        if not isinstance(moment, Moment | WrittenTime):
            yield unreadable(file.path, row.number, f"{date[:40]!r} is not a time")
        elif not (text.startswith(name) and _NOTICE.match(text)):
            at = resolved(moment, DateOrder.DAY_MONTH)
            yield _finish(Message(row.number, Participant(name), text, at), [])


def _messages(file: File) -> Iterator[Item]:
    day: tuple[int, int, int] | None = None
    message = MessageLines(_finish)
    for number, line in text_lines(file):
        new_day, phone, computer = _is_day_line(line), _PHONE.match(line), _COMPUTER.match(line)
        english = _ENGLISH_PHONE.match(line)
        # Any other line goes on with the message before it.
        if not (new_day or phone or computer or english):
            message.add(line)
            continue
        yield from message.end()
        if new_day:
            day = _day(line)
            continue
        name, text, at = (
            _fields(phone, computer, day) if english is None else _english_fields(english)
        )
        if name is None:
            continue  # a join, a leave, the line that says when the chat was saved
        if at is None:
            yield unreadable(file.path, number, "no date before the message, or none that is one")
            continue
        message.begin(Message(number, Participant(name), text, at))
    yield from message.end()


def _fields(
    phone: re.Match[str] | None, computer: re.Match[str] | None, day: tuple[int, int, int] | None
) -> tuple[str | None, str, float | None]:
    """Return name, words and time of a message, no name for a notice."""
    if phone is not None:
        own_day = (int(phone[1]), int(phone[2]), int(phone[3]))
        at = _at(own_day, phone[4] or phone[7], phone[5], phone[6])
        return (phone[8] or None), phone[9] or "", at
    assert computer is not None
    at = _at(day, computer[2] or computer[5], computer[3], computer[4])
    return computer[1], computer[6], at


def _english_fields(match: re.Match[str]) -> tuple[str | None, str, float | None]:
    """Return name, words and time of a message, no name for a notice."""
    moment = written_time(match[1])
    return match[2] or None, match[3] or "", moment if isinstance(moment, Moment) else None


def _at(day: tuple[int, int, int] | None, half: str | None, hour: str, minute: str) -> float | None:
    if day is None:
        return None
    try:
        moment = datetime(*day, hour_of_day(int(hour), half), int(minute), tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp()


def _finish(message: Message, further_lines: list[str]) -> Message:
    text = "\n".join((message.text, *further_lines)).strip()
    return replace(message, text="" if _MEDIA.match(text) else text)


SOURCE = Source(
    name="kakaotalk",
    description="KakaoTalk chat (text, or CSV of Macs)",
    suffixes=(".txt", ".csv"),
    recognises=_recognises,
    read=read,
    where="a chat room's settings, Export chat (text, or the CSV of Macs)",
    kept="names, words, times of the phone's clock; cut into conversations by silence",
    left_out="media, emoticons, joins; the time zone is not in the file",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
