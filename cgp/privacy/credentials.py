"""Secrets: private keys, recovery phrases, API keys and tokens by their form, passwords that are
said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.key_forms import find_tokens
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK
from cgp.privacy.recovery_phrases import find_recovery_phrases
from cgp.privacy.said_secrets import find_said_secrets
from cgp.privacy.word_places import WordPlaces

_BLOCK = "-----BEGIN "
_BLOCK_HEAD = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BLOCK_END = re.compile(r"-----END [A-Z0-9 ]{0,60}-----")
BEARER_STEMS = frozenset({"^bearer", "^basic"})
"""Words before a token in a header."""

_BEARER = re.compile(
    r"(?:Bearer|Basic)[ ]+(?=[^\s\d=]{0,256}[\d=])(?P<value>[\w+/=.~-]{12,4096})", re.ASCII
)
_USER_AND_PASSWORD = re.compile(r"[ =]?[\"']?[\w.@-]{1,64}:(?P<value>[^\s\"':/]{4,128})")
REQUEST_STEMS = frozenset({"^curl", "^wget", "^httpie"})
"""Programs that take a name and a password."""


def find_secrets(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the secrets in a plain text."""
    if _BLOCK in text:
        yield from _private_keys(text)
    if places.has_long():
        yield from find_tokens(text, places)
    yield from find_said_secrets(text, places)
    yield from find_recovery_phrases(text, places)
    if places.has(REQUEST_STEMS):
        yield from _of_command_lines(text)
    for place in places.of(BEARER_STEMS):
        if match := _BEARER.match(text, place):
            yield Find(*match.span("value"), Kind.SECRET)


def _of_command_lines(text: str) -> Iterator[Find]:
    """Yield the passwords of ``curl -u name:password`` and the like."""
    for option in (" -u", " --user"):
        place = text.find(option)
        while place >= 0:
            if match := _USER_AND_PASSWORD.match(text, place + len(option)):
                yield Find(*match.span("value"), Kind.SECRET)
            place = text.find(option, place + 1)


def _private_keys(text: str) -> Iterator[Find]:
    """Yield key blocks; one without an end reaches to the end of its turn."""
    start = text.find(_BLOCK)
    while start >= 0:
        next_from = start + len(_BLOCK)
        if head := _BLOCK_HEAD.match(text, start):
            turn_end = text.find(BREAK, start)
            turn_end = len(text) if turn_end < 0 else turn_end
            end = _BLOCK_END.search(text, head.end(), turn_end)
            next_from = end.end() if end else turn_end
            yield Find(start, next_from, Kind.SECRET)
        start = text.find(_BLOCK, next_from)
