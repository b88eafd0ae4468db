"""The beginning of a WhatsApp message: date and time, as phones of many locales write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

_INVISIBLE = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069\ufeff")
)
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")
_TABLE = _INVISIBLE | _SPACES | {ord("،"): ","}

_AFTERNOON = frozenset(
    {"pm", "p", "م", "下午", "午後", "오후", "晚上", "μμ", "masa", "ms", "nm", "du", "em"}
)
_MORNING = frozenset(
    {"am", "a", "ص", "上午", "午前", "오전", "凌晨", "早上", "πμ", "dop", "fm", "de"}
)
_HALF = (
    r"(?:[AaPp]\.?\s?[Mm]\.?|[AaPp]|[صم]|上午|下午|午前|午後|오전|오후|凌晨|早上|晚上|[πμ]\.?μ\.?)"
)
_STAMP = re.compile(
    rf"^(\[)?(\d{{1,4}})([./\-])\s?(\d{{1,2}})\3\s?(\d{{1,4}})\.?,?\s+(?:(?:à|um|at|às|alle|klo|kl\.?|om)\s+)?"
    rf"({_HALF}\s?)?(\d{{1,2}})[:.](\d{{2}})(?:[:.](\d{{2}}))?(?:\s?({_HALF}))?(?(1)\]\s?|(?:\s[-–—]\s|,\s))(.*)$",
    re.DOTALL,
)  # fmt: skip


class DateOrder(Enum):
    """Which number of a date is what."""

    DAY_MONTH = "day, month, year"
    MONTH_DAY = "month, day, year"
    YEAR_FIRST = "year, month, day"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The numbers before a message, and what follows them. ``hour`` counts to 24."""

    date: tuple[int, int, int]
    hour: int
    minute: int
    second: int
    half_day: bool
    slashes: bool
    rest: str

    def seconds(self, order: DateOrder) -> float | None:
        """Return the wall clock as seconds (as if it were UTC), None for a date that is none."""
        first, second, third = self.date
        if first > 31 or order is DateOrder.YEAR_FIRST:
            year, month, day = first, second, third
        elif order is DateOrder.MONTH_DAY:
            month, day, year = first, second, third
        else:
            day, month, year = first, second, third
        year += 2000 if year < 100 else 0
        try:
            moment = datetime(year, month, day, self.hour, self.minute, self.second, tzinfo=UTC)
        except ValueError:
            return None
        return moment.timestamp()


def plain(line: str) -> str:
    """Return a line without direction marks, with plain spaces and digits.

    Only a line that has such characters pays for it: most have none.
    """
    if line.isascii():
        return line
    return line.translate(_TABLE)


def stamp(line: str) -> Stamp | None:
    """Return the beginning of a message, None where a line begins none."""
    match = _STAMP.match(plain(line))
    if match is None:
        return None
    half = re.sub(r"[\s.]", "", match[6] or match[10] or "").lower()
    hour = int(match[7])
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    return Stamp(
        date=(int(match[2]), int(match[4]), int(match[5])),
        hour=hour,
        minute=int(match[8]),
        second=int(match[9] or 0),
        half_day=bool(half),
        slashes=match[3] == "/",
        rest=match[11],
    )


def date_order(stamps: Iterable[Stamp]) -> DateOrder:
    """Return the order that the dates of a file are in.

    A number above 12 is no month, which decides most files. Where none is, the order in which time
    runs backwards less often is taken; where both run alike, month first for dates with slashes and a
    twelve-hour clock, as phones in the United States write, and day first otherwise.
    """
    first_is_day = second_is_day = 0
    backwards = dict.fromkeys((DateOrder.DAY_MONTH, DateOrder.MONTH_DAY), 0)
    last: dict[DateOrder, float] = {}
    american = False
    for found in stamps:
        if found.date[0] > 31:
            return DateOrder.YEAR_FIRST
        first_is_day += found.date[0] > 12
        second_is_day += found.date[1] > 12
        american = american or (found.half_day and found.slashes)
        for order in backwards:
            at = found.seconds(order)
            if at is not None:
                backwards[order] += at < last.get(order, at)
                last[order] = at
    if first_is_day != second_is_day:
        return DateOrder.DAY_MONTH if first_is_day > second_is_day else DateOrder.MONTH_DAY
    day_first, month_first = backwards[DateOrder.DAY_MONTH], backwards[DateOrder.MONTH_DAY]
    if day_first != month_first:
        return DateOrder.DAY_MONTH if day_first < month_first else DateOrder.MONTH_DAY
    return DateOrder.MONTH_DAY if american else DateOrder.DAY_MONTH
