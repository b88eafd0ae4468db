"""Lines of text files, whatever wrote them: encodings, ends of lines, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from cgp.sources.files import File, read_lines

MAX_TEXT_LINE = 1024 * 1024
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def text_lines(file: File) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, line without its end)``.

    UTF-8 and, with a byte order mark, UTF-16 are read. A line that is not UTF-8 is taken as
    Windows-1252, as old subtitles are.

    Raises:
        ConversationError: at a line longer than ``MAX_TEXT_LINE`` bytes.
    """
    with file.open() as stream:
        encoding = _UTF16.get(stream.peek(2)[:2]) if hasattr(stream, "peek") else None
        lines = _utf16_lines(stream, encoding) if encoding else _utf8_lines(stream)
        for number, line in enumerate(lines, 1):
            yield number, line.rstrip("\r\n")


def _utf8_lines(stream: BinaryIO) -> Iterator[str]:
    first = True
    for line in read_lines(stream, MAX_TEXT_LINE):
        yield decoded(line.removeprefix(b"\xef\xbb\xbf") if first else line)
        first = False


def _utf16_lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the lines of UTF-16 text; a line of two-byte units may hold a newline's byte."""
    newline = "\n".encode(encoding)
    stream.read(2)
    rest = bytearray()
    for line in read_lines(stream, MAX_TEXT_LINE):
        rest += line
        if encoding.endswith("le"):
            rest += stream.read(1)
        if (len(rest) % 2 == 0 and rest.endswith(newline)) or len(rest) > MAX_TEXT_LINE:
            yield rest.decode(encoding, "replace")
            rest = bytearray()
    if rest:
        yield rest.decode(encoding, "replace")


def decoded(data: bytes) -> str:
    """Return bytes as text: UTF-8, or Windows-1252 where they are not."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def head_lines(head: bytes) -> list[str]:
    """Return the non-blank lines of a file's first bytes, without a last one that is cut."""
    if (encoding := _UTF16.get(head[:2])) is not None:
        text = head[2:].decode(encoding, "ignore")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.splitlines()
    if len(head) > 4096 and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()]
