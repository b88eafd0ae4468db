"""Text in the encodings that programs write, read as UTF-8: every format sees one encoding.

A byte order mark is dropped. UTF-16 is known by its mark or, without one, by a zero in every
second byte of the beginning. A byte lost or inserted in UTF-16 shifts all that follows; nothing
can undo that.
"""

from __future__ import annotations

import codecs
import re
from typing import Protocol

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A name of an encoding stands in the first lines, and a mark in the first bytes.
_START = 64
_ENCODING_NAME = re.compile(rb"(?:charset|encoding)\s?=", re.IGNORECASE)
_FEW_HIGH = 8  # bytes above ASCII that damage may make
_MOST_HIGH = 0.35
"""Share of bytes above ASCII among letters that no Western text has."""
_SURE = 8  # bytes of a file that are enough to tell UTF-16 without a mark


class Readable(Protocol):
    """Bytes from somewhere, read once from the start."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        ...

    def close(self) -> None:
        """Let go of them."""
        ...


def as_utf8(raw: Readable) -> Readable:
    """Return the same text in UTF-8 without a mark; text in neither UTF-16 nor UTF-32 stays as it
    is.
    """
    start = filled(raw, _START)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            start = start[len(mark) :]
            return (
                _WithPrefix(start, raw) if encoding == "utf-8" else _Recoder(start, raw, encoding)
            )
    guess = _without_mark(start)
    return _Recoder(start, raw, guess) if guess else _WithPrefix(start, raw)


def is_foreign(head: bytes) -> bool:
    """Tell if text is in an old encoding of another script: read as Western it would be junk.

    Cyrillic, Greek and Asian text has a byte above ASCII in most of its characters, and Western
    text in few. Mail and pages, which name their encoding, are read in it.
    """
    if _ENCODING_NAME.search(head) is not None:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        text = head.decode("utf-8", "replace")
        breaks = text.count("\ufffd")
        whole = sum(not character.isascii() for character in text) - breaks
        high = sum(byte >= 0x80 for byte in head)
        latin = sum(chr(byte).isalpha() for byte in head if byte < 0x80)
        return breaks > whole and high >= _FEW_HIGH and high > _MOST_HIGH * (high + latin)
    return False


def filled(raw: Readable, size: int) -> bytes:
    """Return the next ``size`` bytes, fewer only at the end."""
    parts: list[bytes] = []
    while size > 0 and (part := raw.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _without_mark(start: bytes) -> str | None:
    even, odd = start[0 : len(start) & ~1 : 2], start[1::2]
    if len(start) < _SURE:
        return None
    if not any(odd) and all(even):
        return "utf-16-le"
    if not any(even) and all(odd):
        return "utf-16-be"
    return None


class _WithPrefix:
    """Bytes of which the first have been read already."""

    def __init__(self, start: bytes, raw: Readable) -> None:
        self._start = start
        self._raw = raw

    def read(self, size: int, /) -> bytes:
        if self._start:
            part, self._start = self._start[:size], self._start[size:]
            return part
        return self._raw.read(size)

    def close(self) -> None:
        self._raw.close()


class _Recoder:
    """Text of another encoding as UTF-8, with U+FFFD for invalid bytes."""

    def __init__(self, start: bytes, raw: Readable, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._raw = raw
        self._ready = self._utf8(start)
        self._ended = False

    def read(self, size: int, /) -> bytes:
        while not self._ready and not self._ended:
            data = self._raw.read(size)
            self._ended = not data
            self._ready = self._utf8(data, final=self._ended)
        part, self._ready = self._ready[:size], self._ready[size:]
        return part

    def _utf8(self, data: bytes, *, final: bool = False) -> bytes:
        # Not the last piece: a character cut at its end waits for the next one.
        return self._decoder.decode(data, final).encode("utf-8", "replace")

    def close(self) -> None:
        self._raw.close()
