"""Excerpts: the lines of a window that a query is about, with the query's words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.search.full_text import has_only_function_words, telling_words

_STEM = 4
"""Letters from which on a word is also marked with an ending: "budgets" for "budget"."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt; ``marked`` where it says a word of the query."""

    text: str
    marked: bool


def excerpt(text: str, query: str, characters: int) -> list[Piece]:
    """Return at most ``characters`` of a text, from its line with most of the query's words.

    Lines that follow are taken along while there is room. A cut is shown by an ellipsis.
    """
    expression = words_of(query)
    lines = lines_of(text)
    if not lines:
        return []
    best = next(iter(best_lines(expression, lines)), 0)
    text_from_best = " / ".join(lines[best:])
    first = expression.search(text_from_best) if expression is not None else None
    # A long line may say the word far from its beginning: some words before it are enough.
    start = max(0, first.start() - characters // 3) if first else 0
    if start:
        start = text_from_best.find(" ", start) + 1
    begin = "…" if start or best else ""
    passage = f"{begin}{text_from_best[start : start + characters]}"
    if start + characters < len(text_from_best):
        passage = f"{passage.rstrip()}…"
    return pieces_of(expression, passage)


def plain(pieces: list[Piece]) -> str:
    """Return the text of pieces without marks."""
    return "".join(piece.text for piece in pieces)


def pieces_of(expression: re.Pattern[str] | None, text: str) -> list[Piece]:
    """Return the whole of a text in pieces, marked where it says a word of the pattern."""
    if expression is None:
        return [Piece(text, marked=False)]
    pieces, end = list[Piece](), 0
    for match in expression.finditer(text):
        if match.start() > end:
            pieces.append(Piece(text[end : match.start()], marked=False))
        pieces.append(Piece(match.group(), marked=True))
        end = match.end()
    if end < len(text):
        pieces.append(Piece(text[end:], marked=False))
    return pieces


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that say something."""
    return [line for line in text.split("\n") if line.strip()]


def best_lines(expression: re.Pattern[str] | None, lines: Sequence[str]) -> list[int]:
    """Return the places of the lines that say most of a query's words, none where none says any."""
    counts = [_distinct(expression, line) for line in lines]
    greatest = max(counts, default=0)
    return [n for n, count in enumerate(counts) if count == greatest] if greatest else []


def words_of(query: str) -> re.Pattern[str] | None:
    """Return a pattern of the words that say what a query is about, None where it has none.

    Function words are no such words, also where the query has no other.
    """
    words = sorted(telling_words(query), key=len, reverse=True)
    if not words or has_only_function_words(query):
        return None
    forms = (
        rf"\b{re.escape(word)}\w{{0,3}}\b"
        if len(word) >= _STEM and word.isascii()
        else _whole(word)
        for word in words
    )
    return re.compile("|".join(forms), re.IGNORECASE)


def _whole(word: str) -> str:
    # Scripts without spaces between words have no border to look for.
    border = r"\b" if all(ord(character) < 0x0E00 for character in word) else ""
    return f"{border}{re.escape(word)}{border}"


def _distinct(expression: re.Pattern[str] | None, line: str) -> int:
    if expression is None:
        return 0
    return len({match.group().casefold() for match in expression.finditer(line)})
