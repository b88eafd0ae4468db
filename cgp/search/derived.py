"""Vectors of the index, made from its catalogue: of each distinct tag, window and conversation.

Three folders beside the catalogue hold them. They carry nothing of their own: whatever is missing in
one is embedded again from the catalogue, whatever is too much is removed, so that a crash between the
two costs time and never an answer.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder
from cgp.vectors import VectorIndex

Rows = NDArray[np.float32]
Numbers = NDArray[np.int64]
KINDS = ("tags", "windows", "conversations")

# Of a window's vector, the part that its tags make; see benchmarks/search_quality.py --table.
TAGS_SHARE = 0.7
_BATCH = 4096
_IN_ONE_QUERY = 500


class Vectors:
    """The three vector indexes of a folder, opened together."""

    def __init__(self, folder: Path, embedder: Embedder, *, mapped: bool) -> None:
        self._embedder = embedder
        self._opened: dict[str, VectorIndex] = {}
        try:
            for kind in KINDS:
                self._opened[kind] = VectorIndex.open(
                    folder / kind, dimension=embedder.dimension, model=embedder.id, mapped=mapped
                )
        except BaseException:
            self.close()
            raise

    def of(self, kind: str) -> VectorIndex:
        """Return the index of ``tags``, ``windows`` or ``conversations``, by catalogue number."""
        return self._opened[kind]

    def close(self) -> None:
        """Close all three."""
        for index in self._opened.values():
            index.close()

    def follow(self, catalogue: sqlite3.Connection) -> None:
        """Make the three hold exactly what the catalogue does, and save them."""
        for kind in KINDS:
            index = self._opened[kind]
            query = f"SELECT number FROM {kind}"  # noqa: S608 - one of KINDS
            wanted = np.array(
                [row[0] for row in catalogue.execute(f"{query} ORDER BY number")], dtype=np.int64
            )
            index.remove(np.setdiff1d(index.ids, wanted, assume_unique=True))
            missing = np.setdiff1d(wanted, index.ids, assume_unique=True)
            for start in range(0, len(missing), _BATCH):
                part = missing[start : start + _BATCH]
                index.add(part, self._made(catalogue, kind, part))
            index.save()

    def _made(self, catalogue: sqlite3.Connection, kind: str, numbers: Numbers) -> Rows:
        if kind == "tags":
            texts = {row[0]: row[1] for row in _rows(catalogue, "number, text", "tags", numbers)}
            return self._embedder.embed([texts[n] for n in numbers.tolist()])
        if kind == "windows":
            records = {
                row[0]: row[1:]
                for row in _rows(catalogue, "number, conversation, text, tags", kind, numbers)
            }
            windows = [records[number] for number in numbers.tolist()]
            speakers = participants_of(catalogue, {conversation for conversation, _, _ in windows})
            return window_vectors(
                self._embedder,
                [spoken(text, speakers[conversation]) for conversation, text, _ in windows],
                [tags.split("\n") for _, _, tags in windows],
            )
        rows = np.zeros((len(numbers), self._embedder.dimension), dtype=np.float32)
        for place, number in enumerate(numbers.tolist()):
            inside = catalogue.execute(
                "SELECT number FROM windows WHERE conversation = ? ORDER BY number", (number,)
            ).fetchall()
            if inside:
                own = self._opened["windows"].vectors_of(np.array([row[0] for row in inside]))
                rows[place] = own.mean(axis=0)
        return unit(rows)


def window_vectors(embedder: Embedder, texts: Sequence[str], tags: Sequence[Sequence[str]]) -> Rows:
    """Return the vector of each window from its ``spoken`` text and tags, float32 (n, dimension).

    A row is ``(1 - TAGS_SHARE) * text + TAGS_SHARE * mean of the tags``, each of unit length first; a
    window without tags has its text's vector. Rows have unit length.
    """
    said = embedder.embed(texts)
    flat = [tag for row in tags for tag in row if tag]
    distinct = list(dict.fromkeys(flat))
    place = {tag: n for n, tag in enumerate(distinct)}
    embedded = embedder.embed(distinct)
    for number, row in enumerate(tags):
        own = [place[tag] for tag in row if tag]
        if own:
            mean = unit(embedded[own].mean(axis=0, keepdims=True))[0]
            said[number] = (1 - TAGS_SHARE) * said[number] + TAGS_SHARE * mean
    return unit(said)


def participants_of(
    catalogue: sqlite3.Connection, conversations: Iterable[int]
) -> dict[int, list[str]]:
    """Return the participants' names of conversations, by catalogue number."""
    numbers = np.array(sorted(conversations), dtype=np.int64)
    rows = _rows(catalogue, "number, participants", "conversations", numbers)
    return {number: json.loads(names) for number, names in rows}


def spoken(text: str, participants: Iterable[str]) -> str:
    """Return a window's text without the participants' names before its lines.

    A name may hold a colon itself, and a turn may have lines of its own that hold one.
    """
    # The longest name first: "Dr: Ana" would otherwise lose its first half to a "Dr".
    names = sorted(participants, key=len, reverse=True)
    heads = re.compile("|".join(f"{re.escape(name)}: " for name in names) or "(?!)")
    lines = ((line, heads.match(line)) for line in text.split("\n"))
    return "\n".join(line[head.end() :] if head else line for line, head in lines)


def unit(rows: Rows) -> Rows:
    """Return rows (n, d) scaled to unit length; rows of zeros stay."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Rows = (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
    return scaled


def _rows(
    catalogue: sqlite3.Connection, columns: str, table: str, numbers: Numbers
) -> Iterator[tuple[Any, ...]]:
    wanted = numbers.tolist()
    for start in range(0, len(wanted), _IN_ONE_QUERY):
        part = wanted[start : start + _IN_ONE_QUERY]
        marks = ",".join("?" * len(part))
        query = f"SELECT {columns} FROM {table} WHERE number IN ({marks})"  # noqa: S608
        yield from catalogue.execute(query, part)
