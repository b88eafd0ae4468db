"""Rows of a table in which a broken quotation mark costs its row and no other."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_LINES = 2000
MAX_CHARACTERS = 1_000_000
"""Most lines and characters of one row: a longer quotation has a broken mark."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row; ``number`` is its first line in the file."""

    number: int
    cells: list[str]


def csv_rows(lines: Iterable[tuple[int, str]], delimiter: str, width: int) -> Iterator[Row]:
    """Yield the rows of a table whose header has ``width`` cells, blank ones left out.

    A quoted cell may go over lines. Where its end does not come, or the row would not have the
    header's cells, its first line is a row of its own.
    """
    waiting: deque[tuple[int, str]] = deque()
    source = iter(lines)
    while True:
        first = waiting.popleft() if waiting else next(source, None)
        if first is None:
            return
        number, text = first
        # An odd number of marks leaves a quotation open at the line's end.
        if text.count('"') % 2:
            text = _extend(text, waiting, source, delimiter, width)
        if text.strip():
            yield Row(number, _cells(text, delimiter))


def _extend(
    text: str,
    waiting: deque[tuple[int, str]],
    source: Iterator[tuple[int, str]],
    delimiter: str,
    width: int,
) -> str:
    """Return a row with the lines that its open quotation goes on over; they are taken from
    ``waiting``.
    """
    parts, characters = [text], len(text)
    # Bounded: one broken mark must not take the rest of the file for a quotation.
    for place in range(MAX_LINES):
        if place >= len(waiting):
            following = next(source, None)
            if following is None:
                return text
            waiting.append(following)
        line = waiting[place][1]
        parts.append(line)
        characters += len(line)
        if characters > MAX_CHARACTERS:
            return text
        if line.count('"') % 2:
            whole = "\n".join(parts)
            if len(_cells(whole, delimiter)) != width:
                return text
            for _ in range(place + 1):
                waiting.popleft()
            return whole
    return text


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(_lines(text), delimiter=delimiter), [])
    except csv.Error:
        # A cell is longer than the library takes: cut where the delimiters are.
        return text.split(delimiter)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [lines[-1]]
