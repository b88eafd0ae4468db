"""Passages among results: neighbouring windows share turns, and each passage is shown once.

The passage of a window is its line that says most of the query's words: its excerpt begins there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cgp.search.excerpts import best_line, lines_of, words_of
from cgp.search.hits import Hit


def each_passage_once(hits: Iterable[Hit], query: str, count: int) -> list[Hit]:
    """Return the first ``count`` of the windows in order, without those that repeat an earlier one.

    Each has the number of ``repeats`` that were left out. No more hits are taken than are needed.
    """
    expression = words_of(query)
    shown: list[_Shown] = []
    for hit in hits:
        reading = _reading(hit, expression)
        original = next((other for other in shown if _repeats(reading, other)), None)
        if original is not None:
            original.repeats += 1
            continue
        shown.append(reading)
        if len(shown) == count:
            break
    return [replace(reading.hit, repeats=reading.repeats) for reading in shown]


@dataclass(slots=True)
class _Shown:
    """A window with its lines and its ``passage``, empty where no line says a word of the query."""

    hit: Hit
    lines: list[str]
    passage: str
    repeats: int = 0


def _reading(hit: Hit, expression: re.Pattern[str] | None) -> _Shown:
    lines = lines_of(hit.text)
    place, words = best_line(expression, lines) if lines else (0, 0)
    return _Shown(hit, lines, lines[place] if words else "")


def _repeats(window: _Shown, earlier: _Shown) -> bool:
    """Tell whether a window shows the passage of an earlier one, whose turns it shares in part."""
    one, other = window.hit, earlier.hit
    if one.conversation_id != other.conversation_id:
        return False
    if one.stop <= other.start or other.stop <= one.start:
        return False
    if window.passage:
        return window.passage == earlier.passage
    # Found by its meaning or its tags alone: the same passage where most of it is.
    return 2 * sum(line in earlier.lines for line in window.lines) > len(window.lines)
