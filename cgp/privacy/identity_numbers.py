"""National identity, tax, social security and health numbers, passports.

A number whose form and check digits leave little to chance counts by itself; one that many plain
numbers would pass counts only where words before it say what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cgp.privacy import checksums
from cgp.privacy.context import NOT_PERSONAL, is_said, said_before
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
    context: re.Pattern[str] | None = None


def find_identity_numbers(text: str, start: int, stop: int) -> Iterator[Find]:
    """Yield the identity numbers in ``text[start:stop]`` (plain text)."""
    for number in NUMBERS:
        for match in number.pattern.finditer(text, start, stop):
            value = re.sub(r"[ .+/-]", "", match.group()).upper()
            if number.check(value) and _is_meant(number, text, match.start()):
                yield Find(*match.span(), Kind.ID)


def _is_meant(number: IdentityNumber, text: str, start: int) -> bool:
    if number.context is None:
        return not is_said(NOT_PERSONAL, text, start)
    return is_said(number.context, text, start)


def _number(
    name: str, form: str, check: Callable[[str], bool], *context: str, flags: int = re.IGNORECASE
) -> IdentityNumber:
    return IdentityNumber(
        name,
        re.compile(_BEFORE + form + _AFTER, flags),
        check,
        said_before(*context) if context else None,
    )


def _by_form(_: str) -> bool:
    return True


def _has_digits(value: str) -> bool:
    return sum(character.isdigit() for character in value) >= 4


def _is_date(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _social_security(digits: str) -> bool:
    """United States: areas 000, 666, 900-999 (but ITINs), group 00 and serial 0000 do not exist."""
    area, group, serial = int(digits[:3]), int(digits[3:5]), int(digits[5:])
    if area >= 900:
        return 50 <= group <= 99 and group not in {66, 67, 68, 69, 89, 93}
    return area not in {0, 666} and group > 0 and serial > 0


def _swedish(digits: str) -> bool:
    return _is_date(digits[-8:-6], digits[-6:-4]) and checksums.luhn(digits[-10:])


def _norwegian(digits: str) -> bool:
    first = checksums.weighted(digits[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    second = checksums.weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11
    return first == second == 0


def _korean(digits: str) -> bool:
    return _is_date(digits[2:4], digits[4:6])


def _danish(digits: str) -> bool:
    return _is_date(digits[2:4], digits[:2])


def _finnish(value: str) -> bool:
    return _is_date(value[2:4], value[:2]) and checksums.finnish_hetu(value)


def _chinese(value: str) -> bool:
    return _is_date(value[10:12], value[12:14]) and checksums.chinese_resident(value)


def _swiss(digits: str) -> bool:
    return digits.startswith("756") and checksums.ean13(digits)


def _canadian(digits: str) -> bool:
    return digits[0] not in "08" and checksums.luhn(digits)


_TAX_ID = (r"steuer\w*", r"idnr\b", r"tax(?:payer)?\b", r"tin\b")
_CPF = (r"cpf\b", r"contribuinte\b", r"cadastro\b")

NUMBERS = (
    _number("US SSN", r"\d{3}-\d\d-\d{4}", _social_security),
    _number(
        "US SSN, bare", r"\d{3} ?\d\d ?\d{4}", _social_security,
        r"ssn\b", r"social(?: security)?\b", r"itin\b",
    ),
    _number(
        "UK National Insurance",
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D]",
        _by_form,
    ),
    _number("UK NHS", r"\d{3}[ -]?\d{3}[ -]?\d{4}", checksums.nhs, r"nhs\b"),
    _number("DE Steuer-ID", r"\d\d[ ]\d{3}[ ]\d{3}[ ]\d{3}", checksums.steuer_id),
    _number("DE Steuer-ID, bare", r"\d\d[ /]?\d{3}[ /]?\d{3}[ /]?\d{3}", checksums.steuer_id, *_TAX_ID),
    _number("DE pension insurance", r"\d\d ?\d{6} ?[A-Z] ?\d{3}", checksums.german_pension),
    _number("ES DNI", r"(?:\d\d\.\d{3}\.\d{3}|\d{8})[ -]?[A-HJ-NP-TV-Z]", checksums.spanish_dni),
    _number("ES NIE", r"[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]", checksums.spanish_dni),
    _number(
        "FR NIR",
        r"[12378] ?\d\d ?(?:0[1-9]|[1-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
        checksums.french_nir,
    ),
    _number(
        "IT codice fiscale",
        r"[A-Z]{3} ?[A-Z]{3} ?[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2} ?[A-Z][\dLMNP-V]{3}[A-Z]",
        checksums.codice_fiscale,
    ),
    _number("BR CPF", r"\d{3}\.\d{3}\.\d{3}-\d\d", checksums.cpf),
    _number("BR CPF, bare", r"\d{3}[ .]?\d{3}[ .]?\d{3}[ -]?\d\d", checksums.cpf, *_CPF),
    _number("BR CNPJ", r"[A-Z\d]{2}\.[A-Z\d]{3}\.[A-Z\d]{3}/[A-Z\d]{4}-\d\d", checksums.cnpj),
    _number("BR CNPJ, bare", r"\d{14}", checksums.cnpj, r"cnpj\b"),
    _number(
        "PT NIF", r"\d{3} ?\d{3} ?\d{3}", checksums.portuguese_nif,
        r"nif\b", r"contribuinte\b", r"n[uú]mero fiscal\b", r"identifica[cç][aã]o fiscal\b",
    ),
    _number("IN Aadhaar", r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", checksums.verhoeff),
    _number("IN Aadhaar, bare", r"[2-9]\d{11}", checksums.verhoeff, r"aadh?aar\b", r"uid(?:ai)?\b"),
    _number("IN PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", _by_form, flags=0),
    _number(
        "NL BSN", r"\d{4}[. ]?\d\d[. ]?\d{3}|\d{3}[. ]?\d{3}[. ]?\d{3}", checksums.dutch_bsn,
        r"bsn\b", r"burgerservice\w*", r"sofi\w*",
    ),
    _number("BE national register", r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", checksums.belgian_national),
    _number(
        "BE national register, bare", r"\d{11}", checksums.belgian_national,
        r"rijksregister\w*", r"registre national\b", r"national register\b",
    ),
    _number("PL PESEL", r"\d{11}", checksums.pesel, r"pesel\b"),
    _number("CH AHV", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d", _swiss),
    _number("SE personnummer", r"(?:19|20)?\d{6}[-+]\d{4}", _swedish),
    _number("FI henkilötunnus", r"\d{6}[-+A-FU-Y]\d{3}[\dA-Y]", _finnish),
    _number("NO fødselsnummer", r"\d{6} ?\d{5}", _norwegian, r"f[øo]dselsnummer\b", r"personnummer\b"),
    _number("DK CPR", r"\d{6}-?\d{4}", _danish, r"cpr\b", r"personnummer\b"),
    _number("CN resident identity", r"[1-9]\d{16}[\dX]", _chinese),
    _number("KR resident registration", r"\d{6}-[1-8]\d{6}", _korean),
    _number("MX CURP", r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", _by_form),
    _number("AR CUIT", r"(?:20|2[3-7]|30|3[34])-\d{8}-\d", checksums.argentine_cuit),
    _number("CL RUT", r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", checksums.chilean_rut),
    _number(
        "CA SIN", r"\d{3}[ -]?\d{3}[ -]?\d{3}", _canadian,
        r"sin\b(?! )", r"sin (?:is|number|no)\b", r"social insurance\b", r"assurance sociale\b",
    ),
    _number("AU tax file", r"\d{3} ?\d{3} ?\d{3}", checksums.tax_file, r"tfn\b", r"tax file\b"),
    IdentityNumber(
        "passport, identity card or licence",
        re.compile(_BEFORE + r"(?:[A-Z\d]{6,18}|[A-Z]{0,2}\d{2,4}(?: \d{2,4}){2,3})" + _AFTER),
        _has_digits,
        said_before(
            r"passport\b", r"reisepass\w*", r"personalausweis\w*", r"ausweisnummer\b", r"pasaporte\b",
            r"passeport\b", r"passaport[eo]\b", r"paspoort\w*", r"(?:driver'?s?|driving) licen[cs]e\b",
            r"f[uü]hrerschein\w*", r"permis de conduire\b", r"carnet de conducir\b",
            r"identity card\b", r"id card\b", gap=16,
        ),
    ),
)  # fmt: skip
"""Every kind that is known."""
