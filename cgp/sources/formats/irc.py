"""Logs of IRC channels: irssi, WeeChat and the like.

Structure: irssi's default theme (``--- Log opened Sat Mar 01 08:00:00 2025``, ``08:01 < nick>
words``, seen in the tests of ``Logformat`` and in public logs) and WeeChat's ``.weechatlog``
(time, tab, nick, tab, words). Joins, parts, notices and changes of nick are no talk; ``* nick
does`` is.
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
from cgp.sources.source import Fact, Loss, Source
from cgp.sources.text_lines import head_lines, text_lines

_OPENED = re.compile(
    r"^--- (?:Log opened|Day changed) \w{3} (\w{3}) (\d{1,2}) (?:\d{2}:\d{2}:\d{2} )?(\d{4})\s*$"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NICK = r"[@+%&~! ]?([^\s<>]{1,40})"
_BRACKETS = re.compile(
    rf"^\[?(?:(\d{{4}})-(\d{{2}})-(\d{{2}})[T ])?(\d{{2}}):(\d{{2}})(?::(\d{{2}}))?\]?\s(?:<{_NICK}>\s(.*)|\s?\*\s([^\s*]{{1,40}})\s(.*))$"
)
_TABS = re.compile(rf"^(\d{{4}})-(\d{{2}})-(\d{{2}}) (\d{{2}}):(\d{{2}}):(\d{{2}})\t{_NICK}\t(.*)$")
_NOTICES = frozenset({"-->", "<--", "--", "=!=", "-", "⚠"})


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)[:60]
    said = sum((_BRACKETS.match(line) or _TABS.match(line)) is not None for line in lines)
    return said >= 2 and said >= 0.2 * len(lines)


def read(file: File) -> Iterator[Record]:
    """Yield the channel's conversations."""
    about = About("irc", title=file.path.stem, zoned=False)
    yield from conversations(file.path, _messages(file), lambda: about)


def _messages(file: File) -> Iterator[Item]:
    day: datetime | None = None
    last: datetime | None = None
    for number, line in text_lines(file):
        if (opened := _OPENED.match(line)) and opened[1] in _MONTHS:
            try:
                day = datetime(
                    int(opened[3]), _MONTHS.index(opened[1]) + 1, int(opened[2]), tzinfo=UTC
                )
            except ValueError:
                day = None
            last = None
            continue
        match = _TABS.match(line) or _BRACKETS.match(line)
        if match is None:
            continue
        nick, text = _said(match)
        if not nick or nick in _NOTICES:
            continue
        at = _moment(match, day, last)
        last = at or last
        yield Message(number, Participant(nick), text, None if at is None else at.timestamp())


def _said(match: re.Match[str]) -> tuple[str | None, str]:
    if match.re is _TABS:
        if match[7] != "*":
            return match[7], match[8]
        nick, _, does = match[8].partition(" ")  # WeeChat's ``*``, then "ann waves"
        return nick, does
    return (match[7], match[8]) if match[7] is not None else (match[9], match[10])


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
    description="IRC log (irssi, WeeChat, ZNC)",
    suffixes=(".log", ".txt", ".weechatlog"),
    recognises=_recognises,
    read=read,
    where="the log folder of irssi, WeeChat or a bouncer",
    kept="nicks, words, actions, times; cut into conversations by silence",
    left_out="joins, parts, modes, topics, notices",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
