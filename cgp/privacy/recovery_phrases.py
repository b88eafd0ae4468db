"""Recovery phrases of wallets: twelve or more words in a row of one of BIP39's lists, announced
or not.

The lists come from the package ``mnemonic``, in twelve languages. Any words count where they are
announced ("seed phrase: …"): other wallets have lists of their own.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from mnemonic import Mnemonic

from cgp.privacy.context import alternatives
from cgp.privacy.first_words import Beginnings
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK
from cgp.privacy.secret_announcements import phrase_starts
from cgp.privacy.word_places import WordKind, WordPlaces

MIN_WORDS = 12
"""Words of the shortest recovery phrase."""

_STEP = 6
"""A run is read from a word on whose number is a multiple of this."""

_REACH = 200  # characters before words told one by one in which their topic is named
_SENTENCES = LatePattern(r"[^\W\d][.?!;:](?: |\x1e)[^\W\d]|\x1e")
_TOPIC = LatePattern(
    r"seed|mnemonic|phrase|recovery|wallet|semilla|frase|助记|シード|ニーモ|시드|니모닉|фраз",
    re.IGNORECASE,
)
_MIN_PART = 4
"""Words of the shortest part of a phrase that is told in parts."""

_PARTS_REACH = 900
"""Characters after a word for a recovery phrase in which its parts are told."""

_EDGES = ".,;:!?()[]\"'-–—#"
_ANNOUNCING = alternatives(
        (
            r"mnemonics?(?: phrase)?", r"(?:seed|recovery|secret|backup|wallet)[ -](?:phrase|words)", r"seed(?=[ ]?(?:is\b|:))",
            r"frase (?:semilla|de recuperaci[óo]n|secreta)", r"palabras semilla", r"semilla", r"frase[ -]semente",
            r"frase de recupera[çc][ãa]o", r"phrase (?:de r[ée]cup[ée]ration|secr[èe]te|mn[ée]monique)", r"mots de r[ée]cup[ée]ration",
            r"wiederherstellungs\w+", r"seed[ -]?phrase", r"frase (?:di recupero|seme|segreta)", r"herstelzin", r"herstelwoorden",
            r"fraz[aęy] (?:odzyskiwania|seed)", r"(?:сид|seed)[ -]?фраз\w*", r"фраз\w* восстановления", r"мнемоник\w*",
            r"kurtarma (?:ifadesi|kelimeleri)", r"[åa]terst[äa]llningsfras\w*", "助记词", "助憶詞", "恢复短语", "シードフレーズ",
            "リカバリーフレーズ", "ニーモニック", "復元フレーズ", "니모닉", "복구 ?구문", "시드 ?구문", r"عبارة الاسترداد", "सीड फ़्रेज़",
        )
)  # fmt: skip
_ANNOUNCING_BEGINS = Beginnings(_ANNOUNCING)
_ANNOUNCEMENT = LatePattern(
    f"(?:{_ANNOUNCING})"
    r"[^\n:=" + BREAK + r"]{0,24}?(?:[:=：は是는은]| is| are| es| est| ist| lautet| sono| são| —| -)[ \t]*[\"'`]?"
    r"(?P<value>(?:\d{1,2}[.)]? ?)?[^\W\d_]{2,12}(?:[ ,]{1,2}(?:\d{1,2}[.)]? ?)?[^\W\d_]{1,12}){11,23})",
    re.IGNORECASE,
)  # fmt: skip
STEMS = frozenset(
    {
        "mnemonic", "^seed", "^recovery", "^secret", "^backup", "^wallet", "^frase", "^palabras", "^semilla",
        "^phrase", "^mots", "wiederherstellung", "^herstel", "^fraz", "^сид", "^фраз", "мнемоник", "^kurtarma",
        "^återst", "^aterst", "助记", "助憶", "恢复短", "シード", "リカバリ", "ニーモ", "復元", "니모닉", "복구", "시드", "عبارة",
        "सीड",
    }
)  # fmt: skip
"""Pieces of which one is in every announcement of a recovery phrase."""

PART_STEMS = STEMS | {
    "^words",
    "^wörter",
    "^mots",
    "^palabras",
    "^palavras",
    "^parole",
    "^woorden",
    "слов",
}
"""The same where it is told in parts: "the first six words are …"."""


def find_recovery_phrases(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the recovery phrases in a plain text; one may go over ends of turns."""
    for place in places.of(STEMS):
        for begin in phrase_starts(text, place):
            if not _ANNOUNCING_BEGINS.may_be_at(places.lower, begin):
                continue
            if match := _ANNOUNCEMENT.match(text, begin):
                yield Find(*match.span("value"), Kind.SECRET)
                break
    for first, last in _runs(places):
        begin, end = _without_chance_words(text, places.span(first)[0], places.span(last)[1])
        start, stop = begin, _trim(text, begin, end)
        # BIP39's words are everyday ones: a talk holds a dozen in a row by chance, with full stops.
        if _is_one_list(text, start, stop) or _TOPIC.search(text, max(0, start - _REACH), start):
            yield Find(start, stop, Kind.SECRET)
    yield from _written_as_one(text, places)
    for place in places.of(_UNSPACED_STEMS):
        yield from _right_behind(text, place)
    if places.has(PART_STEMS):
        yield from _told_in_parts(text, places)


def _without_chance_words(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return a run without turns at its ends that hold a word or two, where the rest is enough.

    "Great." after a phrase is an answer, though it is a word of the list.
    """
    while (cut := text.rfind(BREAK, start, stop)) >= 0:
        if _count(text, cut, stop) >= _MIN_PART or _count(text, start, cut) < MIN_WORDS:
            break
        stop = cut
    while (cut := text.find(BREAK, start, stop)) >= 0:
        if _count(text, start, cut) >= _MIN_PART or _count(text, cut, stop) < MIN_WORDS:
            break
        start = cut + 1
    return start, stop


def _count(text: str, start: int, stop: int) -> int:
    return len(text[start:stop].replace(BREAK, " ").split())


def _written_as_one(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the phrases without spaces: joined by commas or hyphens, or a list in code."""
    for start, stop in places.long_words(_MIN_JOINED):
        letters = list(_LETTERS.finditer(text, start, stop))
        words = [match.group().lower() for match in letters]
        position = 0
        while position + MIN_WORDS <= len(words):
            # Any run of that many words holds its middle, so that most words are never looked at.
            first, last = _grow(words, position + MIN_WORDS - 1, word_lists())
            if last - first + 1 >= MIN_WORDS:
                yield Find(letters[first].start(), letters[last].end(), Kind.SECRET)
            position = max(position + MIN_WORDS, last)


def _right_behind(text: str, place: int) -> Iterator[Find]:
    """Yield the phrase whose first word, or all of it, is written right against its announcement,
    as scripts without spaces allow.
    """
    end = place + _UNSPACED_REACH
    for start in range(place + 1, min(end, len(text))):
        words = text[start : start + _PARTS_REACH].lower().split()[: 2 * MIN_WORDS]
        if not words or not _lists_of(words[0], word_lists()):
            # Chinese words are one character each, and may be written without a space.
            words = list(itertools.takewhile(_is_han, text[start : start + 2 * MIN_WORDS]))
        if len(words) < MIN_WORDS:
            continue
        _, last = _grow(words, 0, word_lists())
        if last + 1 >= MIN_WORDS:
            stop = start
            for word in words[: last + 1]:
                stop = text.lower().index(word, stop) + len(word)
            yield Find(start, _trim(text, start, stop), Kind.SECRET)
            return


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _told_in_parts(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the parts of a phrase that is told a few words at a time, after a word for one."""
    lists = word_lists()
    searched_until = 0
    for place in places.of(PART_STEMS):
        if place < searched_until:
            continue
        searched_until = place + _PARTS_REACH
        if not _may_hold_parts(places.lower[place:searched_until].split(), lists):
            continue
        words = list(re.finditer(r"\S+", text[place:searched_until]))
        parts: list[tuple[int, int]] = []
        total = first = 0
        while first < len(words):
            last, languages = first, _EVERY_LANGUAGE
            while last < len(words) and (common := languages & _of_parts(words[last].group())):
                last, languages = last + 1, common
            # Numbers between the words are of every list, and no words of a phrase.
            count = sum(any(map(str.isalpha, match.group())) for match in words[first:last])
            if count >= _MIN_PART:
                parts.append((words[first].start(), words[last - 1].end()))
                total += count
            first = max(last, first + 1)
        if total >= MIN_WORDS and len(parts) > 1:
            for start, stop in parts:
                yield Find(place + start, _trim(text, place + start, place + stop), Kind.SECRET)


def _of_parts(word: str) -> int:
    """Return the lists that a word of a part is in; a sign that stands alone ends a part."""
    return 0 if word in _SEPARATORS else word_lists().get(word.lower(), 0)


_UNSPACED_STEMS = frozenset(
    {"助记", "助憶", "恢复短", "シード", "ニーモ", "復元", "니모닉", "시드"}
)
_UNSPACED_REACH = 12
"""Characters from such a word's beginning to where the phrase begins at the latest."""

_PARTS = re.compile(rb"\x01{%d,}" % _MIN_PART)


def _may_hold_parts(words: Sequence[str], lists: Mapping[str, int]) -> bool:
    """Tell if enough of the words stand together in a list, of any language."""
    parts = _PARTS.findall(bytes(map(lists.__contains__, words)))
    return sum(map(len, parts)) >= MIN_WORDS


def _is_one_list(text: str, start: int, stop: int) -> bool:
    """Tell if words stand in one turn without the end of a sentence between them,
    as no talk does.
    """
    return _SENTENCES.search(text, start, stop) is None


def _trim(text: str, start: int, stop: int) -> int:
    return start + len(text[start:stop].rstrip(_EDGES))


def _runs(places: WordPlaces) -> Iterator[tuple[int, int]]:
    """Yield the first and last word of each run of a recovery phrase's words."""
    for start, stop in places.runs(WordKind.PHRASE, MIN_WORDS):
        words, last = places.words, -1
        for position in range(start + -start % _STEP, stop - _STEP, _STEP):
            if position > last:
                first, last = _grow(words, position, word_lists())
                if (
                    sum(any(map(str.isalpha, word)) for word in words[first : last + 1])
                    >= MIN_WORDS
                ):
                    yield first, last


def _grow(words: Sequence[str], position: int, lists: dict[str, int]) -> tuple[int, int]:
    """Return the ends of the longest run around a word in which all are of one list."""
    languages = _lists_of(words[position], lists)
    first = last = position
    while last + 1 < len(words) and languages & _lists_of(words[last + 1], lists):
        last += 1
        languages &= _lists_of(words[last], lists)
    while first > 0 and languages & _lists_of(words[first - 1], lists):
        first -= 1
        languages &= _lists_of(words[first], lists)
    # A number before the first word is that of a list, and no part of the phrase.
    while first < last and not any(map(str.isalpha, words[first])):
        first += 1
    return first, last


def may_be_in_phrase(word: str) -> bool:
    """Tell if a word (lower case, with signs around it) is in one of the lists, or is a number."""
    return _lists_of(word, word_lists()) > 0


def _lists_of(word: str, lists: Mapping[str, int]) -> int:
    """Return the lists that a word is in, also in quotation marks or with its number before it."""
    if word in lists or word.isalpha():
        return lists.get(word, 0)
    return lists.get(_NUMERAL.sub("", word).strip(_AROUND), 0)


_NUMERAL = re.compile(r"\A[#(\[]?\d{1,2}[.):=\]-]+")
_AROUND = "\"'`[](){}<>*_.,;!|"
_SEPARATORS = ("/", "|", "-", "--", "*", "•", "·", ">", "->", "+", "&", ",")
"""Signs that stand between the words of a list by themselves."""

_LETTERS = LatePattern(r"[^\W\d_]+")
_MIN_JOINED = MIN_WORDS * 4 - 1  # characters: no word is shorter than three letters

_EVERY_LANGUAGE = (1 << 32) - 1


@lru_cache(maxsize=1)
def word_lists() -> dict[str, int]:
    """Return every word of BIP39's lists with the lists that it is in, as bits.

    Words come with the marks that may follow them too. A number between words ("3.") is in all
    lists.
    """
    lists: dict[str, int] = {}
    for number, language in enumerate(Mnemonic.list_languages()):
        for word in Mnemonic(language).wordlist:
            # People type without accents, and keyboards compose them in different ways.
            # The package itself gives them taken apart.
            spellings = (
                {word}
                if word.isascii()
                else {_compose(word), _without_accents(word), unicodedata.normalize("NFD", word)}
            )
            for spelling in spellings:
                for mark in ("", ",", ".", ";"):
                    lists[spelling + mark] = lists.get(spelling + mark, 0) | 1 << number
    for count in range(1, 25):
        for numeral in (
            f"{count}",
            f"{count}.",
            f"{count})",
            f"{count}:",
            f"({count})",
            f"#{count}",
        ):
            lists[numeral] = _EVERY_LANGUAGE
    lists.update(dict.fromkeys(_SEPARATORS, _EVERY_LANGUAGE))
    return lists


def _compose(word: str) -> str:
    return unicodedata.normalize("NFC", word)


def _without_accents(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    return _compose("".join(c for c in parts if not "\u0300" <= c <= "\u036f"))
