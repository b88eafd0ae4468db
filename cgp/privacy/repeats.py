"""The second pass: every other occurrence of a value that was found, in any spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK, UNSPACED, PlainText, digits_of, plain_text
from cgp.privacy.spoken_numbers import read_out
from cgp.privacy.urls import secrets_of

MIN_CHARACTERS = 3
"""Letters and digits of the shortest value that is looked for again."""

MIN_RESPELLED = 6
"""Letters and digits from which a value counts without the signs between them (555
01 42, 5550142).
"""

MOST_CHARACTERS = 200
"""Letters and digits by which a long value (a key) is told."""

_MIN_LOCAL = 7  # digits of a telephone number without what is dialled before it
_MIN_READ_OUT = 4  # digits of the shortest number that counts where it is read out one by one
_GAP = 3
_UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
_TOKEN = re.compile(rf"[^\W_{UNSPACED}]+|[{UNSPACED}]+")
_ANY_SPELLING = frozenset(
    {
        Kind.PHONE,
        Kind.CARD,
        Kind.BANK,
        Kind.ID,
        Kind.EMAIL,
        Kind.SECRET,
        Kind.WALLET,
        Kind.HANDLE,
        Kind.NETWORK,
    }
)
_SPOKEN_SIGNS = re.compile(
    r"%(?:25){0,2}40|&(?:amp;)?(?:#0{0,4}64|#x0{0,4}40|commat);|\\u0040"
    r"|\b(?:at|dot|underscore|dash|arroba|arobase|chiocciola|punto|ponto|punkt|point|собака|точка)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Value:
    kind: Kind
    exact: str
    any_spelling: bool


class Repeats:
    """Finds values that are known, wherever and however they are written."""

    def __init__(self, values: Iterable[tuple[Kind, str]]) -> None:
        self._values: dict[str, _Value] = {}
        self._unspaced: dict[str, Kind] = {}
        self._beginnings: set[str] = set()
        self._digits = False  # whether a value is a number, which may be told in words
        for kind, value in dict.fromkeys(values):
            self._learn(kind, plain_text(value).text)

    def __bool__(self) -> bool:
        return bool(self._values or self._unspaced)

    def _learn(self, kind: Kind, value: str) -> None:
        if kind is Kind.URL:
            for secret in secrets_of(value):
                self._learn(Kind.SECRET, secret)
        if not value.isascii() and _UNSPACED_LETTER.search(value):
            self._unspaced.setdefault(value, kind)
        for spelling in spellings(kind, value):
            compact = spelling[:MOST_CHARACTERS]
            if len(compact) >= MIN_CHARACTERS and compact not in self._values:
                # Short values stay as they are spelled: "a-b" without its sign is in every text.
                free = kind in _ANY_SPELLING and len(compact) >= MIN_RESPELLED
                self._values[compact] = _Value(kind, value.lower(), free)
                self._digits = self._digits or (len(compact) >= _MIN_READ_OUT and compact.isdigit())
                self._beginnings.update(compact[:length] for length in range(1, len(compact) + 1))

    def find(self, text: str) -> Iterator[Find]:
        """Yield where a text holds one of the values."""
        yield from self.find_plain(plain_text(text))

    def find_plain(self, plain: PlainText) -> Iterator[Find]:
        """Yield where the text of which ``plain`` is the plain form holds one of the values."""
        for start, stop, kind in self._finds_in(plain.text):
            yield Find(*plain.span(start, stop), kind)

    def _finds_in(self, text: str) -> Iterator[Find]:
        lower = text.lower()
        # Writing without spaces has no tokens to walk along, so these are looked for as they are.
        for value, kind in self._unspaced.items():
            place = text.find(value)
            while place >= 0:
                yield Find(place, place + len(value), kind)
                place = text.find(value, place + len(value))
        if not self._beginnings:
            return
        if self._digits:
            for number in read_out(text):
                if (digits_value := self._values.get(number.digits)) is not None:
                    yield Find(number.start, number.stop, digits_value.kind)
        tokens = [match.span() for match in _TOKEN.finditer(lower)]
        position = 0
        while position < len(tokens):
            last, known_kind = self._walk(lower, tokens, position)
            if known_kind is not None:
                yield Find(tokens[position][0], tokens[last][1], known_kind.kind)
            position = last + 1

    def _walk(
        self, lower: str, tokens: list[tuple[int, int]], position: int
    ) -> tuple[int, _Value | None]:
        """Return the longest value that begins with a token, and the token that it ends with."""
        start, stop = tokens[position]
        compact = lower[start : min(stop, start + MOST_CHARACTERS)]
        best: tuple[int, _Value | None] = (position, None)
        last = position
        while compact in self._beginnings:
            value = self._values.get(compact)
            # "4827" is read out as "4 8 2 7".
            is_read_out = len(compact) == last - position + 1 >= _MIN_READ_OUT
            if value is not None and (
                value.any_spelling
                or lower[start : tokens[last][1]] == _bare(value.exact)
                or (is_read_out and compact.isdigit())
            ):
                best = (last, value)
            last += 1
            if last == len(tokens) or tokens[last][0] - tokens[last - 1][1] > _GAP:
                break
            if BREAK in lower[tokens[last - 1][1] : tokens[last][0]]:
                break
            compact += lower[tokens[last][0] : tokens[last][1]]
            compact = compact[:MOST_CHARACTERS]
        return best


def spellings(kind: Kind, value: str) -> Iterator[str]:
    """Yield the letters and digits of a value, lower case, as it may be written elsewhere.

    The first is its normal form.
    """
    value = plain_text(value).text
    main = normal_value(kind, value)
    yield main
    as_written = _compact(value)
    if as_written != main:
        yield as_written
    if kind is Kind.ID and len(digits_of(value)) >= MIN_RESPELLED and digits_of(value) != main:
        yield digits_of(value)
    if kind is Kind.PHONE and len(digits_of(value)) >= _MIN_LOCAL:
        yield from _dial_forms(value)
    # Four words at least are a number that is told, and most values have none.
    numbers = list(read_out(value)) if value.count(" ") >= _MIN_READ_OUT - 1 else []
    if len(numbers) == 1 and numbers[0][:2] == (0, len(value)) and not numbers[0].has_tens:
        yield numbers[0].digits


def normal_value(kind: Kind, value: str) -> str:
    """Return a value's normal form: equal for one value in several spellings.

    Letters and digits in lower case; of an e-mail address without the words that stand for signs.
    """
    if kind is Kind.EMAIL:
        value = _SPOKEN_SIGNS.sub(" ", value)
    return _compact(value) or value


def _compact(value: str) -> str:
    return "".join(_TOKEN.findall(value.lower()))


def _bare(value: str) -> str:
    return value.strip("".join({c for c in value if not c.isalnum()}))


def _dial_forms(value: str) -> Iterator[str]:
    """Yield a telephone number's digits with and without its dialling prefix."""
    digits = digits_of(value)
    bare_value = value.lstrip("( ")
    if bare_value.startswith(("+", "00")):
        national = digits.removeprefix("00") if bare_value.startswith("00") else digits
        yield national
        for length in (1, 2, 3):
            rest = national[length:].lstrip("0")
            if len(rest) >= _MIN_LOCAL + 1:
                yield rest
                yield f"0{rest}"
    elif digits.startswith("0"):
        yield digits[1:]
    else:
        yield f"0{digits}"
