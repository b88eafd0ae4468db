"""Passages of a window for the contextual encoder: few, long, in whole sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Words of a passage, and characters of all passages of a window (about 100 tokens of the encoder).
# Cross-validation on the training windows gives the whole text no measurable advantage.
_WORDS = 30
_CHARACTERS = 430
# What a passage costs beside its characters.
_EDGE = 9
# Characters of a word that count. The encoder takes none that is longer for a word, and one endless
# word must not stand for all text of a window.
_WORD_CHARACTERS = 64
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+|\n+")


def pieces_of(turns: Sequence[str]) -> list[tuple[int, str]]:
    """Return all text of a window in pieces, each with the index of its turn."""
    return [(number, text) for number, turn in enumerate(turns) for text in _pieces(turn)]


def longest(pieces: Sequence[str]) -> list[int]:
    """Return the places of a window's longest pieces, ascending: its passages.

    Long passages are where people say what they mean; short ones are greetings and assent.
    """
    places: list[int] = []
    room = _CHARACTERS
    # The longest first, until the encoder's room is full; the first one fits in any case.
    for place in sorted(range(len(pieces)), key=lambda n: (-len(pieces[n]), n)):
        cost = len(pieces[place]) + _EDGE
        if cost <= room or not places:
            places.append(place)
            room -= cost
    return sorted(places)


def _pieces(turn: str) -> list[str]:
    """Return a turn in pieces of at most ``_WORDS`` words, cut at sentences where they end.

    Of a long word its first ``_WORD_CHARACTERS`` characters stay.
    """
    pieces: list[str] = []
    current: list[str] = []
    for sentence in _SENTENCE_END.split(turn):
        words = [word[:_WORD_CHARACTERS] for word in sentence.split()]
        for start in range(0, len(words), _WORDS):
            part = words[start : start + _WORDS]
            if current and len(current) + len(part) > _WORDS:
                pieces.append(" ".join(current))
                current = []
            current = [*current, *part]
    if current:
        pieces.append(" ".join(current))
    return pieces
