"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from stdnum import iban, luhn, numdb
from stdnum.ar import cbu
from stdnum.es import ccc
from stdnum.us import rtn

from cgp.privacy.context import Context, said_before
from cgp.privacy.emails import local_start
from cgp.privacy.number_words import ACCOUNT, NOT_PERSONAL
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import digits_of

_DIGIT_RUN = re.compile(r"(?<![\w./-])(?<!\d,)\d(?:[ .-]?\d)+(?!\w)", re.ASCII)
_GROUP = re.compile(r"\d+")
_CARD_GROUPS = frozenset(
    {(14,), (15,), (16,), (17,), (18,), (19,), (8, 8), (6, 13), (4, 6, 5), (4, 6, 4)}
    | {(4, 4, 4, 4, *rest) for rest in ((), (1,), (2,), (3,))}
)
_CARD_SAID = said_before(
    r"(?:credit|debit|visa|master|bank|gift)? ?card\w*", r"tarjeta\w*", r"kart\w*", r"kredit\w*",
    r"carte\w*", r"cart[ãa]o\w*", r"cart[ae]\b", r"visa\b", r"mastercard\b", r"amex\b", r"карт\w*",
    "卡号", "卡號", "信用卡", "カード", "카드", "บัตร", "कार्ड", r"بطاق\w*", r"thẻ\b", r"kort\w*",
)  # fmt: skip

# Issuer prefixes and lengths (ISO/IEC 7812; the networks' public ranges).
_ISSUERS = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}"
    r"|62\d{14,17}|(?:5[06-8]|6[0379])\d{14,17}"
)


def find_cards(text: str, start: int, stop: int, _: AbstractSet[Context]) -> Iterator[Find]:
    """Yield the payment cards in ``text[start:stop]`` (plain text): issuer, length,
    grouping, Luhn.
    """
    for run in _DIGIT_RUN.finditer(text, start, stop):
        if run.end() - run.start() >= 14:
            yield from _cards_in(text, run)


def _cards_in(text: str, run: re.Match[str]) -> Iterator[Find]:
    groups = [match.span() for match in _GROUP.finditer(text, run.start(), run.end())]
    first = 0
    while first < len(groups):
        last = _card_end(text, groups, first)
        if last > first and not NOT_PERSONAL.overrules(_CARD_SAID, text, groups[first][0]):
            yield Find(groups[first][0], groups[last - 1][1], Kind.CARD)
        first = max(last, first + 1)


def _card_end(text: str, groups: list[tuple[int, int]], first: int) -> int:
    """Return the number of the group after the card that begins with group ``first``, else 0."""
    read_out = groups[first][1] - groups[first][0] == 1
    # Digit by digit, a card is one only where that was said just before.
    if read_out and (first > 0 or not _CARD_SAID.is_said(text, groups[0][0])):
        return 0
    sizes: list[int] = []
    count = 0
    # A card number has at most 19 digits, so no more groups can belong to it.
    for last in range(first, min(first + 19, len(groups))):
        begin, end = groups[last]
        sizes.append(end - begin)
        count += end - begin
        if count > 19:
            break
        is_grouped = len(sizes) == count if read_out else tuple(sizes) in _CARD_GROUPS
        if count >= 14 and is_grouped and _is_card(text[groups[first][0] : end]):
            return last + 1
    return 0


def _is_card(value: str) -> bool:
    """Tell if a number has an issuer and Luhn's check digit, and is not a decimal fraction."""
    digits = digits_of(value)
    is_amex_form = re.fullmatch(r"3\d{3}\.\d{6}\.\d{4,5}", value, re.ASCII) is not None
    if "." in value and not (is_amex_form or 3 <= value.count(".") <= 4):
        return False
    return _ISSUERS.fullmatch(digits) is not None and luhn.is_valid(digits)


_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?=[ .-]?[A-Za-z0-9]{2})")
_IBAN_SAID = said_before(r"iban\b", gap=16)
# The standard's longest form (ISO 13616).
_MAX_IBAN_CHARACTERS = 34
_IBAN_SEPARATORS = " .-"


def find_accounts(
    text: str, start: int, stop: int, contexts: AbstractSet[Context]
) -> Iterator[Find]:
    """Yield the bank accounts in ``text[start:stop]`` (plain text): IBANs and national forms.

    The text has no other contexts than ``contexts``.
    """
    for match in _IBAN_START.finditer(text, start, stop):
        end = _iban_end(text, match.start())
        if end:
            yield Find(match.start(), end, Kind.BANK)
    for form in _FORMS:
        if form.context not in contexts:
            continue
        for match in form.pattern.finditer(text, start, stop):
            number = re.sub(r"[ .-]", "", match.group())
            if form.check(number) and form.context.is_nearer(NOT_PERSONAL, text, match.start()):
                yield Find(*match.span(), Kind.BANK)


@lru_cache(maxsize=256)
def _iban_length(country: str) -> int:
    """Return the length of a country's IBANs by the registry, 0 where it has none."""
    entry = numdb.get("iban").info(country)[0][1]
    parts = re.findall(r"(\d+)!", entry.get("bban", ""))
    return 4 + sum(map(int, parts)) if parts else 0


def _iban_end(text: str, start: int) -> int:
    """Return where the IBAN at ``start`` ends, 0 if there is none.

    Where the word IBAN stands before it, a mistyped one counts too.
    """
    length = _iban_length(text[start : start + 2].upper())
    letters: list[str] = []
    position = start
    while len(letters) < length and position < len(text):
        character = text[position]
        if character.isascii() and character.isalnum():
            letters.append(character.upper())
        elif character not in _IBAN_SEPARATORS or text[position - 1] in _IBAN_SEPARATORS:
            return 0
        position += 1
    following = text[position : position + 1]
    ends_here = not (following.isascii() and following.isalnum())
    value = "".join(letters)
    if not letters or not ends_here or len(letters) < length:
        return 0
    is_iban = iban.is_valid(value, check_country=False) or _IBAN_SAID.is_said(text, start)
    return position if is_iban else 0


@dataclass(frozen=True)
class _Form:
    """A national form of account numbers, which counts only where words say so."""

    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    context: Context


def _any_number(number: str) -> bool:
    return len(set(number)) > 1


def _is_not_round(number: str) -> bool:
    return _any_number(number) and not number.endswith("000")


def _form(pattern: str, check: Callable[[str], bool], context: Context) -> _Form:
    return _Form(re.compile(r"(?<![\w.,/-])" + pattern, re.ASCII), check, context)


_FORMS = (
    _form(r"\d{9}(?![\w-]|[.,]\d)", rtn.is_valid, said_before(r"routing\b", r"aba\b", r"rtn\b")),
    _form(r"\d{18}(?!\w)", _any_number, said_before(r"clabe\b", r"cuenta\b")),
    _form(r"\d{22}(?!\w)", cbu.is_valid, said_before(r"cbu\b", r"cuenta\b")),
    _form(
        r"\d{4}[ -]?\d{4}[ -]?\d\d[ -]?\d{10}(?!\w)",
        ccc.is_valid,
        said_before(r"cuenta\b", r"ccc\b", r"account\b"),
    ),
    _form(r"\d\d-?\d\d-?\d\d(?![\w-])", _any_number, said_before(r"sort[ -]?code\b", gap=16)),
    _form(r"\d{3}[ -]?\d{3}(?![\w-])", _any_number, said_before(r"bsb\b", gap=16)),
    _form(r"[A-Z]{4}0[A-Z0-9]{6}(?!\w)", _any_number, said_before(r"ifsc\b", gap=16)),
    _form(r"\d(?:[ -]?\d){5,27}(?:-[\dXx])?(?![\w-]|[.,]\d)", _any_number, ACCOUNT),
    # Behind a routing number the kind of the account stands for its number.
    _form(
        r"\d{9,17}(?![\w-]|[.,]\d)", _is_not_round, said_before(r"checking\b", r"savings\b", gap=4)
    ),
    # Right after a branch's number, "acc" is an account's.
    _form(r"\d(?:[ -]?\d){5,11}(?![\w-]|[.,]\d)", _any_number, said_before(r"acc\b", gap=4)),
)

CONTEXTS: tuple[Context, ...] = tuple(form.context for form in _FORMS)
"""Words for an account and for its parts."""

# Payment addresses of India's UPI: a name, and the handle of a bank or an app.
_PAYMENT_HANDLE = re.compile(
    r"(?:ok(?:hdfcbank|icici|axis|sbi)|ybl|ibl|axl|paytm|upi|apl|yapl|rapl"
    r"|pt(?:yes|axis|hdfc|sbi)|waicici|wahdfcbank|waaxis|wasbi|sbi|hdfcbank|icici|axisbank|kotak|fam|jupiteraxis"
    r"|freecharge|ikwik|timecosmos|naviaxis|superyes|slc|airtel|jio|barodampay|pnb|boi|cnrb|idfcbank|indus"
    r"|federal|rbl|yesbank|aubank|dbs|hsbc|citi|postbank|abfspay|tapicici|pingpay)(?![\w.@-])",
    re.IGNORECASE | re.ASCII,
)


def find_payment_addresses(text: str) -> Iterator[Find]:
    """Yield the payment addresses in a plain text."""
    at = text.find("@")
    while at >= 0:
        if handle := _PAYMENT_HANDLE.match(text, at + 1):
            start = local_start(text, at)
            if at - start >= 2:
                yield Find(start, handle.end(), Kind.BANK)
        at = text.find("@", at + 1)
