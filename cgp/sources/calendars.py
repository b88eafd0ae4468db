"""Years of other calendars than the Gregorian one, as phones write them in their exports.

The Persian (Solar Hijri) calendar is computed with its cycle of 33 years, exact for the years
1244 to 1472. The Islamic (lunar Hijri) one is the tabular calendar, which is at most a day away
from what is announced. Buddhist and Minguo years differ from Gregorian ones by a constant only.
"""

from __future__ import annotations

from datetime import date, timedelta

_PERSIAN_START = (1400, date(2021, 3, 21))
_PERSIAN_LEAP = frozenset({1, 5, 9, 13, 17, 22, 26, 30})  # years of the cycle of 33
_PERSIAN_YEARS = range(1380, 1416)  # 2001 to 2036
_ISLAMIC_START = (1445, date(2023, 7, 19))
_ISLAMIC_YEARS = range(1416, 1470)  # 1995 to 2047
_BUDDHIST_YEARS = range(2540, 2600)
_BUDDHIST_OFFSET = 543
_MINGUO_YEARS = range(98, 140)  # 2009 to 2050
_MINGUO_OFFSET = 1911
_FIRST_BUDDHIST_SHORT = 50
"""Two-digit years from here on are Buddhist ones: no chat of 2050 exists, and none of 1950."""


def gregorian(year: int, month: int, day: int, *, short: bool = False) -> date | None:
    """Return the date, None for one that is none. ``short`` says that the year has two digits."""
    if short:
        year += 2000 if year < _FIRST_BUDDHIST_SHORT else 2500
    if year in _PERSIAN_YEARS:
        return _persian(year, month, day)
    if year in _ISLAMIC_YEARS:
        return _islamic(year, month, day)
    if year in _BUDDHIST_YEARS:
        year -= _BUDDHIST_OFFSET
    elif year in _MINGUO_YEARS:
        year += _MINGUO_OFFSET
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _persian(year: int, month: int, day: int) -> date | None:
    days = [31] * 6 + [30] * 5 + [30 if year % 33 in _PERSIAN_LEAP else 29]
    if not (1 <= month <= 12 and 1 <= day <= days[month - 1]):
        return None
    first, start = _PERSIAN_START
    years = range(min(year, first), max(year, first))
    days_before = sum(366 if earlier_year % 33 in _PERSIAN_LEAP else 365 for earlier_year in years)
    days_before = days_before if year >= first else -days_before
    return start + timedelta(days=days_before + sum(days[: month - 1]) + day - 1)


def _islamic(year: int, month: int, day: int) -> date | None:
    def leap(any_year: int) -> bool:
        return (11 * any_year + 14) % 30 < 11

    days = [30, 29] * 6
    days[11] += leap(year)
    if not (1 <= month <= 12 and 1 <= day <= days[month - 1]):
        return None
    first, start = _ISLAMIC_START
    years = range(min(year, first), max(year, first))
    days_before = sum(354 + leap(earlier_year) for earlier_year in years)
    days_before = days_before if year >= first else -days_before
    return start + timedelta(days=days_before + sum(days[: month - 1]) + day - 1)
