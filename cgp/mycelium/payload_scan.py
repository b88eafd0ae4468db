"""A last look at every message before it leaves: no five words in a row of a private text.

Messages hold numbers, digests and names of a fixed form, so nothing is ever found. A later change
that lets text in is stopped here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from cgp.mycelium.errors import MyceliumError
from cgp.words import SPACELESS, Reading

GRAM = 5
_WORDS = Reading(signs=SPACELESS)
# Texts inside a message may be encoded; every run of the alphabet of base64 is looked into too.
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


class PrivateTextError(
    MyceliumError, code="mycelium.private_text", remedy="report it: no message may hold a text"
):
    """A message holds words of a private text; it is not sent."""


class PayloadScan:
    """Runs of words of private texts, kept as hashes, and the messages checked against them."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._grams: set[int] = set()
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Add a private text."""
        self._grams |= {hash(gram) for gram in grams(text)}

    def finds(self, message: bytes) -> bool:
        """Tell if a message holds five words in a row of a private text, plain or in base64."""
        return any(hash(gram) in self._grams for text in _texts(message) for gram in grams(text))

    def check(self, message: bytes) -> None:
        """Check a message.

        Raises:
            PrivateTextError: if it holds private words.
        """
        if self.finds(message):
            raise PrivateTextError("a message holds five words in a row of a private text")


def grams(text: str) -> Iterator[tuple[str, ...]]:
    """Yield each run of five words of a text."""
    words = _WORDS.words(text.casefold())
    for place in range(len(words) - GRAM + 1):
        yield tuple(words[place : place + GRAM])


def _texts(message: bytes) -> Iterator[str]:
    yield message.decode("utf-8", "replace").replace("\\n", " ")
    for run in _RUN.findall(message):
        digits = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            data = base64.b64decode(digits + b"=" * (-len(digits) % 4))
        except binascii.Error:
            continue
        yield data.decode("utf-8", "replace")
