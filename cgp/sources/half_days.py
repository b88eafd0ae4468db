"""Clocks of twelve hours: the words for the halves of a day in the languages of exports.

The words are from the Unicode CLDR (``dayPeriods``, abbreviated and wide), which phones and
programs write, and the parts of a day that Chinese has besides.
"""

from __future__ import annotations

import re
from enum import Enum


class HalfDay(Enum):
    """Half of a day, or a part of one that is read by a rule of its own."""

    MORNING = "midnight to noon"
    AFTERNOON = "noon to midnight"
    NOON = "eleven to one"
    NIGHT = "evening to after midnight"


# A dot stands for a dot that may be there, with a space after it or not.
_WORDS = {
    HalfDay.MORNING: """
        a.m. a ص ق.ظ. 上午 午前 오전 凌晨 清晨 早上 早晨 半夜 π.μ. पूर्वाह्न পূর্বাহ্ণ முற்பகல் පෙ.ව. म.पू.
        ಪೂರ್ವಾಹ್ನ ਪੂ.ਦੁ. SA de. f.m. v.m. ap. ÖÖ PG TO p.d. dop. пр.об. претпл. ก่อนเที่ยง ጥዋት לפנה"צ לפנה״צ
        ү.ө. priešpiet priekšpusdienā
    """,
    HalfDay.AFTERNOON: """
        p.m. p م ب.ظ. 下午 午後 오후 傍晚 μ.μ. अपराह्न অপরাহ্ণ பிற்பகல் ප.ව. म.उ.
        ಅಪರಾಹ್ನ ਬਾ.ਦੁ. CH du. e.m. n.m. ip. ÖS PTG TK m.d. odp. pop. сл.об. попл. หลังเที่ยง ከሰዓት אחה"צ אחה״צ
        ү.х. popiet pēcpusdienā
    """,
    HalfDay.NOON: "中午",
    HalfDay.NIGHT: "晚上",
}
_LATE_MORNING = 10
"""The first hour that 中午 counts before noon."""


def _plain(word: str) -> str:
    return "".join(c for c in word if not c.isspace() and c != ".").casefold()


_HALVES = {_plain(word): half for half, words in _WORDS.items() for word in words.split()}


def _pattern(word: str) -> str:
    return re.escape(word).replace(r"\.", r"\.?\s?").removesuffix(r"\s?")


HALF_DAY = "(?i:{})".format(
    "|".join(
        _pattern(word) for word in sorted(" ".join(_WORDS.values()).split(), key=len, reverse=True)
    )
)
"""A regular expression of one of them, without a group."""


def hour_of_day(hour: int, half: str | None) -> int:
    """Return the hour from 0 to 23 of an hour as written with the half of the day, if one is."""
    if not half:
        return hour  # most clocks have twenty-four
    part = _HALVES.get(_plain(half))
    if part is HalfDay.NOON:
        return hour + 12 if hour < _LATE_MORNING else hour
    if part in {HalfDay.AFTERNOON, HalfDay.NIGHT} and hour < 12:
        return hour + 12
    return 0 if part in {HalfDay.MORNING, HalfDay.NIGHT} and hour == 12 else hour
