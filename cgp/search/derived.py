"""VectorIndexes of the index, made from its catalogue: of each distinct tag, window and
conversation.

Three folders beside the catalogue hold them. They carry no data of their own: a missing vector is
embedded again from the catalogue, a surplus one is removed. So a crash between the two costs time
and never an answer.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cgp.arrays import Ids, Vectors
from cgp.embedders import Embedder
from cgp.vectors import VectorIndex

KINDS = ("tags", "windows", "conversations")

# Of a window's vector, the part that its tags make; see benchmarks/search_quality.py --table.
TAGS_SHARE = 0.7
_BATCH = 4096
# SQLite limits the number of bound values in one statement.
_IN_ONE_QUERY = 500


class VectorIndexes:
    """The three vector indexes of a folder, opened together."""

    def __init__(self, folder: Path, embedder: Embedder, *, mapped: bool) -> None:
        self._embedder = embedder
        self._opened: dict[str, VectorIndex] = {}
        try:
            # One that cannot be opened closes those before it, which hold locks.
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
        """Make the three hold exactly the rows of the catalogue, and save them."""
        for kind in KINDS:
            index = self._opened[kind]
            query = f"SELECT number FROM {kind}"  # noqa: S608 - one of KINDS
            expected_ids = np.array(
                [row[0] for row in catalogue.execute(f"{query} ORDER BY number")], dtype=np.int64
            )
            index.remove(np.setdiff1d(index.ids, expected_ids, assume_unique=True))
            missing = np.setdiff1d(expected_ids, index.ids, assume_unique=True)
            for start in range(0, len(missing), _BATCH):
                part = missing[start : start + _BATCH]
                index.add(part, self._embed(catalogue, kind, part))
            index.save()

    def _embed(self, catalogue: sqlite3.Connection, kind: str, numbers: Ids) -> Vectors:
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
                [without_names(text, speakers[conversation]) for conversation, text, _ in windows],
                [tags.split("\n") for _, _, tags in windows],
            )
        rows = np.zeros((len(numbers), self._embedder.dimension), dtype=np.float32)
        for place, number in enumerate(numbers.tolist()):
            inside = catalogue.execute(
                "SELECT number FROM windows WHERE conversation = ? ORDER BY number", (number,)
            ).fetchall()
            if inside:
                rows_of_windows = self._opened["windows"].vectors_of(
                    np.array([row[0] for row in inside])
                )
                rows[place] = rows_of_windows.mean(axis=0)
        return unit(rows)


def window_vectors(
    embedder: Embedder, texts: Sequence[str], tags: Sequence[Sequence[str]]
) -> Vectors:
    """Return the vector of each window from its ``without_names`` text and tags, float32 (n,
    dimension).

    A row is ``(1 - TAGS_SHARE) * text + TAGS_SHARE * mean of the tags``, each of unit length
    first; a window without tags has its text's vector. Vectors have unit length.
    """
    vectors = embedder.embed(texts)
    flat = [tag for row in tags for tag in row if tag]
    distinct = list(dict.fromkeys(flat))
    place = {tag: n for n, tag in enumerate(distinct)}
    tag_vectors = embedder.embed(distinct)
    for number, row in enumerate(tags):
        positions = [place[tag] for tag in row if tag]
        if positions:
            mean = unit(tag_vectors[positions].mean(axis=0, keepdims=True))[0]
            vectors[number] = (1 - TAGS_SHARE) * vectors[number] + TAGS_SHARE * mean
    return unit(vectors)


def participants_of(
    catalogue: sqlite3.Connection, conversations: Iterable[int]
) -> dict[int, list[str]]:
    """Return the participants' names of conversations, by catalogue number."""
    numbers = np.array(sorted(conversations), dtype=np.int64)
    rows = _rows(catalogue, "number, participants", "conversations", numbers)
    return {number: json.loads(names) for number, names in rows}


def without_names(text: str, participants: Iterable[str]) -> str:
    """Return a window's text without the participants' names before its lines.

    A name may hold a colon itself, and a turn may have lines of its own that hold one.
    """
    # The longest name first: "Dr: Ana" would otherwise lose its first half to a "Dr".
    names = sorted(participants, key=len, reverse=True)
    heads = re.compile("|".join(f"{re.escape(name)}: " for name in names) or "(?!)")
    lines = ((line, heads.match(line)) for line in text.split("\n"))
    return "\n".join(line[head.end() :] if head else line for line, head in lines)


def unit(rows: Vectors) -> Vectors:
    """Return rows (n, d) scaled to unit length; rows of zeros stay."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit_rows: Vectors = (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
    return unit_rows


def _rows(
    catalogue: sqlite3.Connection, columns: str, table: str, numbers: Ids
) -> Iterator[tuple[Any, ...]]:
    requests = numbers.tolist()
    for start in range(0, len(requests), _IN_ONE_QUERY):
        part = requests[start : start + _IN_ONE_QUERY]
        marks = ",".join("?" * len(part))
        query = f"SELECT {columns} FROM {table} WHERE number IN ({marks})"  # noqa: S608
        yield from catalogue.execute(query, part)
