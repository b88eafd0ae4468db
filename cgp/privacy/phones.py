"""Telephone numbers: international, and as people write them at home in many countries.

Where the form alone could be a plain number (nine digits, ten digits in a row), words before it
must say that it is a telephone number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from cgp.privacy.context import Context
from cgp.privacy.number_words import NOT_PERSONAL, PHONE
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import digits_of

_BEFORE = r"(?<![\w/=#$€£¥^+-])(?<!\d[.,:])"
_AFTER = r"(?![\w%€$£°]|[.,:/-]\d| ?[%€$£°])"

# Country calling codes, ITU-T E.164 (one, two and three digits).
_CODES = """1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63
    64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228
    229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252
    253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352
    353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389
    420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670
    672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852
    853 855 856 870 880 881 882 883 886 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975
    976 977 979 992 993 994 995 996 998"""
_CALLING_CODES = frozenset(_CODES.split())

# ASCII: after ``plain_text`` all digits are, and letters of other scripts may stand right against
# them.
_INTERNATIONAL = re.compile(
    r"(?<![\w+=-])(?<!\d[.,])(?:\(?\+ ?|\(?00[ -]?|wa\.me/|tel:)\(?"
    r"(?P<number>[1-9](?:[ ()./-]{0,3}\d){6,14})(?!\d)",
    re.ASCII,
)
_NORTH_AMERICAN = re.compile(
    _BEFORE + r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}(?![\w-]|[.,]\d)"
    r"(?: ?(?:x|ext\.?) ?\d{1,5}(?!\w))?",
    re.ASCII,
)
_TRUNK = re.compile(_BEFORE + r"\(?0[1-9](?:[ ()/.-]{0,3}\d){6,10}" + _AFTER, re.ASCII)
_NATIONAL = re.compile(
    _BEFORE + r"(?:"
    r"[6-9]\d\d([ -])\d\d\1\d\d\1\d\d"  # Spain
    r"|\([1-9]\d\) ?9?\d{4}-?\d{4}|[1-9]\d 9\d{4}-\d{4}"  # Brazil
    r"|8[ -]?\(9\d\d\) ?\d{3}[ -]?\d\d[ -]?\d\d|8[ -]9\d\d[ -]\d{3}[ -]\d\d[ -]\d\d"  # Russia
    r"|\([3489]\d\d\) ?\d{3}-\d\d-\d\d"  # Russia, without the 8
    r"|1[3-9]\d([ -])\d{4}\2\d{4}"  # China
    r"|[6-9]\d{4}[ -]\d{5}"  # India
    r"|0\d[ -]\d{3}[ -]\d{4}|0\d\d[ -]\d{3}[ -]\d{4}"  # Thailand, Israel
    r")" + _AFTER,
    re.ASCII,
)
_ANY_NUMBER = re.compile(_BEFORE + r"\(?\d(?:[ ()/.-]{0,2}\d){5,12}" + _AFTER, re.ASCII)

# Mobile numbers in one run, where the text around them is in the language of the country.
_BARE = re.compile(_BEFORE + r"(?:1[3-9]\d{9}|[78]9\d{9})" + _AFTER, re.ASCII)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# Letters near a number tell its country where the number alone does not.
_AROUND = 40

_DATE = re.compile(
    r"\(?(?:\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)\d\d|(?:19|20)\d\d[./ -]\d{1,2}[./ -])"
)
_ROUND = re.compile(r"\d{1,3}0 ?- ?\d{1,3}0")  # from 400 to 500
_YEARS = re.compile(r"\(?(?:19|20)\d\d[ /-]+(?:19|20)?\d\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_TRUNK_MOBILE = re.compile(
    r"0(?:[67]\d{8}|7\d{9}|1[567]\d{8,9}|4\d{8}|[789]0\d{8}|10\d{8}|[6-9]\d{9})"
)


def find_phones(text: str, start: int, stop: int, contexts: AbstractSet[Context]) -> Iterator[Find]:
    """Yield the telephone numbers that begin in ``text[start:stop]`` (plain text), with no other
    contexts than ``contexts``.
    """
    for pattern, is_phone in _FORMS if PHONE in contexts else _FORMS_THAT_TELL:
        for match in pattern.finditer(text, start, stop):
            if is_phone(text, match):
                yield _find(match)


def _is_no_other(text: str, match: re.Match[str]) -> bool:
    return not NOT_PERSONAL.overrules(PHONE, text, match.start())


def _is_at_home(text: str, match: re.Match[str]) -> bool:
    """Tell if the text around a bare number is Chinese (a 1 first) or Russian (a 7 or 8)."""
    script = _CHINESE if match.group()[0] == "1" else _CYRILLIC
    return script.search(text, max(0, match.start() - _AROUND), match.end() + _AROUND) is not None


def _find(match: re.Match[str]) -> Find:
    """Return the find without an opening bracket that the number does not close."""
    value = match.group()
    return Find(
        match.start() + (value.startswith("(") and ")" not in value), match.end(), Kind.PHONE
    )


def _is_international(match: re.Match[str]) -> bool:
    digits = digits_of(match.group("number"))
    if "00" in match.group()[:3] and _DATE.match(match.group()):
        return False
    if digits.endswith("00000") or len(digits) < 9:
        return False
    if digits.startswith("1"):
        return len(digits) >= 11 and digits[1] not in "01"
    return any(digits[:length] in _CALLING_CODES for length in (1, 2, 3))


def _is_trunk(value: str) -> bool:
    """Tell if a number that begins with 0 is grouped as telephone numbers are."""
    if _DATE.match(value):
        return False
    groups = re.findall(r"\d+", value)
    sizes = [len(group) for group in groups]
    if len(groups) == 1:
        return _TRUNK_MOBILE.fullmatch(groups[0]) is not None
    if set(sizes) == {2}:
        return len(sizes) == 5
    if sizes[0] == 2 and set(sizes[1:]) == {3}:
        return len(sizes) == 4
    return 9 <= sum(sizes) <= 12 and sizes[0] <= 5 and len(sizes) <= 5 and min(sizes) >= 2


def _could_be_phone(value: str) -> bool:
    """Tell if a number said to be a telephone's is not a date, years, an amount or too short.

    Six digits are enough for a local number in one or two groups.
    """
    if len(digits_of(value)) < 7 and not re.fullmatch(
        r"\d{2,3}[ -]?\d{3,4}|\d\d[ -]\d\d[ -]\d\d", value
    ):
        return False
    return not (
        _ROUND.fullmatch(value)
        or _DATE.match(value)
        or _YEARS.match(value)
        or _THOUSANDS.fullmatch(value)
        or digits_of(value).endswith("0000")
    )


_Forms = tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], bool]], ...]

_FORMS_THAT_TELL: _Forms = (
    (_INTERNATIONAL, lambda _, match: _is_international(match)),
    (_NORTH_AMERICAN, _is_no_other),
    (_NATIONAL, _is_no_other),
    (_TRUNK, lambda text, match: _is_trunk(match.group()) and _is_no_other(text, match)),
    (_BARE, lambda text, match: _is_at_home(text, match) and _is_no_other(text, match)),
)
"""Each form with the test that makes a number of it a telephone number."""

_FORMS: _Forms = (
    *_FORMS_THAT_TELL,
    (
        _ANY_NUMBER,
        lambda text, match: (
            _could_be_phone(match.group()) and PHONE.is_nearer(NOT_PERSONAL, text, match.start())
        ),
    ),
)
"""The same, and the form that counts only after a word for a telephone number."""
