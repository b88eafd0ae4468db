"""Sentences of passages, and how much of a text's words each of them says.

Words are compared as full text compares them, by SQLite's own tokenizer and stemmer: "pressed"
in a question is "press" in a passage, here as in the index.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.retrieval.passages import Passage
from cgp.search.search_form import search_form

MAX_SENTENCE: Final = 400
"""Characters of a quoted sentence; a longer one (speech without marks) is cut between words."""

_END: Final = re.compile(r"(?<=[.?!…؟۔।])\s+|(?<=[。！？])\s*|\n+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence word by word as it stands in a turn. ``passage`` is a place in a list from 0."""

    passage: int
    turn: int
    speaker: str
    text: str


def sentences_of(passages: Iterable[Passage]) -> list[Sentence]:
    """Return the sentences of passages in order; a turn of overlapping passages counts once."""
    sentences: list[Sentence] = []
    turns_read: set[tuple[str, int]] = set()
    for place, passage in enumerate(passages):
        for turn in passage.turns:
            if (passage.conversation, turn.number) in turns_read:
                continue
            turns_read.add((passage.conversation, turn.number))
            sentences += (
                Sentence(place, turn.number, turn.speaker, text) for text in split(turn.text)
            )
    return sentences


def split(text: str) -> list[str]:
    """Return the sentences of a text, each a part of it, without pieces that hold no letter."""
    parts = [part.strip() for part in _END.split(text)]
    return [piece for part in parts for piece in _pieces(part) if any(map(str.isalnum, piece))]


def word_shares(words: Sequence[str], texts: Sequence[str]) -> NDArray[np.float64]:
    """Return for each text the share of the weight of ``words`` that it says, shape ``(texts,)``.

    A word weighs ``log(1 + texts / texts that say it)``; one that no text says weighs the most.
    """
    shares = np.zeros(len(texts), dtype=np.float64)
    if not words or not texts:
        return shares
    # A few hundred sentences in memory: a millisecond, and the index's own reading of words.
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5 (x, tokenize='porter unicode61')")
        connection.executemany(
            "INSERT INTO t (rowid, x) VALUES (?, ?)",
            ((number, search_form(text)) for number, text in enumerate(texts)),
        )
        total = 0.0
        for word in words:
            query = f'"{word}"'
            rows = [
                row[0]
                for row in connection.execute("SELECT rowid FROM t WHERE t MATCH ?", (query,))
            ]
            weight = math.log(1 + len(texts) / max(len(rows), 1))
            total += weight
            shares[rows] += weight
    return shares / total


def _pieces(sentence: str) -> Iterable[str]:
    while len(sentence) > MAX_SENTENCE:
        cut = sentence.rfind(" ", 1, MAX_SENTENCE)
        cut = MAX_SENTENCE if cut < 0 else cut
        yield sentence[:cut]
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence
