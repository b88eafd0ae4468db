"""Dates of birth: a date after a word that says that somebody was born then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from cgp.privacy.context import Context, said_before
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind

_MONTHS = (
    r"jan\w*|feb\w*|mar\w*|apr\w*|ma[yiïj]\w*|jun\w*|jul\w*|aug\w*|sep\w*|okt\w*|oct\w*|nov\w*|de[czs]\w*|m[äa]r\w*|f[ée]v\w*|avr\w*|"
    r"ao[uû]t\w*|ene\w*|abr\w*|ago\w*|dic\w*|set\w*|out\w*|dez\w*|genn\w*|giu\w*|lug\w*|ott\w*|m(?:aart|ei)|stycz\w*|lut\w*|"
    r"kwie\w*|czerw\w*|lip\w*|sierp\w*|wrze\w*|pa[źz]d\w*|list\w*|grud\w*|янв\w*|фев\w*|мар\w*|апр\w*|ма[йя]\w*|июн\w*|июл\w*|"
    r"авг\w*|сен\w*|окт\w*|ноя\w*|дек\w*|oca\w*|[şs]ub\w*|nis\w*|haz\w*|tem\w*|eyl\w*|eki\w*|kas\w*|ara\w*|يناير|فبراير|مارس|أبريل|"
    r"مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر|जनवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर"
)
_NUMBER = LatePattern(r"(?<![\d.,/-])\d{1,8}", re.ASCII)
_DATE = LatePattern(
    r"(?:\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?(?:\d{4}|\d\d)|(?:19|20)\d\d ?[./-] ?\d{1,2} ?[./-] ?\d{1,2}"
    r"|\d{1,2} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日|(?:19|20)\d\d ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일]|\d{1,2}月\d{1,2}日|(?:19|20)\d{6}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|º|o|[.])?(?: (?:of|de|di|del))? (?:{_MONTHS})[.,]?(?: (?:of|de|del))? ?(?:(?:19|20)?\d\d)?"
    r"|\d{1,2}(?:st|nd|rd|th)?(?:,? (?:19|20)\d\d)?)(?![\d/])",
    re.IGNORECASE,
)
_MONTH_BEFORE = LatePattern(rf"(?<![^\W])(?:{_MONTHS}) (?:the )?\Z", re.IGNORECASE)
_DAY_ONLY = LatePattern(r"\d{1,2}(?:st|nd|rd|th)?(?:,? (?:19|20)\d\d)?", re.IGNORECASE)
_MOST_MONTH = 16
BIRTH = said_before(
    r"dob\b", r"d[.]o[.]b\b", r"dates? of birth\b", r"birth ?dates?\b", r"birthdays?\b", r"bday\b", r"born\b", r"geboren\b",
    r"geb\b", r"geburts\w+", r"naissance\b", r"n[ée]e?s?\b(?: le)?", r"anniversaire\b", r"nacimiento\b", r"nac[íi](?:do|da)?\b",
    r"cumplea[ñn]os\b", r"nascimento\b", r"nasc(?:i|ido|ida)\b", r"anivers[áa]rio\b", r"nascita\b", r"nat[oa]\b", r"compleanno\b",
    r"geboortedatum\b", r"verjaardag\b", r"urodz\w*", r"dat\w* urodzenia\b", r"рожд\w*", r"родил\w*", r"народ\w*", r"народж\w*",
    r"do[ğg]um\w*", r"do[ğg]du\w*", r"f[öo]delse\w*", r"f[öo]dd\b", r"f[øo]dt\b", r"f[øo]dsels\w*", r"تاريخ الميلاد", r"ميلاد\w*",
    r"مواليد", r"ولدت", "जन्म", "出生", "生日", "生年月日", "誕生日", "生まれ", "생년월일", "생일", "출생", r"ngày sinh\b", r"sinh\b",
    r"tanggal lahir\b", r"lahir\b", "วันเกิด", "เกิด", r"γ[έε]νν\w*", r"narozen\w*", r"syntym\w*", "תאריך לידה", gap=24,
)  # fmt: skip
"""Words that say that somebody was born on a date."""

_LONG_AGO = LatePattern(r",? ?1[0-8]\d\d(?!\d)", re.ASCII)
"""A year behind the day in which nobody was born who lives."""

_ERAS = frozenset({"明治", "大正", "昭和", "平成", "令和"})
"""Eras by which years are counted in Japan."""

# None of these is ASCII.
_BORN_AFTER = LatePattern(r" ?(?:生まれ|生まれです|出生|年生|년생|생|doğumlu|yılında doğd)")


def find_dates_of_birth(
    text: str, start: int, stop: int, contexts: AbstractSet[Context]
) -> Iterator[Find]:
    """Yield the dates of birth in ``text[start:stop]`` (plain text), with no other contexts than
    ``contexts``.
    """
    if BIRTH not in contexts and text.isascii():
        return
    for number in _NUMBER.finditer(text, start, stop):
        match = _DATE.match(text, number.start())
        if match is None:
            continue
        begin = number.start()
        if _DAY_ONLY.fullmatch(match.group()):
            # "May 20, 1963": a month's name makes a date of a day.
            month = _MONTH_BEFORE.search(text, max(0, begin - _MOST_MONTH), begin)
            if month is None:
                continue
            begin = month.start()
        if _LONG_AGO.match(text, match.end()):
            continue
        if text[max(0, begin - 2) : begin] in _ERAS:
            begin -= 2
        if BIRTH.is_said(text, begin) or _BORN_AFTER.match(text, match.end()):
            yield Find(begin, match.start() + len(match.group().rstrip(" ,.")), Kind.BIRTH)
