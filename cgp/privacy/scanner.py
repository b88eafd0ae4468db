"""All personal data in a text, in one pass over each of the few places where it can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from cgp.privacy import (
    accounts,
    handles,
    identity_numbers,
    locks,
    postal_addresses,
    recovery_phrases,
    said_secrets,
)
from cgp.privacy.accounts import find_accounts, find_cards, find_payment_addresses
from cgp.privacy.context import Context
from cgp.privacy.credentials import BEARER_STEMS, REQUEST_STEMS, find_secrets
from cgp.privacy.dates_of_birth import BIRTH, find_dates_of_birth
from cgp.privacy.dictation import dictations
from cgp.privacy.emails import DOT_STEMS, find_emails
from cgp.privacy.first_words import FirstWords
from cgp.privacy.handles import find_handles, find_tags
from cgp.privacy.identity_numbers import (
    LEAST_DIGITS,
    find_announced_numbers,
    find_identity_numbers,
    find_short_identity_numbers,
    find_short_plates,
)
from cgp.privacy.locks import find_lock_codes
from cgp.privacy.network_addresses import find_addresses
from cgp.privacy.number_words import PHONE
from cgp.privacy.personal_data import Find, Kind, without_overlaps
from cgp.privacy.phones import find_phones
from cgp.privacy.plain_text import BREAK, PlainText, plain_text
from cgp.privacy.postal_addresses import find_coordinates, find_postal_addresses, find_three_words
from cgp.privacy.repeats import Repeats
from cgp.privacy.spoken_numbers import AS_WRITTEN, find_spoken_numbers
from cgp.privacy.urls import Url, find_urls, urls_in
from cgp.privacy.wallets import NAME_STEMS, find_wallets
from cgp.privacy.word_places import Vocabulary, WordKind, WordPlaces

PLACEHOLDER = re.compile(
    rf"\[(?:{'|'.join(kind.upper() for kind in Kind)})_\d{{1,9}}\]", re.IGNORECASE
)
"""A mark that stands for redacted data."""

# Each round masks its finds, which may bring the parts of another value together.
_MAX_ROUNDS = 4

_HANDLE_STEMS = handles.STEMS | handles.PROFILE_STEMS
_BRACKETS = frozenset(b"[({<%&\\")
_IN_ANY_TEXT = bytes(
    code for code in range(256) if chr(code).isalnum() or chr(code) in " .,?!'\"-\n\x1e"
)
"""Characters of Latin-1 that tell no rule anything."""

_ADDRESS_WORDS = Vocabulary(postal_addresses.STEMS)
_STREETS = Vocabulary(postal_addresses.STREET_STEMS)
_ANY_STREETS = Vocabulary(postal_addresses.STREET_STEMS | postal_addresses.MORE_STREET_STEMS)

_NEAR = 40
"""Characters around digits in which a number with letters in it may begin or end."""

_DIGIT, _OTHER = b"1", b" "
_DIGITS = b"".join(_DIGIT if chr(code) in "0123456789" else _OTHER for code in range(256))
"""Table that makes every digit of a text in Latin-1 a 1, and every other character a space."""

_HEXADECIMAL = frozenset("0123456789abcdefABCDEF:")
_GAP = 4  # most characters between digits of one number
_MIN_DIGITS = 3
_MOST_DIGITS_ALONE = 4

_MIN_LONG_NUMBER = LEAST_DIGITS
"""Digits of the shortest account, card, identity and telephone numbers that count by their form."""

_Finder = Callable[[str, int, int, AbstractSet[Context]], Iterator[Find]]

_LONG_NUMBER_FINDERS: tuple[_Finder, ...] = (
    find_accounts,
    find_cards,
    find_identity_numbers,
    find_phones,
)
_NUMBER_FINDERS: tuple[_Finder, ...] = (
    find_addresses,
    find_announced_numbers,
    find_short_identity_numbers,
    find_dates_of_birth,
    find_coordinates,
    find_lock_codes,
)
_FIRST_WORDS = FirstWords({
    PHONE, BIRTH, postal_addresses.ADDRESS, *accounts.CONTEXTS, *identity_numbers.CONTEXTS, *locks.CONTEXTS,
})  # fmt: skip
"""Words without which most rules for numbers find nothing."""

_VOCABULARY = Vocabulary(
    said_secrets.STEMS
    | recovery_phrases.PART_STEMS
    | BEARER_STEMS
    | REQUEST_STEMS
    | DOT_STEMS
    | handles.STEMS
    | handles.PROFILE_STEMS
    | NAME_STEMS
    | postal_addresses.STREET_STEMS,
    {
        WordKind.NUMBER: AS_WRITTEN.__contains__,
        WordKind.PHRASE: recovery_phrases.may_be_in_phrase,
        WordKind.CONTEXT: _FIRST_WORDS.may_begin,
    },
)


def find_personal_data(text: str) -> list[Find]:
    """Return the personal data in ``text``, in order, without overlaps.

    Values that are found are then looked for everywhere else, in any spelling. Ends of turns are
    ``BREAK``; no find reaches over one. Time is linear in the length of the text, whatever it
    holds.
    """
    plain = plain_text(text)
    finds = find_in_plain(plain.text)
    return [Find(*plain.span(find.start, find.stop), find.kind) for find in finds]


def find_in_plain(text: str) -> list[Find]:
    """Return the personal data in a plain text; see ``find_personal_data``.

    A find is masked and the rest searched again, since data written right against other data
    shows only then.
    """
    original, places = text, WordPlaces(text, _VOCABULARY)
    finds = _dictated_finds(text, places.lower)
    fresh = without_overlaps(finds)
    for _ in range(_MAX_ROUNDS):
        if fresh:
            text = _mask(text, fresh)
            places = WordPlaces(text, _VOCABULARY)
        fresh = _search(places)
        if not fresh:
            break
        finds += fresh
    else:
        text = _mask(text, fresh)
    # In the masked text: a value inside another find has its mark already.
    if finds:
        repeats = Repeats((find.kind, original[find.start : find.stop]) for find in finds)
        finds += repeats.find_plain(PlainText(text))
    return without_overlaps(finds)


def _dictated_finds(text: str, lower: str) -> list[Find]:
    """Return the parts of values that are told over several turns."""
    finds: list[Find] = []
    if BREAK in text:
        for dictation in dictations(text, lower):
            for find in _search(WordPlaces(dictation.text, _VOCABULARY)):
                finds += _parts(text, dictation, find)
    return finds


def _parts(text: str, dictation: PlainText, find: Find) -> list[Find]:
    """Return a find in joined turns turn by turn, nothing if it is in one turn only."""
    assert dictation.positions is not None
    places = [p for p in dictation.positions[find.start : find.stop] if text[p] != BREAK]
    cuts = [i for i in range(1, len(places)) if places[i] != places[i - 1] + 1]
    pieces = [places[a:b] for a, b in zip((0, *cuts), (*cuts, len(places)), strict=True)]
    if len(pieces) < 2:
        return []
    return [Find(piece[0], piece[-1] + 1, find.kind) for piece in pieces]


def _search(places: WordPlaces) -> list[Find]:
    text = places.text
    # One byte for each character, so that places in the bytes are places in the text.
    signs = text.encode("latin-1", "replace").translate(None, _IN_ANY_TEXT)
    at, slash = b"@" in signs, b"/" in signs
    urls = list(urls_in(text)) if slash else []
    finds = [*find_secrets(text, places), *find_urls(urls)]
    # Most texts have none of the signs that these rules need.
    if at or not _BRACKETS.isdisjoint(signs) or places.has(DOT_STEMS):
        finds += find_emails(text, places)
    if at:
        finds += find_payment_addresses(text)
    if places.has_long() or places.has(NAME_STEMS):
        finds += find_wallets(text, places)
    if at or slash or places.has(_HANDLE_STEMS):
        finds += find_handles(text, places)
    if b"#" in signs:
        finds += find_tags(text)
    if slash:
        finds += find_three_words(text)
    finds += find_spoken_numbers(text, places)
    finds.extend(_numbers(places))
    finds = [part for find in finds for part in _within_turns(text, find)]
    return without_overlaps(_outside_urls(finds, urls))


def _numbers(places: WordPlaces) -> Iterator[Find]:
    """Yield the finds of which a number is a part."""
    text, runs = places.text, _digits(places.text)
    if places.has(postal_addresses.STREET_STEMS):
        yield from _addresses_of_small_numbers(places, runs)
    yield from find_short_plates(text, runs)
    regions = list(_regions(text, runs))
    contexts = _FIRST_WORDS.contexts(places) if regions else frozenset()
    for start, stop, digits in regions:
        # Most places have a year or a count: the many rules for long numbers are not asked there.
        for finder in _LONG_NUMBER_FINDERS if digits >= _MIN_LONG_NUMBER else ():
            yield from finder(text, start, stop, contexts)
        for finder in _NUMBER_FINDERS:
            yield from finder(text, start, stop, contexts)
        if postal_addresses.ADDRESS not in contexts:
            continue
        near_start = max(0, start - postal_addresses.GAP)
        if _ADDRESS_WORDS.is_in(places.lower, near_start, stop) and (
            _ANY_STREETS.is_in(places.lower, start, stop)
            or postal_addresses.POST_CODE.search(text, start, stop)
        ):
            yield from find_postal_addresses(text, start, stop)


def _addresses_of_small_numbers(places: WordPlaces, runs: list[tuple[int, int]]) -> Iterator[Find]:
    """Yield the addresses with a house's number of one or two digits."""
    text = places.text
    for start, stop in _small_numbers(runs):
        begin, end = max(0, start - _NEAR), min(len(text), stop + _NEAR)
        near_start = max(0, start - postal_addresses.REACH)
        if _STREETS.is_in(places.lower, begin, end) and _ADDRESS_WORDS.is_in(
            places.lower, near_start, start
        ):
            yield from find_postal_addresses(text, begin, end)


def _within_turns(text: str, find: Find) -> Iterator[Find]:
    """Yield the parts of a find in each turn."""
    start = find.start
    while (end := text.find(BREAK, start, find.stop)) >= 0:
        if end > start:
            yield Find(start, end, find.kind)
        start = end + 1
    if start < find.stop:
        yield Find(start, find.stop, find.kind)


def _mask(text: str, finds: list[Find]) -> str:
    """Return ``text`` with each find replaced by something as long that reads like
    a placeholder.
    """
    parts: list[str] = []
    position = 0
    for find in finds:
        length = find.stop - find.start
        parts += (text[position : find.start], "[0".ljust(length, "]")[:length])
        position = find.stop
    return "".join((*parts, text[position:]))


class _Region(NamedTuple):
    """A part of a text where numbers are, and the most digits that are close to
    each other there.
    """

    start: int
    stop: int
    digits: int


def _regions(text: str, runs: list[tuple[int, int]]) -> Iterator[_Region]:
    """Yield the parts of a text where numbers are, apart from each other and in order."""
    start = stop = most_digits = 0
    for first, last, digits in sorted([*_close_digits(text, runs), *_hexadecimal(text)]):
        if first - _NEAR > stop:
            if stop:
                yield _Region(start, stop, most_digits)
            start, most_digits = max(0, first - _NEAR), 0
        stop, most_digits = max(stop, min(len(text), last + _NEAR)), max(most_digits, digits)
    if stop:
        yield _Region(start, stop, most_digits)


def _hexadecimal(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield where colons stand between hexadecimal digits or other colons."""
    colon = text.find(":")
    while colon >= 0:
        following = text[colon + 1 : colon + 2]
        if following in _HEXADECIMAL and (
            text[colon - 1 : colon] in _HEXADECIMAL or following == ":"
        ):
            yield max(0, colon - 4), colon + 4, 0
        colon = text.find(":", colon + 1)


def _small_numbers(runs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where numbers of one or two digits are, as houses have, apart from each other."""
    last = -_NEAR
    for start, stop in runs:
        if stop - start < _MIN_DIGITS and start - last >= _NEAR:
            last = stop
            yield start, stop


def _close_digits(text: str, runs: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    start = stop = count = 0
    for first, end in runs:
        if first - stop >= _GAP or (count and BREAK in text[stop:first]):
            if count >= _MIN_DIGITS and not _is_number_alone(text, start, stop):
                yield start, stop, count
            start, count = first, 0
        count += end - first
        stop = end
    # The run that the text ends in has no following run that would close it.
    if count >= _MIN_DIGITS and not _is_number_alone(text, start, stop):
        yield start, stop, count


def _digits(text: str) -> list[tuple[int, int]]:
    """Return where runs of digits are, by translated bytes: far faster than a pattern."""
    signs = text.encode("latin-1", "replace").translate(_DIGITS)
    runs: list[tuple[int, int]] = []
    start = signs.find(_DIGIT)
    while start >= 0:
        stop = signs.find(_OTHER, start)
        stop = len(signs) if stop < 0 else stop
        runs.append((start, stop))
        start = signs.find(_DIGIT, stop)
    return runs


def _is_number_alone(text: str, start: int, stop: int) -> bool:
    """Tell if a text is a short number and nothing else, as many ids are: no form is as short."""
    return (
        stop - start <= _MOST_DIGITS_ALONE
        and (start == 0 or text[start - 1] == BREAK)
        and (stop == len(text) or text[stop] == BREAK)
        and text[start:stop].isdigit()
    )


def _outside_urls(finds: list[Find], urls: list[Url]) -> list[Find]:
    """Return the finds without numbers that are a part of a plain address of a page."""
    if not urls:
        return finds
    finds_outside: list[Find] = []
    position = 0
    for find in sorted(finds):
        while position < len(urls) and urls[position].stop <= find.start:
            position += 1
        # Addresses of pages are full of numbers; what is secret in them has rules of its own.
        inside = position < len(urls) and urls[position].start <= find.start
        if not inside or find.kind not in _NUMBER_KINDS or _is_call(find, urls[position]):
            finds_outside.append(find)
    return finds_outside


_NUMBER_KINDS = frozenset({Kind.CARD, Kind.BANK, Kind.ID, Kind.PHONE})


def _is_call(find: Find, url: Url) -> bool:
    """Tell if the number is where the address leads (``https://wa.me/34612345678``)."""
    return find.kind is Kind.PHONE and find.start - url.start <= len("https://") + 4
