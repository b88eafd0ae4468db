"""Lines of text files of any program: encodings, ends of lines, limits."""

from __future__ import annotations

from collections.abc import Iterator

from cgp.sources.files import File, read_lines

MAX_TEXT_LINE = 1024 * 1024
"""Most bytes that are read of a line: more than a turn may have, however its characters are
written.
"""
# With fewer lines the last one is kept, though it may be cut: a format needs lines to be told by.
_FEW_LINES = 3
_CUT = 4096  # bytes of a head that is long enough to have been cut


def text_lines(file: File) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, line without its end)``.

    A line that is not UTF-8 is taken as Windows-1252, as old subtitles are. A line of more than
    ``MAX_TEXT_LINE`` bytes is cut there; its reader finds that it is too long for a turn.
    """
    with file.open() as stream:
        for number, line in enumerate(read_lines(stream, MAX_TEXT_LINE), 1):
            yield number, decoded(line)


def decoded(data: bytes) -> str:
    """Return bytes as text: UTF-8, or Windows-1252 where they are not.

    A broken byte among characters of UTF-8 makes no other encoding of the line: it is U+FFFD.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        breaks = text.count("\ufffd")
        whole = sum(not character.isascii() for character in text) - breaks
        return text if whole > breaks else data.decode("cp1252", "replace")


def head_lines(head: bytes) -> list[str]:
    """Return the non-blank lines of a file's first bytes.

    The last one, which may be cut, is left out, unless there are so few that each counts.
    """
    lines = [decoded(line) for line in head.splitlines()]
    if len(head) > _CUT and len(lines) > _FEW_LINES:
        lines.pop()
    return [line for line in lines if line.strip()]
