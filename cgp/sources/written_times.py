"""Times as spreadsheets, help desks and people write them, in one field each."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cgp.conversation_json import ConversationError
from cgp.sources.date_orders import DateOrder, WrittenTime
from cgp.sources.half_days import HALF_DAY, hour_of_day
from cgp.sources.messages import epoch
from cgp.sources.turn_heads import seconds

_CLOCK = re.compile(r"^\d{1,4}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?$")
_TIME_OF_DAY = rf"(?:[,\sT]\s{{0,3}}(?:at\s)?({HALF_DAY}\s?)?(\d{{1,2}})[:.](\d{{2}})(?:[:.](\d{{2}}))?(?:[.,]\d{{1,6}})?(?:\s?({HALF_DAY}))?)?"
_NUMBERS = re.compile(
    rf"^(\d{{1,4}})([./-])(\d{{1,2}})\2(\d{{1,4}}){_TIME_OF_DAY}(?:\s?(?:UTC|GMT|Z))?$"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_NAME = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s)?"
_MONTH_FIRST = re.compile(
    rf"^{_WEEKDAY}{_NAME}\s(\d{{1,2}}),?\s(\d{{4}}){_TIME_OF_DAY}(?:\s?(?:UTC|GMT|Z))?$",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"^{_WEEKDAY}(\d{{1,2}})\.?[\s-]{_NAME}[\s-](\d{{4}}){_TIME_OF_DAY}(?:\s?(?:UTC|GMT|Z))?$",
    re.IGNORECASE,
)
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")
MAX_RELATIVE = 1e8
"""Seconds from the start of a recording are fewer; more are counted since 1970
(this is in 1973).
"""
_MILLISECONDS = 1e11


class Moment(float):
    """Seconds since the epoch."""


class Offset(float):
    """Seconds from the start."""


Written = Moment | Offset | WrittenTime
"""A time; ``WrittenTime`` is one whose day and month are told apart by the others of the file."""


def written_time(text: str) -> Written | None:
    """Return a time as it is written, None for one that is not understood."""
    text = text.translate(_SPACES).strip()
    if _CLOCK.match(text):
        return Offset(seconds(text))
    if match := _NUMBERS.match(text):
        return _numbers(match)
    if match := _MONTH_FIRST.match(text):
        month, day = match[1], match[2]
    elif match := _DAY_FIRST.match(text):
        day, month = match[1], match[2]
    else:
        return _number_or_iso(text)
    number = _MONTHS.index(month.lower()) + 1
    return _named((int(match[3]), number, int(day)), match.group(4, 5, 6, 7, 8))


def _number_or_iso(text: str) -> Written | None:
    try:
        at = epoch(text)
    except ConversationError:
        return None
    if at is None:
        return None
    if at > _MILLISECONDS:
        return Moment(at / 1000)
    is_number = text.lstrip("-").replace(".", "", 1).isdecimal()
    return Offset(at) if is_number and abs(at) < MAX_RELATIVE else Moment(at)


def resolved(time: Written, order: DateOrder) -> float | None:
    """Return the seconds of a time, None for a date that is none in this order."""
    return time.seconds(order) if isinstance(time, WrittenTime) else float(time)


def _numbers(match: re.Match[str]) -> WrittenTime:
    date = (match[1], match[3], match[4])
    clock = (match[6], match[7], match[8])
    return WrittenTime.of(date, match[2], clock, match[5] or match[9])


def _named(date: tuple[int, int, int], clock: tuple[str | None, ...]) -> Moment | None:
    before, hours, minutes, secs, after = clock
    hour = hour_of_day(int(hours or 0), before or after)
    try:
        moment = datetime(*date, hour, int(minutes or 0), int(secs or 0), tzinfo=UTC)
    except ValueError:
        return None
    return Moment(moment.timestamp())
