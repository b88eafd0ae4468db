"""Numbers that are spelled out: "four one five, eight six seven, …", "null eins sieben sechs".

Their words are read as digits, and the number is judged as one of digits would be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from stdnum import luhn

from cgp.privacy.context import said_before
from cgp.privacy.identity_words import IDENTITY
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.lock_words import OPENING_WORDS
from cgp.privacy.number_words import ACCOUNT, NOT_PERSONAL, PHONE
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.secret_words import CODE_WORDS, PASSWORD_WORDS, patterns
from cgp.privacy.word_places import WordKind, WordPlaces

DIGIT_WORDS: Mapping[str, str] = {
    "en": "zero|oh one two three four five six seven eight nine",
    "de": "null eins|ein zwei|zwo drei vier fünf|fuenf sechs sieben acht neun",
    "fr": "zéro|zero un deux trois quatre cinq six sept huit neuf",
    "es": "cero uno|un dos tres cuatro cinco seis siete ocho nueve",
    "pt": "zero um dois três|tres quatro cinco seis|meia sete oito nove",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "nl": "nul een|één twee drie vier vijf zes zeven acht negen",
    "pl": "zero jeden dwa trzy cztery pięć|piec sześć|szesc siedem osiem dziewięć|dziewiec",
    "ru": "ноль|нуль один два три четыре пять шесть семь восемь девять",
    "uk": "нуль один два три чотири п'ять шість сім вісім дев'ять",
    "tr": "sıfır bir iki üç dört beş altı yedi sekiz dokuz",
    "sv": "noll ett två tre fyra fem sex sju åtta nio",
    "da": "nul en to tre fire fem seks syv otte ni",
    "ar": "صفر واحد اثنين|اثنان ثلاثة اربعة|أربعة خمسة ستة سبعة ثمانية تسعة",
    "hi": "शून्य|ज़ीरो एक दो तीन चार पांच|पाँच छह|छः सात आठ नौ",
    "id": "nol|kosong satu dua tiga empat lima enam tujuh delapan sembilan",
    "vi": "không một hai ba bốn năm sáu bảy tám chín",
    "zh": "零|〇 一|幺 二|两 三 四 五 六 七 八 九",
    "ko": "공|영 일 이 삼 사 오 육 칠 팔 구",
}
"""Words for the digits from 0 to 9, their variants divided by bars."""

TENS_WORDS: Mapping[str, str] = {
    "en": """ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
        sixty seventy eighty ninety""",
    "de": "zehn elf zwölf zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "dix onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante septante octante nonante",
    "es": """diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós
        veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve treinta cuarenta cincuenta
        sesenta setenta ochenta noventa""",
    "pt": "dez onze doze treze catorze quinze vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "it": "dieci undici dodici tredici quattordici quindici venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
}
"""Words for two digits; a word for a digit may follow and takes the place of the second."""

_REPEATS = {
    "double": 2,
    "dobro": 2,
    "doppel": 2,
    "doble": 2,
    "doppio": 2,
    "dubbel": 2,
    "triple": 3,
    "treble": 3,
}
_UNSPACED_DIGITS = ("零〇一幺二两三四五六七八九", "공영일이삼사오육칠팔구")
_UNSPACED_RUN = LatePattern(
    "|".join(
        f"[{d}]{{7,20}}|[{d}]{{2,4}}[ -][{d}]{{3,4}}[ -][{d}]{{4}}(?![{d}])"
        for d in _UNSPACED_DIGITS
    )
)
_KANA_DIGIT = r"(?:[ぜゼ][ろロ]|れい|まる|マル|いち|イチ|に[いー]?|ニ|さん|サン|よん|ヨン|ごー?|ゴ|ろく|ロク|なな|ナナ|しち|はち|ハチ|きゅう|キュウ|きゅー)"
_KANA_RUN = LatePattern(rf"{_KANA_DIGIT}(?:[ 、・-]?{_KANA_DIGIT}){{3,12}}")
_KANA_SIGNS = ("いち", "イチ", "さん", "サン", "なな", "ナナ", "はち", "ハチ", "きゅ", "キュ")
"""Of which any number of four digits or more has one, but for few."""

_TOKEN = LatePattern(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d{1,4}")

_CODE = said_before(
    *patterns(CODE_WORDS), *patterns(PASSWORD_WORDS), *patterns(OPENING_WORDS), gap=24
)
# Fewer spoken digits are counts, years or scores, unless a word before them announces a number.
_MIN_PHONE_DIGITS = 9
_MIN_ANNOUNCED_DIGITS = 6
_MIN_CODE_DIGITS = 3


class SpokenNumber(NamedTuple):
    """A number told in words at ``text[start:stop]``, read as digits."""

    start: int
    stop: int
    digits: str
    has_tens: bool


def _readings() -> dict[str, str]:
    readings: dict[str, str] = {}
    for words in DIGIT_WORDS.values():
        for digit, variants in enumerate(words.split()):
            for word in variants.split("|"):
                readings.setdefault(word, str(digit))
    return readings


_DIGIT_OF = _readings()
NUMBER_WORDS = frozenset(_DIGIT_OF)
"""Words for a digit, in every language."""

_TENS = frozenset(word for words in TENS_WORDS.values() for word in words.split())
_COMPOUNDS = {
    f"{tens}-{digit}"
    for tens in TENS_WORDS["en"].split()[10:] + TENS_WORDS["fr"].split()[7:] + ["vingt"]
    for digit in [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "un",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "sept",
        "huit",
        "neuf",
    ]
} | {"quatre-vingt", "quatre-vingts", "quatre-vingt-dix", "soixante-dix"}
_COMPOUNDS |= {
    unit + joint + tens
    for units, joint, tenses in (
        (
            "ein zwei drei vier fünf sechs sieben acht neun", "und",
            "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
        ),
        (
            "een twee drie vier vijf zes zeven acht negen", "en",
            "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
        ),
        (
            "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio", "",
            "ett två tre fyra fem sex sju åtta nio",
        ),
    )
    for unit in units.split()
    for tens in tenses.split()
} | {
    (tens[:-1] if unit[0] in "uo" else tens) + unit
    for tens in ["venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"]
    for unit in ["uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"]
}  # fmt: skip
_TENS |= {word for word in _COMPOUNDS if "-" not in word}
_HUNDREDS = frozenset(
    [
        "cien",
        "ciento",
        "doscientos",
        "trescientos",
        "cuatrocientos",
        "quinientos",
        "seiscientos",
        "setecientos",
        "ochocientos",
        "novecientos",
        "cento",
        "duzentos",
        "trezentos",
        "quatrocentos",
        "quinhentos",
        "seiscentos",
        "setecentos",
        "oitocentos",
        "novecentos",
    ]
)
"""Words for three digits; words for two digits or one may follow and take the place of the last."""

_HUNDRED = "hundred"
"""Two zeros behind a digit: "nine hundred one two three"."""

_JOINTS = frozenset({"y", "e", "et"})
"""Words between tens and ones that stand alone ("cuarenta y cinco") and are rare elsewhere."""

AS_WRITTEN = frozenset(
    word + mark
    for word in {
        *_COMPOUNDS,
        *_DIGIT_OF,
        *_TENS,
        *_HUNDREDS,
        _HUNDRED,
        *_JOINTS,
        *_REPEATS,
        *"0123456789",
    }
    - {"to", "um", "en"}
    for mark in ("", ",", ".", ";", "?", "-", "...", "…")
)
"""Number words with the marks that may stand right after them; other number words
are English too.
"""


_FEW_IN_A_ROW = 4  # fewer number words in a row are too often no number
_WORD = (
    r"(?:"
    + "|".join(
        sorted(
            map(re.escape, _DIGIT_OF.keys() | _TENS | _HUNDREDS | {_HUNDRED} | _REPEATS.keys()),
            key=len,
            reverse=True,
        )
    )
    + r"|\d)"
)
_RUN = LatePattern(
    rf"(?:(?:and|plus|y|e|et)[ ,]{{1,2}})?(?<!\w){_WORD}(?:[ ,.;…?-]{{1,4}}(?:(?:and|plus|und|et|y|e) )?{_WORD}){{{_FEW_IN_A_ROW - 1},40}}(?!\w)",
    re.IGNORECASE,
)


def find_spoken_numbers(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the numbers in a plain text that are told in words."""
    looked_until = 0
    for first, _ in places.runs(WordKind.NUMBER, _FEW_IN_A_ROW):
        place = places.place_of(first, _FEW_IN_A_ROW)
        if place < looked_until:
            continue
        run = _RUN.match(text, place)
        if run is None:
            continue
        looked_until = run.end()
        kind = _kind(text, _read(run))
        if kind is not None:
            yield Find(run.start(), run.end(), kind)
    if not text.isascii():
        yield from _unspaced_numbers(text)


def _unspaced_numbers(text: str) -> Iterator[Find]:
    """Yield the numbers that are told in words without spaces."""
    if any(map(text.__contains__, "".join(_UNSPACED_DIGITS))):
        for match in _UNSPACED_RUN.finditer(text):
            if not NOT_PERSONAL.overrules(PHONE, text, match.start()):
                yield Find(*match.span(), Kind.PHONE)
    if any(map(text.__contains__, _KANA_SIGNS)):
        # The sounds are those of everyday words too, so a word for a code or a telephone stands
        # before.
        for match in _KANA_RUN.finditer(text):
            for context, kind in ((_CODE, Kind.SECRET), (PHONE, Kind.PHONE)):
                if context.is_said(text, match.start()):
                    yield Find(*match.span(), kind)
                    break


def read_out(text: str) -> Iterator[SpokenNumber]:
    """Yield the numbers of four words or more in a plain text, whatever they are."""
    return map(_read, _RUN.finditer(text))


def _read(run: re.Match[str]) -> SpokenNumber:
    digits, times, has_tens = "", 1, False
    for token in _TOKEN.finditer(run.group()):
        word = token.group().lower()
        if word in _REPEATS:
            times = _REPEATS[word]
        elif word in _TENS:
            digits, has_tens = digits + "10", True
        elif word in _HUNDREDS:
            digits, has_tens = digits + "100", True
        elif word == _HUNDRED:
            digits, has_tens = digits + "00", True
        elif word.isdigit() or word in _DIGIT_OF:
            digits, times = digits + (word if word.isdigit() else _DIGIT_OF[word]) * times, 1
    return SpokenNumber(run.start(), run.end(), digits, has_tens)


def _kind(text: str, number: SpokenNumber) -> Kind | None:
    """Return the kind of a spelled number, None where it has none or a person counts."""
    is_spelled = any(c.isalpha() for c in text[number.start : number.stop])
    count = len(number.digits)
    if not is_spelled or _is_counting(number.digits):
        return None
    if 14 <= count <= 19 and luhn.is_valid(number.digits) and not number.has_tens:
        return Kind.CARD
    if _CODE.is_said(text, number.start) and count >= _MIN_CODE_DIGITS:
        return Kind.SECRET
    if count < _MIN_ANNOUNCED_DIGITS or NOT_PERSONAL.overrules(PHONE, text, number.start):
        return None
    return _announced_kind(text, number)


def _announced_kind(text: str, number: SpokenNumber) -> Kind | None:
    """Return the kind that the words before a spelled number tell, or a long number's form."""
    for context, kind in ((IDENTITY, Kind.ID), (ACCOUNT, Kind.BANK), (PHONE, Kind.PHONE)):
        if context.is_said(text, number.start):
            return kind
    is_long = len(number.digits) >= _MIN_PHONE_DIGITS
    return Kind.PHONE if is_long and (not number.has_tens or number.digits[0] == "0") else None


def _is_counting(digits: str) -> bool:
    """Tell if most digits are one more, or one less, than the one before, or all are equal."""
    steps = [(int(b) - int(a)) % 10 for a, b in pairwise(digits)]
    return not steps or max(steps.count(step) for step in (0, 1, 9)) >= 0.7 * len(steps)
