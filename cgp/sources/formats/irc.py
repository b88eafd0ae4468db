"""Logs of IRC channels: irssi, WeeChat, ZNC, HexChat and XChat.

Structure: irssi's default theme (``--- Log opened Sat Mar 01 08:00:00 2025``, ``08:01 < nick>
words``, seen in the tests of ``Logformat`` and in public logs), WeeChat's ``.weechatlog``
(time, tab, nick, tab, words), ZNC's files of one day each (``2025-03-01.log``, of old
``#room_20250301.log``), and HexChat's ``Mar 01 08:01:00 <nick>``, tab, words under ``**** BEGIN
LOGGING AT Sat Mar 01 08:00:00 2025`` (public logs, and the reader in ``plaso``); mIRC's begin with
``Session Start: Sat Mar 01 08:00:00 2025``. Joins, parts, notices
and changes of nick are not talk; ``* nick does`` is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.messages import About, Message
from cgp.sources.month_names import month_named
from cgp.sources.source import Fact, Loss, Source
from cgp.sources.text_lines import head_lines, text_lines

_LOG_START = re.compile(
    r"^(?:--- (?:Log opened|Day changed)|\*{4} BEGIN LOGGING AT|Session Start:) \w{3} (\w{3}) {1,2}(\d{1,2}) (?:\d{2}:\d{2}:\d{2} )?(\d{4})\s*$"
)
_NICK = r"[@+%&~! ]?([^\s<>]{1,40})"
_BRACKETS = re.compile(
    rf"^\[?(?:(\d{{4}})-(\d{{2}})-(\d{{2}})[T ])?(\d{{2}}):(\d{{2}})(?::(\d{{2}}))?(?:Z|[+-]\d{{2}}:?\d{{2}})?\]?\s(?:<{_NICK}>\s(.*)|\s?\*\s([^\s*]{{1,40}})\s(.*))$"
)
_TABS = re.compile(rf"^(\d{{4}})-(\d{{2}})-(\d{{2}}) (\d{{2}}):(\d{{2}}):(\d{{2}})\t{_NICK}\t(.*)$")
_HEXCHAT = re.compile(
    rf"^(\w{{3}}) (\d{{1,2}}) (\d{{2}}):(\d{{2}}):(\d{{2}}) (?:<{_NICK}>\t(.*)|\*\t([^\s*]{{1,40}}) (.*))$"
)
_NOTICE = re.compile(
    r"^(?:\(\S{1,200}\) )?(?:has (?:joined|left|quit|kicked|changed|invited|banned)|is now known as|"
    r"(?:gives|removes|sets) )"
)
"""Notices of HexChat about a nick; its own doings stand in the same form."""
_NOTICE_OF_MIRC = re.compile(
    r"^(?:(?:Joins|Parts|Quits): |Now talking (?:in|on) |Topic (?:is|for) |Set by |Disconnected\b|Rejoined channel |"
    r"Attempting to rejoin |\S+ (?:\(\S+@\S+\) has (?:joined|left|quit)\b|has (?:joined|left) [#&]\S+|"
    r"has quit IRC|is now known as |sets mode:|changes topic to |was kicked (?:by|from) ))"
)
"""Notices that stand behind a star, as the actions of a nick do."""
_MARKS = re.compile(
    "\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
"""Colours, bold, italics and the like, as mIRC writes them."""
_DAY_IN_NAME = re.compile(r"(?:^|_)(\d{4})-?(\d{2})-?(\d{2})$")
_NOTICES = frozenset({"-->", "<--", "--", "=!=", "-", "⚠"})


def _recognises(head: bytes, _path: Path) -> bool:
    lines = [_plain(line) for line in head_lines(head)[:60]]
    lines_of_talk = sum(
        (_BRACKETS.match(line) or _TABS.match(line) or _HEXCHAT.match(line)) is not None
        for line in lines
    )
    # Joins and parts fill most of some logs, so a fifth of the lines is enough.
    return lines_of_talk >= 2 and lines_of_talk >= 0.2 * len(lines)


def read(file: File) -> Iterator[Record]:
    """Yield the channel's conversations."""
    # A file of one day has the room's name in its own, or is in a folder of that name.
    title = _DAY_IN_NAME.sub("", file.path.stem) or file.path.parent.name or file.path.stem
    about = About("irc", title=title, zoned=False)
    yield from conversations(file.path, _messages(file), lambda: about)


def _messages(file: File) -> Iterator[Item]:
    day = (
        _day(*date_match.groups()) if (date_match := _DAY_IN_NAME.search(file.path.stem)) else None
    )
    last: datetime | None = None
    nicks: set[str] = set()
    for number, marked_line in text_lines(file):
        line = _plain(marked_line)
        if (start_match := _LOG_START.match(line)) and month_named(start_match[1]):
            day, last = _day(start_match[3], start_match[1], start_match[2]), None
            continue
        if match := _HEXCHAT.match(line):
            at = _moment_of_year(match, day, last)
            last = at or last
            if match[6] is not None:
                nicks.add(match[6])
            # HexChat marks joins and the doings of a nick alike: who has spoken may do something.
            elif match[8] not in nicks or _NOTICE.match(match[9]):
                continue
            nick, text = match.group(6, 7) if match[6] is not None else match.group(8, 9)
            yield Message(number, Participant(nick), text, None if at is None else at.timestamp())
            continue
        match = _TABS.match(line) or _BRACKETS.match(line)
        if match is None:
            continue
        nick, text = _words_of(match)
        if not nick or nick in _NOTICES:
            continue
        at = _moment(match, day, last)
        last = at or last
        yield Message(number, Participant(nick), text, None if at is None else at.timestamp())


def _plain(line: str) -> str:
    """Return a line without marks; most have none."""
    return line if line.isprintable() else _MARKS.sub("", line)


def _day(year: str, month: str, day: str) -> datetime | None:
    number = int(month) if month.isdecimal() else month_named(month)
    try:
        return datetime(int(year), number or 0, int(day), tzinfo=UTC)
    except ValueError:
        return None


def _moment_of_year(
    match: re.Match[str], log_start: datetime | None, last: datetime | None
) -> datetime | None:
    """Return when a line was said that has no year: the log's, or the next one's."""
    reference = last or log_start
    if reference is None or (day := _day(str(reference.year), match[1], match[2])) is None:
        return None
    # A log without years that runs from December to January.
    if day < reference - timedelta(days=300):
        day = _day(str(reference.year + 1), match[1], match[2]) or day
    try:
        return day.replace(hour=int(match[3]), minute=int(match[4]), second=int(match[5]))
    except ValueError:
        return None


def _words_of(match: re.Match[str]) -> tuple[str | None, str]:
    if match.re is _TABS:
        if match[7] != "*":
            return match[7], match[8]
        nick, _, does = match[8].partition(" ")  # WeeChat's ``*``, then "ann waves"
        return nick, does
    if match[7] is not None:
        return match[7], match[8]
    is_notice = _NOTICE_OF_MIRC.match(f"{match[9]} {match[10]}")
    return (None if is_notice else match[9]), match[10]


def _moment(match: re.Match[str], day: datetime | None, last: datetime | None) -> datetime | None:
    """Return when a line was said; without a date of its own, on the day of the log, or the next
    one.
    """
    hour, minute, second = int(match[4]), int(match[5]), int(match[6] or 0)
    try:
        if match[1] is not None:
            return datetime(
                int(match[1]), int(match[2]), int(match[3]), hour, minute, second, tzinfo=UTC
            )
        if day is None:
            return None
        at = day.replace(hour=hour, minute=minute, second=second)
    except ValueError:
        return None
    if last is not None and at < last - timedelta(hours=1):
        at += timedelta(days=(last - at).days + 1)
    return at


SOURCE = Source(
    name="irc",
    description="IRC log (irssi, WeeChat, ZNC, HexChat, mIRC)",
    suffixes=(".log", ".txt", ".weechatlog"),
    recognises=_recognises,
    read=read,
    where="the log folder of irssi, WeeChat, HexChat or a bouncer",
    kept="nicks, words, actions, times; cut into conversations by silence",
    left_out="joins, parts, modes, topics, notices",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
