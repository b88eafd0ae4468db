"""Check digits of cards, bank accounts and identity numbers.

Every function takes the digits (or letters and digits, upper case) without separators and of the right
length, and says whether the check digits fit. Sources are named with each.
"""

from __future__ import annotations

from collections.abc import Sequence

# Lengths of IBANs by country (SWIFT IBAN Registry, release 99).
IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO",
        "16": "BE",
        "18": "DK FI FO GL NL SD FK",
        "19": "MK SI",
        "20": "AT BA EE KZ LT LU XK MN",
        "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ OM TL SO",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG",
        "25": "LY PT ST",
        "26": "IS TR",
        "27": "FR GR IT MC MR SM BI DJ",
        "28": "AL AZ BY CY DO GT HU LB NI PL SV",
        "29": "BR EG PS QA UA",
        "30": "JO KW MU YE",
        "31": "MT SC",
        "32": "LC",
        "33": "RU",
    }.items()
    for country in countries.split()
}

_VERHOEFF_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_PERMUTATION = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip

_FISCAL_TENS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_FISCAL_LETTERS = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*_FISCAL_TENS, *_FISCAL_TENS, *_FISCAL_LETTERS),
        strict=True,
    )
)


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of digits times weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: payment cards, Canadian SIN, Swedish personal numbers."""
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])) % 10 == 0


def iban(text: str) -> bool:
    """ISO 13616: the registered length, and ISO 7064 mod 97-10 over the rearranged characters."""
    if IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def verhoeff(digits: str) -> bool:
    """Verhoeff (1969), *Error detecting decimal codes*: India's Aadhaar."""
    check = 0
    for position, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_PRODUCT[check][int(_VERHOEFF_PERMUTATION[position % 8][int(digit)])])
    return check == 0


def steuer_id(digits: str) -> bool:
    """Germany, § 139b AO: one of the first ten digits two or three times; ISO 7064 mod 11,10."""
    repeats = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if digits[0] == "0" or repeats[-1] not in {2, 3} or repeats[-2] != 1:
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def german_pension(text: str) -> bool:
    """Germany, VKVV § 4: two digits, date, letter, serial number, check digit."""
    numbers = text[:8] + f"{ord(text[8]) - 64:02d}" + text[9:]
    total = 0
    for digit, weight in zip(numbers[:-1], (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True):
        total += sum(divmod(int(digit) * weight, 10))
    return total % 10 == int(numbers[-1])


def spanish_dni(text: str) -> bool:
    """Spain, DNI and NIE: the letter at the number's remainder by 23 (Real Decreto 1553/2005)."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def french_nir(text: str) -> bool:
    """France, NIR: 97 minus the number's remainder by 97, Corsica's 2A and 2B as 19 and 18 (INSEE)."""
    number = int(text[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(text[13:])


def codice_fiscale(text: str) -> bool:
    """Italy, D.M. 23 December 1976: the letter at the sum of the characters' values by 26."""
    odd = sum(_FISCAL_ODD[character] for character in text[0:15:2])
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in text[1:15:2])
    return chr((odd + even) % 26 + 65) == text[15]


def _mod_11(text: str, weights: Sequence[int]) -> str:
    """Return the check digit of Brazil's and Portugal's scheme: 11 minus the remainder, 0 from ten up."""
    total = sum((ord(c) - 48) * weight for c, weight in zip(text, weights, strict=True))
    return str(11 - total % 11) if total % 11 > 1 else "0"


def cpf(digits: str) -> bool:
    """Brazil, CPF (Receita Federal): two check digits modulo 11; not eleven equal digits."""
    first = _mod_11(digits[:9], range(10, 1, -1))
    second = _mod_11(digits[:10], range(11, 1, -1))
    return len(set(digits)) > 1 and digits[9:] == first + second


def cnpj(text: str) -> bool:
    """Brazil, CNPJ (Receita Federal, IN 2.229/2024 for the form with letters)."""
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    first = _mod_11(text[:12], weights[1:])
    second = _mod_11(text[:13], weights)
    return len(set(text)) > 1 and text[12:] == first + second


def portuguese_nif(digits: str) -> bool:
    """Portugal, NIF: one check digit modulo 11."""
    return digits[8] == _mod_11(digits[:8], range(9, 1, -1))


def dutch_bsn(digits: str) -> bool:
    """Netherlands, BSN: the eleven test with the last digit counted -1."""
    return int(digits) > 0 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def belgian_national(digits: str) -> bool:
    """Belgium, national register number: 97 minus the remainder by 97; a 2 in front from 2000 on."""
    check = int(digits[9:])
    return any(97 - int(century + digits[:9]) % 97 == check for century in ("", "2"))


def pesel(digits: str) -> bool:
    """Poland, PESEL: weights 1, 3, 7, 9, sum divisible by ten."""
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def ean13(digits: str) -> bool:
    """GS1: weights 1 and 3, sum divisible by ten; Switzerland's AHV number uses it."""
    return weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def finnish_hetu(text: str) -> bool:
    """Finland: the character at the remainder by 31 of date and serial number."""
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[-4:-1]) % 31] == text[-1]


def chinese_resident(text: str) -> bool:
    """China, GB 11643-1999: ISO 7064 mod 11-2."""
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


def chilean_rut(text: str) -> bool:
    """Chile, RUT: modulo 11 with weights 2 to 7 from the right; ten is K."""
    total = sum(int(d) * (2 + i % 6) for i, d in enumerate(reversed(text[:-1])))
    return "0K987654321"[total % 11] == text[-1]


def argentine_cuit(digits: str) -> bool:
    """Argentina, CUIT and CUIL: modulo 11."""
    return weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def nhs(digits: str) -> bool:
    """United Kingdom, NHS number: modulo 11 with weights 10 to 2."""
    return weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def tax_file(digits: str) -> bool:
    """Australia, tax file number: modulo 11."""
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def routing(digits: str) -> bool:
    """United States, ABA routing number: weights 3, 7, 1, sum divisible by ten."""
    return int(digits) > 0 and weighted(digits, (3, 7, 1) * 3) % 10 == 0


def clabe(digits: str) -> bool:
    """Mexico, CLABE: weights 3, 7, 1 on the first seventeen digits, each product by ten."""
    total = sum(int(d) * w % 10 for d, w in zip(digits[:17], (3, 7, 1) * 6, strict=False))
    return (10 - total % 10) % 10 == int(digits[17])


def spanish_account(digits: str) -> bool:
    """Spain, CCC: a check digit modulo 11 for bank and branch, one for the account."""
    weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
    parts = ("00" + digits[:8], digits[10:])
    checks = (11 - weighted(part, weights) % 11 for part in parts)
    return "".join({10: "1", 11: "0"}.get(check, str(check)) for check in checks) == digits[8:10]
