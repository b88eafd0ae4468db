"""The beginning of a WhatsApp message: date and time, as phones of many locales write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cgp.sources.date_orders import WrittenTime
from cgp.sources.half_days import HALF_DAY

_INVISIBLE = dict.fromkeys(
    map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069\ufeff")
)
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")
_TABLE = _INVISIBLE | _SPACES | {ord("،"): ","}

_DATE = r"(\d{1,4})([./\-])\s?(\d{1,2}){separator}\s?(\d{1,4})\.?(?:\s?г\.)?"
"""A date; ``{separator}`` stands for the first sign between its numbers, which comes again."""
_JOIN = r",?\s+(?:(?:à|um|at|às|alle|klo|kl\.?|om|u|в)\s+)?"
_TIME = (
    rf"({HALF_DAY}\s?)?(\d{{1,2}})[:.](\d{{2}})(?:[:.](\d{{2}}))?(?:\s?({HALF_DAY}))?(?:\s?ч\.)?"
)
_DATE_FIRST = _DATE.replace("{separator}", r"\3")
_STAMP = re.compile(
    rf"^(\[)?{_DATE_FIRST}{_JOIN}{_TIME}(?(1)\]\s?|(?:\s[-–—]\s|,\s|:\s(?=[^:\n]{{1,100}}:)))(.*)$",
    re.DOTALL,
)
# Copied out of WhatsApp Web, the time stands first: "[10:01 AM, 1/5/2024] Name: words".
_DATE_LAST = _DATE.replace("{separator}", r"\7")
_WEB_STAMP = re.compile(rf"^\[{_TIME},\s{{1,2}}{_DATE_LAST}\]\s?(.*)$", re.DOTALL)
_YEAR_DIGITS, _YEAR_DIGITS_OF_WEB = 2, 4
# A date with the name of a month, a time with another sign in it, and a bracket, a dash or nothing
# but a name with its colon after them; or a date without a year, with all the rest.
_LIKE_A_STAMP = re.compile(
    r"^\s{0,2}\[?(?:\d{1,4}[./\-]\s?(?:\d{1,2}|[^\W\d]{3,9})[./\-]\s?\d{1,4}\D{1,20}\d{1,2}[:.\-]\d{2}"
    r"(?:[^\]\n]{0,20}?(?:\]|\s[-–—]\s)|[:.\d]{0,3}(?:\s?[AaPp]\.?[Mm]\.?)?\s[^:\d\n]{1,40}:\s)"
    r"|\d{1,2}[./\-]\d{1,2},?\s\d{1,2}[:.]\d{2}(?:\s[-–—]|\])\s[^:\n]{1,60}:\s"
    r"|\d{1,2}[:.]\d{2}[^\]\d\n]{0,10},\s[^\]\s]{4,14}\]\s[^:\n]{1,60}:\s)"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The date and time before a message, and the text after them."""

    time: WrittenTime
    rest: str

    @property
    def written(self) -> str:
        """The date and the time of day, in the order in which they are written."""
        return f"{'/'.join(self.time.date)} {self.time.hour:02}:{self.time.minute:02}"


def plain(line: str) -> str:
    """Return a line without direction marks, with plain spaces.

    Only a line that has such characters pays for it: most have none.
    """
    if line.isascii():
        return line
    return line.translate(_TABLE)


def stamp(line: str) -> Stamp | None:
    """Return the beginning of a message, None where a line begins none."""
    text = plain(line)
    match = _STAMP.match(text)
    if match is not None:
        date, clock = (match[2], match[4], match[5]), (match[7], match[8], match[9])
        half = match[6] or match[10]
        return Stamp(WrittenTime.of(date, match[3], clock, half, _YEAR_DIGITS), match[11])
    match = _WEB_STAMP.match(text)
    if match is None:
        return None
    date, clock = (match[6], match[8], match[9]), (match[2], match[3], match[4])
    half = match[1] or match[5]
    return Stamp(WrittenTime.of(date, match[7], clock, half, _YEAR_DIGITS_OF_WEB), match[10])


def looks_like_stamp(line: str) -> bool:
    """Tell if a line begins as a message does, in a way that is not understood."""
    return _LIKE_A_STAMP.match(plain(line)) is not None
