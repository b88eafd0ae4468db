"""Order of day and month in written dates, found from all dates of a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import Enum
from functools import lru_cache

from cgp.sources.calendars import gregorian
from cgp.sources.half_days import hour_of_day


class DateOrder(Enum):
    """Order of the numbers of a date."""

    DAY_MONTH = "day, month, year"
    MONTH_DAY = "month, day, year"
    YEAR_FIRST = "year, month, day"


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """The three numbers of a date as written, and the time of day. ``hour`` counts to 24.

    ``american`` says that it is written as in the United States and hardly elsewhere: slashes, no
    leading zero, AM or PM in capitals, a year of two digits. ``weekday`` is the one written beside
    the date, Monday 0.
    """

    date: tuple[str, str, str]
    hour: int = 0
    minute: int = 0
    second: int = 0
    american: bool = False
    weekday: int | None = None

    @classmethod
    def of(
        cls,
        date: tuple[str, str, str],
        separator: str,
        clock: tuple[str | None, str | None, str | None],
        half: str | None,
        year_digits: int = 2,
    ) -> WrittenTime:
        """Return a time from its parts as they are written; a clock without digits is midnight.

        ``year_digits`` is the number of digits that a year has where it is written as in the United
        States.
        """
        hour, minute, second = int(clock[0] or 0), int(clock[1] or 0), int(clock[2] or 0)
        # As phones of the United States write it: 1/31/24, 2:05 PM.
        american = (
            half is not None
            and separator == "/"
            and half.strip() in {"AM", "PM"}
            and not (date[0].startswith("0") or date[1].startswith("0"))
            and len(date[2]) == year_digits
        )
        return cls(date, hour_of_day(hour, half), minute, second, american)

    @property
    def year_first(self) -> bool:
        """True if the first number can only be a year."""
        return len(self.date[0]) > 2 or int(self.date[0]) > 31

    def fits_weekday(self, order: DateOrder) -> bool:
        """Tell if the date is on the weekday that is written beside it."""
        at = None if self.weekday is None else self.seconds(order)
        return at is not None and datetime.fromtimestamp(at, UTC).weekday() == self.weekday

    def seconds(self, order: DateOrder) -> float | None:
        """Return the wall clock as seconds (as if it were UTC), None for a date that is none."""
        midnight = _midnight(self.date, order)
        if midnight is None or self.hour > 23 or self.minute > 59 or self.second > 59:
            return None
        return midnight + self.hour * 3600 + self.minute * 60 + self.second


@lru_cache(maxsize=4096)  # messages of a day follow one another
def _midnight(written: tuple[str, str, str], order: DateOrder) -> float | None:
    """Return the beginning of a day in seconds (as if in UTC), None for a date that is none."""
    first, second, third = written
    if len(first) > 2 or (order is DateOrder.YEAR_FIRST and len(third) <= 2):
        year, month, day = first, second, third
    elif order is DateOrder.MONTH_DAY:
        month, day, year = first, second, third
    else:
        day, month, year = first, second, third
    moment = gregorian(int(year), int(month), int(day), short=len(year) <= 2)
    return None if moment is None else datetime.combine(moment, time(), UTC).timestamp()


def date_order(times: Iterable[WrittenTime]) -> DateOrder:
    """Return the order that the dates of a file are in.

    Most dates decide, since one may be damaged: a number above 31 that comes first is a year, and
    one above 12 is not a month, which decides most files. Where none is, the weekdays beside the
    dates decide. Where there are none, the order in which time runs backwards less often is taken.
    Where both run alike, month first if all are written as in the United States, and day first
    otherwise.
    """
    first_is_day = second_is_day = first_is_year = number = american = 0
    backwards = dict.fromkeys((DateOrder.DAY_MONTH, DateOrder.MONTH_DAY), 0)
    weekdays = dict(backwards)
    last: dict[DateOrder, float] = {}
    for date in times:
        number += 1
        # It says nothing of day and month, and would spoil the count of both.
        if date.year_first:
            first_is_year += 1
            continue
        first_is_day += int(date.date[0]) > 12
        second_is_day += int(date.date[1]) > 12
        american += date.american
        if first_is_day != second_is_day:
            continue  # the numbers decide, as in most files; what follows is for the others
        for order in backwards:
            at = date.seconds(order)
            weekdays[order] += date.fits_weekday(order)
            if at is not None:
                backwards[order] += at < last.get(order, at)
                last[order] = at
    # More than half: a damaged date may begin with anything.
    if first_is_year > number - first_is_year:
        return DateOrder.YEAR_FIRST
    if first_is_day != second_is_day:
        return DateOrder.DAY_MONTH if first_is_day > second_is_day else DateOrder.MONTH_DAY
    on_day, on_month = weekdays[DateOrder.DAY_MONTH], weekdays[DateOrder.MONTH_DAY]
    if on_day != on_month:
        return DateOrder.DAY_MONTH if on_day > on_month else DateOrder.MONTH_DAY
    day_first, month_first = backwards[DateOrder.DAY_MONTH], backwards[DateOrder.MONTH_DAY]
    if day_first != month_first:
        return DateOrder.DAY_MONTH if day_first < month_first else DateOrder.MONTH_DAY
    return (
        DateOrder.MONTH_DAY
        if number and american == number - first_is_year
        else DateOrder.DAY_MONTH
    )
