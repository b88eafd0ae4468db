"""Passages among results: neighbouring windows share turns, and each passage is shown once.

The passages of a window are its lines that say most of the query's words: its excerpt begins at
the first. A window is left out only where a better one shows them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cgp.search.excerpts import best_lines, lines_of, words_of
from cgp.search.hits import Hit


@dataclass(frozen=True, slots=True)
class _Line:
    """A line and its ``turn``, None where lines are no turns: words said twice are two passages."""

    turn: int | None
    text: str


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
    """A window with its lines and its ``passages``: none where no line says a word of the query."""

    hit: Hit
    lines: list[_Line]
    passages: list[_Line]
    repeats: int = 0


def _reading(hit: Hit, expression: re.Pattern[str] | None) -> _Reading:
    texts = lines_of(hit.text)
    # Lines are turns, but where a text was cut or written otherwise.
    are_turns = len(texts) == hit.stop - hit.start
    lines = [_Line(hit.start + n if are_turns else None, text) for n, text in enumerate(texts)]
    return _Reading(hit, lines, [lines[place] for place in best_lines(expression, texts)])


def _repeats(window: _Reading, earlier: _Reading) -> bool:
    """Tell whether a window shows the passage of an earlier one, whose turns it shares in part."""
    hit, earlier_hit = window.hit, earlier.hit
    if hit.conversation_id != earlier_hit.conversation_id:
        return False
    if hit.stop <= earlier_hit.start or earlier_hit.stop <= hit.start:
        return False
    if window.passages:
        return window.passages[:1] == earlier.passages[:1] and all(
            line in earlier.lines for line in window.passages
        )
    # Found by its meaning or its tags alone: the same passage where most of it is.
    return 2 * sum(line in earlier.lines for line in window.lines) > len(window.lines)
