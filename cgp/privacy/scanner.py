"""All personal data in a text, in one pass over each of the few places where it can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cgp.privacy.accounts import find_accounts, find_cards
from cgp.privacy.credentials import find_secrets
from cgp.privacy.emails import find_emails
from cgp.privacy.identity_numbers import find_identity_numbers
from cgp.privacy.network_addresses import find_addresses
from cgp.privacy.personal_data import Find, Kind, without_overlaps
from cgp.privacy.phones import find_phones
from cgp.privacy.plain_text import plain
from cgp.privacy.urls import Url, find_urls, urls_in

PLACEHOLDER = re.compile(
    rf"\[(?:{'|'.join(kind.upper() for kind in Kind)})_\d{{1,9}}\]", re.IGNORECASE
)
"""A mark that stands for redacted data."""

_MAX_ROUNDS = 4

_NEAR = 40
"""Characters around digits in which a number with letters in it may begin or end."""

# Four digits close to each other, or hexadecimal groups joined by colons.
_NUMERIC = re.compile(r"\d(?:[^\d\x1e]{0,3}\d){3,}|[\dA-Fa-f]{1,4}::?[\dA-Fa-f]{1,4}:")

_NUMBER_FINDERS: tuple[Callable[[str, int, int], Iterator[Find]], ...] = (
    find_accounts,
    find_cards,
    find_identity_numbers,
    find_phones,
)


def find_personal_data(text: str) -> list[Find]:
    """Return the personal data in ``text``, in order, without overlaps.

    What was found is masked and the rest searched again, since data written right against other data
    shows only then. Time is linear in the length of the text, whatever it holds.
    """
    text = plain(text)
    finds: list[Find] = []
    for _ in range(_MAX_ROUNDS):
        fresh = _search(text)
        if not fresh:
            break
        text = _masked(text, fresh)
        finds += fresh
    return without_overlaps(finds)


def _search(text: str) -> list[Find]:
    urls = list(urls_in(text))
    finds = [*find_secrets(text), *find_urls(urls), *find_emails(text)]
    for start, stop in _regions(text):
        finds.extend(find_addresses(text, start, stop))
        for finder in _NUMBER_FINDERS:
            finds.extend(finder(text, start, stop))
    return without_overlaps(_outside_urls(finds, urls))


def _masked(text: str, finds: list[Find]) -> str:
    """Return ``text`` with each find replaced by something as long that reads like a placeholder."""
    parts: list[str] = []
    position = 0
    for find in finds:
        length = find.stop - find.start
        parts += (text[position : find.start], "[0".ljust(length, "]")[:length])
        position = find.stop
    return "".join((*parts, text[position:]))


def _regions(text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text where numbers are, apart from each other and in order."""
    start = stop = 0
    for match in _NUMERIC.finditer(text):
        if match.start() - _NEAR > stop:
            if stop:
                yield start, stop
            start = max(0, match.start() - _NEAR)
        stop = min(len(text), match.end() + _NEAR)
    if stop:
        yield start, stop


def _outside_urls(finds: list[Find], urls: list[Url]) -> list[Find]:
    """Return the finds without numbers that are a part of a plain address of a page."""
    if not urls:
        return finds
    kept: list[Find] = []
    position = 0
    for find in sorted(finds):
        while position < len(urls) and urls[position].stop <= find.start:
            position += 1
        inside = position < len(urls) and urls[position].start <= find.start
        if not inside or find.kind not in _NUMBER_KINDS or _is_call(find, urls[position]):
            kept.append(find)
    return kept


_NUMBER_KINDS = frozenset({Kind.CARD, Kind.BANK, Kind.ID, Kind.PHONE})


def _is_call(find: Find, url: Url) -> bool:
    """Return whether the number is where the address leads (``https://wa.me/34612345678``)."""
    return find.kind is Kind.PHONE and find.start - url.start <= len("https://") + 4
