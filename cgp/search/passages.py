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
    readings: list[_Reading] = []
    for hit in hits:
        reading = _reading(hit, expression)
        original = next((earlier for earlier in readings if _repeats(reading, earlier)), None)
        if original is not None:
            original.repeats += 1
            continue
        readings.append(reading)
        if len(readings) == count:
            break
    return [replace(reading.hit, repeats=reading.repeats) for reading in readings]


@dataclass(slots=True)
class _Reading:
    """A window with its lines and its ``passage``, empty where no line says a word of the query."""

    hit: Hit
    lines: list[str]
    passage: str
    repeats: int = 0


def _reading(hit: Hit, expression: re.Pattern[str] | None) -> _Reading:
    lines = lines_of(hit.text)
    place, words = best_line(expression, lines) if lines else (0, 0)
    return _Reading(hit, lines, lines[place] if words else "")


def _repeats(window: _Reading, earlier: _Reading) -> bool:
    """Tell whether a window shows the passage of an earlier one, whose turns it shares in part."""
    hit, earlier_hit = window.hit, earlier.hit
    if hit.conversation_id != earlier_hit.conversation_id:
        return False
    if hit.stop <= earlier_hit.start or earlier_hit.stop <= hit.start:
        return False
    if window.passage:
        return window.passage == earlier.passage
    # Found by its meaning or its tags alone: the same passage where most of it is.
    return 2 * sum(line in earlier.lines for line in window.lines) > len(window.lines)
