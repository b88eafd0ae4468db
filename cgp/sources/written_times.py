"""Times as spreadsheets, help desks and people write them, in one field each."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cgp.conversation_json import ConversationError
from cgp.sources.date_orders import DateOrder, WrittenTime
from cgp.sources.half_days import HALF_DAY, hour_of_day
from cgp.sources.messages import epoch
from cgp.sources.month_names import month_named
from cgp.sources.turn_heads import seconds

_CLOCK = re.compile(r"^\d{1,4}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?$")
_AT = r"(?:at|um|à|às|a las|alle(?: ore)?|om|kl\.?|klo|o|в)"
_TIME_OF_DAY = rf"(?:[,\sT]\s{{0,3}}(?:{_AT}\s)?(?P<before>{HALF_DAY}\s?)?(?P<hour>\d{{1,2}})[:.](?P<minute>\d{{2}})(?:[:.](?P<second>\d{{2}}))?(?:[.,]\d{{1,6}})?(?:\s?(?P<after>{HALF_DAY})|\s(?:Uhr|hrs|h)\b)?)?"
_ZONE = r"(?:\s?(?:UTC|GMT|Z)?\s?(?P<offset>[+-]\d{2}:?\d{2})?(?:\s\([\w\s]{1,40}\))?)"
_NUMBERS = re.compile(
    rf"^(?P<first>\d{{1,4}})(?P<separator>[./-])\s?(?P<middle>\d{{1,2}})(?P=separator)\s?(?P<last>\d{{1,4}})\.?{_TIME_OF_DAY}(?:\s?(?:UTC|GMT|Z))?$"
)
_WEEKDAY = r"(?:[^\W\d_]{2,14}(?:-[^\W\d_]{2,8})?\.?,?\s)?"
_NAME = r"(?P<month>[^\W\d_]{3,12})\.?"
_WITH_NAMES = (
    # February 28, 2024 at 9:05 PM
    re.compile(
        rf"^{_WEEKDAY}{_NAME}\s(?P<day>\d{{1,2}}),?\s(?P<year>\d{{4}}){_TIME_OF_DAY}{_ZONE}$"
    ),
    # 28 Feb 2024 21:05; Mittwoch, 28. Februar 2024 um 21:05; 28 de febrero de 2024, 21:05
    re.compile(
        rf"^{_WEEKDAY}(?P<day>\d{{1,2}})(?:\.|º|er)?[\s-](?:de\s)?{_NAME}[\s-](?:de(?:l)?\s)?(?P<year>\d{{4}}|(?<=-)\d{{2}})(?:\s?г\.)?{_TIME_OF_DAY}{_ZONE}$"
    ),
    # Wed Feb 28 21:05:00 +0000 2024, as C and Twitter write
    re.compile(
        rf"^{_WEEKDAY}{_NAME}\s{{1,2}}(?P<day>\d{{1,2}}){_TIME_OF_DAY}{_ZONE}\s(?P<year>\d{{4}})$"
    ),
)
# 2024年2月28日水曜日 21:05, 2024년 2월 28일 수요일 오후 9:05
_IN_SIGNS = re.compile(
    rf"^(?P<year>\d{{4}})\s?[年년]\s?(?P<month>\d{{1,2}})\s?[月월]\s?(?P<day>\d{{1,2}})\s?[日일]\s?(?:[^\W\d_]{{1,4}}|\([^\W\d_]\))?(?:\sUTC)?{_TIME_OF_DAY}{_ZONE}$"
)
_CENTURY = 2000
"""Added to a year of two digits: no program wrote chats before."""
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")
_SPACE_BEFORE_OFFSET = re.compile(r"(?<=\d)\s(?=[+-]\d{2}:?\d{2}$)")
MAX_RELATIVE = 1e8
"""Seconds from the start of a recording are fewer; more are counted since 1970
(this is in 1973).
"""


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
    if text[:1].isdecimal() and (match := _IN_SIGNS.match(text)):
        return _moment_of_match(match, int(match["month"]))
    for pattern in _WITH_NAMES:
        if match := pattern.match(text):
            month = month_named(match["month"])
            return None if month is None else _moment_of_match(match, month)
    return _number_or_iso(text)


def _number_or_iso(text: str) -> Written | None:
    try:
        at = epoch(_SPACE_BEFORE_OFFSET.sub("", text))
    except ConversationError:
        return None
    if at is None:
        return None
    is_number = text.lstrip("-").replace(".", "", 1).isdecimal()
    return Offset(at) if is_number and abs(at) < MAX_RELATIVE else Moment(at)


def resolved(time: Written, order: DateOrder) -> float | None:
    """Return the seconds of a time, None for a date that is none in this order."""
    return time.seconds(order) if isinstance(time, WrittenTime) else float(time)


def _numbers(match: re.Match[str]) -> WrittenTime:
    date = (match["first"], match["middle"], match["last"])
    clock = (match["hour"], match["minute"], match["second"])
    return WrittenTime.of(date, match["separator"], clock, match["before"] or match["after"])


def _moment_of_match(match: re.Match[str], month: int) -> Moment | None:
    hour = hour_of_day(int(match["hour"] or 0), match["before"] or match["after"])
    try:
        moment = datetime(
            int(match["year"]) + (0 if len(match["year"]) > 2 else _CENTURY), month, int(match["day"]),
            hour, int(match["minute"] or 0), int(match["second"] or 0), tzinfo=UTC,
        )  # fmt: skip
        return Moment((moment - _offset(match["offset"])).timestamp())
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None) -> timedelta:
    """Return the lead of a zone's clock over UTC; a zone that is not written is UTC."""
    if text is None:
        return timedelta()
    after = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return -after if text[0] == "-" else after
