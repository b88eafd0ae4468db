"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cgp.privacy import checksums
from cgp.privacy.context import NOT_PERSONAL, is_said, said_before
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import digits_of

_DIGIT_RUN = re.compile(r"(?<![\w./-])(?<!\d,)\d(?:[ -]?\d)+(?!\w)")
_GROUP = re.compile(r"\d+")
_CARD_GROUPS = frozenset(
    {(14,), (15,), (16,), (17,), (18,), (19,), (8, 8), (6, 13), (4, 6, 5), (4, 6, 4)}
    | {(4, 4, 4, 4, *rest) for rest in ((), (1,), (2,), (3,))}
)
_CARD_SAID = said_before(
    r"(?:credit|debit|visa|master|bank|gift)? ?card\w*", r"tarjeta\w*", r"kart\w*", r"kredit\w*",
    r"carte\w*", r"cart[aã]o\w*", r"cart[ae]\b",
)  # fmt: skip

# Issuer prefixes and lengths (ISO/IEC 7812; the networks' public ranges).
_ISSUERS = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}"
    r"|62\d{14,17}|(?:5[06-8]|6[0379])\d{14,17}"
)


def find_cards(text: str, start: int, stop: int) -> Iterator[Find]:
    """Yield the payment cards in ``text[start:stop]`` (plain text): issuer, length, grouping, Luhn."""
    for run in _DIGIT_RUN.finditer(text, start, stop):
        if run.end() - run.start() >= 14:
            yield from _cards_in(text, run)


def _cards_in(text: str, run: re.Match[str]) -> Iterator[Find]:
    groups = [match.span() for match in _GROUP.finditer(text, run.start(), run.end())]
    first = 0
    while first < len(groups):
        last = _card_end(text, groups, first)
        if last > first and not is_said(NOT_PERSONAL, text, groups[first][0]):
            yield Find(groups[first][0], groups[last - 1][1], Kind.CARD)
        first = max(last, first + 1)


def _card_end(text: str, groups: list[tuple[int, int]], first: int) -> int:
    """Return the number of the group after the card that begins with group ``first``, else 0."""
    read_out = groups[first][1] - groups[first][0] == 1
    # Digit by digit, a card is one only where that was said just before.
    if read_out and (first > 0 or not is_said(_CARD_SAID, text, groups[0][0])):
        return 0
    sizes: list[int] = []
    count = 0
    for last in range(first, min(first + 19, len(groups))):
        begin, end = groups[last]
        sizes.append(end - begin)
        count += end - begin
        if count > 19:
            break
        grouped = len(sizes) == count if read_out else tuple(sizes) in _CARD_GROUPS
        if count >= 14 and grouped and _is_card(digits_of(text[groups[first][0] : end])):
            return last + 1
    return 0


def _is_card(digits: str) -> bool:
    return _ISSUERS.fullmatch(digits) is not None and checksums.luhn(digits)


_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d\d(?=[ -]?[A-Za-z0-9]{2})")
_IBAN_SEPARATORS = " -"


def find_accounts(text: str, start: int, stop: int) -> Iterator[Find]:
    """Yield the bank accounts in ``text[start:stop]`` (plain text): IBANs and national forms."""
    for match in _IBAN_START.finditer(text, start, stop):
        end = _iban_end(text, match.start())
        if end:
            yield Find(match.start(), end, Kind.BANK)
    for form in _FORMS:
        for match in form.pattern.finditer(text, start, stop):
            number = re.sub(r"[ .-]", "", match.group())
            if form.check(number) and is_said(form.context, text, match.start()):
                yield Find(*match.span(), Kind.BANK)


def _iban_end(text: str, start: int) -> int:
    """Return where the IBAN at ``start`` ends, 0 if there is none."""
    length = checksums.IBAN_LENGTHS.get(text[start : start + 2].upper(), 0)
    letters: list[str] = []
    position = start
    while len(letters) < length and position < len(text):
        character = text[position]
        if character.isascii() and character.isalnum():
            letters.append(character.upper())
        elif character not in _IBAN_SEPARATORS or text[position - 1] in _IBAN_SEPARATORS:
            return 0
        position += 1
    ends_here = position == len(text) or not text[position].isalnum()
    return position if letters and ends_here and checksums.iban("".join(letters)) else 0


@dataclass(frozen=True)
class _Form:
    """A national form of account numbers, which counts only where words say so."""

    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    context: re.Pattern[str]


def _any_number(number: str) -> bool:
    return len(set(number)) > 1


_ACCOUNT_SAID = said_before(
    r"(?:bank |checking |savings )?account(?: number| no)?\b", r"acct\b", r"kontonummer\b", r"konto\b",
    r"cuenta\b", r"n[uú]mero de cuenta\b", r"num[eé]ro de compte\b", r"compte\b", r"conta\b", r"conto\b",
    gap=16,
)  # fmt: skip
_FORMS = (
    _Form(
        re.compile(r"(?<![\w.,/-])\d{9}(?![\w-]|[.,]\d)"),
        checksums.routing,
        said_before(r"routing\b", r"aba\b", r"rtn\b"),
    ),
    _Form(
        re.compile(r"(?<![\w.,/-])\d{18}(?!\w)"),
        checksums.clabe,
        said_before(r"clabe\b", r"cuenta\b"),
    ),
    _Form(
        re.compile(r"(?<![\w.,/-])\d{4}[ -]?\d{4}[ -]?\d\d[ -]?\d{10}(?!\w)"),
        checksums.spanish_account,
        said_before(r"cuenta\b", r"ccc\b", r"account\b"),
    ),
    _Form(
        re.compile(r"(?<![\w.,/-])\d\d-\d\d-\d\d(?![\w-])"),
        _any_number,
        said_before(r"sort[ -]code\b"),
    ),
    _Form(
        re.compile(r"(?<![\w.,/-])\d{6,12}(?:-[\dXx])?(?![\w-]|[.,]\d)"), _any_number, _ACCOUNT_SAID
    ),
)
