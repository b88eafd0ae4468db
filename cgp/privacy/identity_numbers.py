"""National identity, tax, social security and health numbers, passports, licences, number plates.

A number whose form and check digits leave little to chance counts by itself; one that many plain
numbers would pass counts only where words before it say what it is. Check digits are
python-stdnum's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from stdnum import imei
from stdnum.ar import cuit
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cnpj, cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.jp import in_ as my_number
from stdnum.my import nric
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.ru import inn
from stdnum.se import personnummer
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import itin, ssn
from stdnum.za import idnr as south_african

from cgp.privacy.context import Context, said_before
from cgp.privacy.identity_words import DEVICE, IDENTITY
from cgp.privacy.number_words import NOT_PERSONAL
from cgp.privacy.parsed_patterns import least_digits
from cgp.privacy.personal_data import Find, Kind

_BEFORE = r"(?<![\w/=#+-])(?<!\d[.,])"
_AFTER = r"(?![\w-]|[.,]\d)"


@dataclass(frozen=True)
class IdentityNumber:
    """One kind of number: its form, its check, and the words that must be said before it (or none).

    ``check`` takes the number in upper case without separators.
    """

    name: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    context: Context | None = None

    @cached_property
    def least_digits(self) -> int:
        """Digits of the shortest number of the form."""
        return least_digits(self.pattern.pattern)


def find_identity_numbers(
    text: str, start: int, stop: int, contexts: AbstractSet[Context]
) -> Iterator[Find]:
    """Yield the identity numbers in ``text[start:stop]`` (plain text), with no other contexts than
    ``contexts``.
    """
    digits = sum(text.count(digit, start, stop) for digit in "0123456789")
    numbers = [number for number in NUMBERS if digits >= number.least_digits]
    yield from _finds_of(numbers, text, (start, stop), contexts)


def find_short_identity_numbers(
    text: str, start: int, stop: int, contexts: AbstractSet[Context]
) -> Iterator[Find]:
    """Yield the identity numbers of few digits among letters; see ``find_identity_numbers``."""
    yield from _finds_of(SHORT_NUMBERS, text, (start, stop), contexts)


def _finds_of(
    numbers: Iterable[IdentityNumber],
    text: str,
    place: tuple[int, int],
    contexts: AbstractSet[Context],
) -> Iterator[Find]:
    for number in numbers:
        if number.context and number.context not in contexts:
            continue
        for match in number.pattern.finditer(text, *place):
            value = re.sub(r"[ .+/-]", "", match.group()).upper()
            if number.check(value) and _is_meant(number, text, match.start()):
                yield Find(*match.span(), Kind.ID)


def find_short_plates(text: str, runs: Iterable[tuple[int, int]]) -> Iterator[Find]:
    """Yield the number plates of two digits in a plain text, whose runs of digits are ``runs``."""
    for start, stop in runs:
        if stop - start != 2:
            continue
        match = _BRITISH_PLATE.match(text, max(0, start - 2))
        if match is not None and IDENTITY.is_said(text, match.start()):
            yield Find(*match.span(), Kind.ID)


_BRITISH_PLATE = re.compile(r"(?<!\w)[A-Z]{2}\d\d[ -]?[A-Z]{3}(?!\w)", re.ASCII)


def find_announced_numbers(
    text: str, start: int, stop: int, contexts: AbstractSet[Context]
) -> Iterator[Find]:
    """Yield the numbers of any form in ``text[start:stop]`` (plain text) that words say to be
    somebody's; the text has no other contexts than ``contexts``.
    """
    if IDENTITY not in contexts:
        return
    for match in _ANY_FORM.finditer(text, start, stop):
        if _could_be_announced(match.group()):
            yield from _announced_finds(text, match)


def _is_meant(number: IdentityNumber, text: str, start: int) -> bool:
    if number.context is None:
        return not NOT_PERSONAL.is_said(text, start)
    return number.context.is_said(text, start)


# A number of any form, where the word for it stands before: mistyped and unheard-of ones too.
_ANY_FORM = re.compile(
    r"(?<![\w/=#+-])(?:(?:[A-Z]{1,5}[ -])?[A-Z\d]{1,24}(?:[ ./-]{1,2}(?=[A-Z]{0,20}\d)[A-Z\d]{1,20}){0,6}"
    r"(?:[ -][A-Z]{1,3})?|[A-Za-z]{0,3}\d[A-Za-z\d]{5,20})" + _AFTER,
    re.ASCII,
)
_DIGIT = re.compile(r"\d")
_CALENDAR_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}")
_YEAR = re.compile(r"(?:19|20)\d\d")


def _could_be_announced(value: str) -> bool:
    """Tell if a number is long enough, or mixed with letters, and not just a year."""
    digits = sum(map(str.isdigit, value))
    has_letters = any(map(str.isalpha, value))
    is_date = _YEAR.fullmatch(value) or _CALENDAR_DATE.fullmatch(value)
    return (digits >= 5 or (has_letters and digits >= 2)) and not is_date


def _announced_finds(text: str, match: re.Match[str]) -> Iterator[Find]:
    """Yield the text after the last word for an identity number, which the number's form may
    include.
    """
    digit = _DIGIT.search(text, *match.span())
    if digit is None:
        return
    place = IDENTITY.place(text, digit.start())
    if place < 0:
        return
    start = max(place, match.start())
    value = text[start : match.end()].lstrip(" :./-")
    digits = sum(character.isdigit() for character in value)
    has_letters = any(character.isalpha() for character in value)
    is_year = _YEAR.fullmatch("".join(filter(str.isdigit, value))) is not None
    is_long = digits >= 5 or (has_letters and digits >= 2 and len(value) >= 5)
    if is_long and not is_year and not NOT_PERSONAL.is_nearer(IDENTITY, text, digit.start()):
        yield Find(match.end() - len(value), match.end(), Kind.ID)


def _number(
    name: str, form: str, check: Callable[[str], bool], *context: str, flags: int = re.IGNORECASE
) -> IdentityNumber:
    return IdentityNumber(
        name,
        re.compile(_BEFORE + form + _AFTER, flags | re.ASCII),
        check,
        said_before(*context) if context else None,
    )


def _by_form(_: str) -> bool:
    return True


def _is_date(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _social_security(digits: str) -> bool:
    return ssn.is_valid(digits) or itin.is_valid(digits)


def _birth_first(value: str) -> bool:
    """Tell if a number begins with a date of birth, ``YYMMDD``."""
    return _is_date(value[2:4], value[4:6])


def _birth_last(value: str) -> bool:
    """Tell if a number begins with a date of birth, ``DDMMYY``."""
    return _is_date(value[2:4], value[:2])


def _chinese_plate(value: str) -> bool:
    # Province, letter of the town, and five characters, six of an electric car.
    return sum(map(str.isalnum, value)) in {7, 8}


def _swedish(digits: str) -> bool:
    return personnummer.is_valid(f"{digits[:-4]}-{digits[-4:]}")


def _finnish(value: str) -> bool:
    # ``value`` comes without its separator: the hyphen that stands for the century.
    return hetu.is_valid(value if len(value) == 11 else f"{value[:6]}-{value[6:]}")


_TAX_ID = (r"steuer\w*", r"idnr\b", r"tax(?:payer)?\b", r"tin\b")
_CPF = (r"cpf\b", r"contribuinte\b", r"cadastro\b")

NUMBERS = (
    _number("US SSN", r"\d{3}-\d\d-\d{4}", _social_security),
    _number(
        "US SSN, bare", r"\d{3}[ -]?\d\d[ -]?\d{4}", _by_form,
        r"ssn\b", r"social(?: security)?\b", r"itin\b",
    ),
    _number(
        "UK National Insurance",
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D]",
        _by_form,
    ),
    _number("US EIN", r"\d\d-\d{7}", _by_form, r"ein\b", r"employer id\w*", r"tax id\b"),
    _number("UK NHS", r"\d{3}[ -]?\d{3}[ -]?\d{4}", nhs.is_valid, r"nhs\b"),
    _number("DE Steuer-ID", r"\d\d[ ]\d{3}[ ]\d{3}[ ]\d{3}", idnr.is_valid),
    _number("DE Steuer-ID, bare", r"\d\d[ /]?\d{3}[ /]?\d{3}[ /]?\d{3}", idnr.is_valid, *_TAX_ID),
    _number("DE pension insurance", r"\d\d ?[0-3]\d[01]\d\d\d ?[A-Z] ?\d{3}", _by_form),
    _number("ES DNI", r"(?:\d\d\.\d{3}\.\d{3}|\d{8})[ -]?[A-HJ-NP-TV-Z]", dni.is_valid),
    _number("ES NIE", r"[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]", nie.is_valid),
    _number(
        "FR NIR",
        r"[12378] ?\d\d ?(?:0[1-9]|[1-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
        nir.is_valid,
    ),
    _number(
        "IT codice fiscale",
        r"[A-Z]{3} ?[A-Z]{3} ?[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2} ?[A-Z][\dLMNP-V]{3}[A-Z]",
        codicefiscale.is_valid,
    ),
    _number("BR CPF", r"\d{3}\.\d{3}\.\d{3}-\d\d", cpf.is_valid),
    _number("BR CPF, bare", r"\d{3}[ .]?\d{3}[ .]?\d{3}[ -]?\d\d", cpf.is_valid, *_CPF),
    _number("BR CNPJ", r"[A-Z\d]{2}\.[A-Z\d]{3}\.[A-Z\d]{3}/[A-Z\d]{4}-\d\d", cnpj.is_valid),
    _number("BR CNPJ, bare", r"\d{14}", cnpj.is_valid, r"cnpj\b"),
    _number(
        "PT NIF", r"\d{3} ?\d{3} ?\d{3}", nif.is_valid,
        r"nif\b", r"contribuinte\b", r"n[úu]mero fiscal\b", r"identifica[çc][ãa]o fiscal\b",
    ),
    _number("IN Aadhaar", r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}(?![ -]\d)", aadhaar.is_valid),
    _number("IN PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", _by_form, flags=0),
    _number(
        "NL BSN", r"\d{4}[. ]?\d\d[. ]?\d{3}|\d{3}[. ]?\d{3}[. ]?\d{3}", bsn.is_valid,
        r"bsn\b", r"burgerservice\w*", r"sofi\w*",
    ),
    _number("BE national register", r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", nn.is_valid),
    _number("PL PESEL", r"\d{11}", pesel.is_valid, r"pesel\w*"),
    _number("CH AHV", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d", ahv.is_valid),
    _number("SE personnummer", r"(?:19|20)?\d{6}[-+]\d{4}", _swedish),
    _number("FI henkilötunnus", r"\d{6}[-+A-FU-Y]\d{3}[\dA-Y]", _finnish),
    _number(
        "NO fødselsnummer", r"\d{6} ?\d{5}", fodselsnummer.is_valid,
        r"f[øo]dselsnummer\b", r"personnummer\b",
    ),
    _number("DK CPR", r"\d{6}-\d{4}", _birth_last),
    _number("CN resident identity", r"[1-9]\d{16}[\dX]", ric.is_valid),
    _number("KR resident registration", r"\d{6}-[1-8]\d{6}", _birth_first),
    _number("MX CURP", r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", _by_form),
    _number("MX RFC", r"[A-ZÑ&]{4}\d{6}[A-Z\d]{3}", _by_form, r"rfc\b"),
    _number("AR CUIT", r"(?:20|2[3-7]|30|3[34])-\d{8}-\d", cuit.is_valid),
    _number("CL RUT", r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", rut.is_valid),
    _number(
        "CA SIN", r"\d{3}[ -]?\d{3}[ -]?\d{3}", sin.is_valid,
        r"sin\b(?! )", r"sin (?:is|number|no)\b", r"social insurance\b", r"assurance sociale\b",
    ),
    _number("RU SNILS", r"\d{3}-\d{3}-\d{3} \d\d", _by_form),
    _number("RU INN", r"\d{12}|\d{10}", inn.is_valid, r"инн\b"),
    _number("TR kimlik", r"[1-9]\d{10}", tckimlik.is_valid, r"kimlik\w*", r"tc\b", r"tckn\b"),
    _number("ZA identity", r"\d{13}", south_african.is_valid, r"id\b", r"identity\b"),
    _number("TH identity", r"\d-\d{4}-\d{5}-\d\d-\d", _by_form),
    _number("TH identity, bare", r"\d{13}", pin.is_valid, "บัตรประชาชน", "ประชาชน"),
    _number("MY NRIC", r"\d{6}-\d\d-\d{4}", nric.is_valid),
    _number("SG NRIC", r"[STFGM]\d{7}[A-Z]", _by_form, flags=0),
    _number("HK identity card", r"[A-Z]{1,2}\d{6} ?\([\dA]\)", _by_form, flags=0),
    _number("TW identity", r"[A-Z][12]\d{8}", _by_form, flags=0),
    _number("JP My Number", r"\d{4}[ -]\d{4}[ -]\d{4}(?![ -]\d)", my_number.is_valid),
    _number("IE PPS", r"\d{7}[A-W][A-IW]?", pps.is_valid, flags=0),
    _number("CZ and SK rodné číslo", r"\d{6}/\d{3,4}", rc.is_valid),
    _number("RO CNP", r"[1-9]\d{12}", cnp.is_valid),
    _number("BG EGN", r"\d{10}", egn.is_valid, r"егн\b"),
    _number("HR OIB", r"\d{11}", oib.is_valid, r"oib\b"),
    _number("EE isikukood", r"[1-6]\d{10}", ik.is_valid, r"isikukood\w*"),
    _number("PK CNIC", r"\d{5}-\d{7}-\d", _by_form),
    _number("UK driving licence", r"[A-Z9]{5}\d{6}[A-Z9]{2}\d[A-Z]{2}(?: ?\d\d)?", _by_form, flags=0),
    _number(
        "CN plate", r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·.• ]?(?:[A-HJ-NP-Z]{0,2}\d){3,6}[A-HJ-NP-Z]{0,2}",
        _chinese_plate, flags=0,
    ),
    IdentityNumber(
        "device", re.compile(_BEFORE + r"\d\d[ -]?\d{6}[ -]?\d{6}[ -]?\d" + _AFTER, re.ASCII),
        imei.is_valid, DEVICE,
    ),
)  # fmt: skip
"""Every kind that is known."""

LEAST_DIGITS = 6
"""Digits from which a place in a text is searched for all kinds; fewer are in most."""

SHORT_NUMBERS = tuple(n for n in NUMBERS if 3 <= n.least_digits < LEAST_DIGITS)
"""The kinds that have fewer; places with less than three are not searched at all."""

CONTEXTS: tuple[Context, ...] = (
    IDENTITY,
    *(number.context for number in NUMBERS if number.context is not None),
)
"""Words for a number that is a person's, and for numbers whose form tells little."""
