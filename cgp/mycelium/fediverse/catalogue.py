"""Recommendation over any catalogue: the nearest items by the features that its file declares.

A catalogue is a CSV file with a header line and a column ``title`` (or ``name``). Columns of
numbers are features; so are columns of words that repeat (a genre). A column of words that hardly
repeat (an artist) tells items apart in answers, and takes part where a title is not known.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.embedders.embedder import Embedder
from cgp.mycelium.fediverse.errors import CatalogueFileError
from cgp.text import normal_form

MAX_FILE: Final = 32 * 1024 * 1024
MAX_ITEMS: Final = 50_000
MAX_COLUMNS: Final = 32
MAX_CELL: Final = 500
MAX_CATEGORIES: Final = 2000
"""Most names in a column of categories: their likenesses are a table of the square of that."""

_TITLES: Final = ("title", "name", "song", "track")
# Two spellings of one title are this alike at least (difflib's ratio): one wrong letter in seven.
_SPELLING: Final = 0.85
# Words that are category in at most half of the rows repeat: a genre does, an artist does not.
_DISTINCT_SHARE: Final = 0.5
# A category says what kind of thing an item is, a number how much of something it has.
_CATEGORY_WEIGHT: Final = 2.0
# An item that shares as little with a question as this is not an answer to it (cosine of static
# vectors).
_LEAST_COSINE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a catalogue: its title and its other cells by their columns."""

    title: str
    cells: Mapping[str, str]

    @property
    def label(self) -> str:
        """Title, with the artist or author where there is one."""
        for column in ("artist", "author", "by"):
            if self.cells.get(column):
                return f"{self.title} ({self.cells[column]})"
        return self.title


@dataclass(frozen=True, slots=True)
class Advice:
    """Items, the best first. ``title`` is the item that they are like, empty if it is not known."""

    title: str
    items: tuple[Item, ...]


class Catalogue:
    """Items with their features, as arrays. The likeness of two items is a mean of parts.

    Of a number the part is ``1 - |a - b| / range`` of the middle half of all values, at least 0;
    of a category it is 1 for the same one, else half the cosine of the two names, and it counts
    twice. A part that either item lacks is left out.
    """

    def __init__(self, items: Sequence[Item], embedder: Embedder) -> None:
        self._items = tuple(items)
        self._embedder = embedder
        self._titles: dict[str, int] = {}
        for number, item in enumerate(self._items):
            self._titles.setdefault(normal_form(item.title), number)
        columns = dict.fromkeys(name for item in self._items for name in item.cells)
        self._numbers: list[NDArray[np.float64]] = []
        self._categories: list[_Category] = []
        for column in columns:
            self._add_feature([item.cells.get(column, "") for item in self._items])
        texts = [normal_form(" ".join([item.title, *item.cells.values()])) for item in self._items]
        self._vectors = embedder.embed(texts)

    def __len__(self) -> int:
        return len(self._items)

    def like(self, query: str, limit: int) -> Advice:
        """Return the ``limit`` items that are most like a title, or else like a query's words."""
        number = self._number_of(query)
        if number is None:
            scores = self._by_words(query)
            scores[scores < _LEAST_COSINE] = -1.0
        else:
            scores = self.likeness(number)
            scores[number] = -1.0
        # Stable, so that equals keep the order of the file.
        best = np.argsort(-scores, kind="stable")[:limit]
        items = tuple(self._items[index] for index in best if scores[index] >= 0)
        return Advice("" if number is None else self._items[number].title, items)

    def likeness(self, number: int) -> NDArray[np.float64]:
        """Return how much each item is like item ``number``, 0 to 1, shape ``(items,)``."""
        parts = [_closeness(values, number) for values in self._numbers]
        weights = [1.0] * len(parts)
        for category in self._categories:
            parts.append(category.likeness(number))
            weights.append(_CATEGORY_WEIGHT)
        if not parts:
            return self._by_vector(np.asarray(self._vectors[number], dtype=np.float64))
        table = np.vstack(parts)
        present = np.where(np.isnan(table), 0.0, np.array(weights)[:, np.newaxis])
        total = (np.nan_to_num(table) * present).sum(axis=0)
        return np.asarray(total / np.maximum(present.sum(axis=0), 1.0), dtype=np.float64)

    def _number_of(self, query: str) -> int | None:
        title = normal_form(query.split("\n", 1)[0].strip(" \"'“”«»"))
        if title in self._titles:
            return self._titles[title]
        close = difflib.get_close_matches(title, self._titles, n=1, cutoff=_SPELLING)
        return self._titles[close[0]] if close else None

    def _by_words(self, query: str) -> NDArray[np.float64]:
        vector = self._embedder.embed([normal_form(query[:MAX_CELL])])[0]
        return self._by_vector(np.asarray(vector, dtype=np.float64))

    def _by_vector(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self._vectors @ vector, dtype=np.float64)

    def _add_feature(self, values: list[str]) -> None:
        texts = [value for value in values if value]
        # A column of one value tells nothing apart.
        if len(set(texts)) < 2:
            return
        numbers = [_number(value) for value in values]
        if sum(number is not None for number in numbers) == len(texts):
            column = [math.nan if number is None else number for number in numbers]
            self._numbers.append(np.array(column, dtype=np.float64))
            return
        names = len({normal_form(text) for text in texts})
        if names <= min(MAX_CATEGORIES, _DISTINCT_SHARE * len(texts)):
            self._categories.append(_Category.of(values, self._embedder))


@dataclass(frozen=True)
class _Category:
    """A column of words: each item's category (-1: none), and the likeness of every two of them."""

    of_item: NDArray[np.int64]
    table: NDArray[np.float64]

    @classmethod
    def of(cls, values: Sequence[str], embedder: Embedder) -> _Category:
        forms = [normal_form(value) for value in values]
        names = list(dict.fromkeys(form for form in forms if form))
        position = {name: index for index, name in enumerate(names)}
        vectors = np.asarray(embedder.embed(names), dtype=np.float64)
        table = np.clip(vectors @ vectors.T, 0.0, 1.0) / 2
        np.fill_diagonal(table, 1.0)
        return cls(np.array([position.get(form, -1) for form in forms], dtype=np.int64), table)

    def likeness(self, number: int) -> NDArray[np.float64]:
        category = self.of_item[number]
        values = self.table[category][self.of_item]
        return np.asarray(np.where((self.of_item < 0) | (category < 0), np.nan, values), np.float64)


def _closeness(values: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    low, high = np.nanpercentile(values, [25, 75])
    distance = np.abs(values - values[number])
    # All of one value: the same is 1, and any other is 0.
    return np.asarray(np.clip(1.0 - distance / max(high - low, 1e-9), 0.0, 1.0), np.float64)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def read_catalogue(file: Path, embedder: Embedder) -> Catalogue:
    """Return the catalogue of a CSV file. Columns whose name ends in ``id`` are left out.

    Raises:
        CatalogueFileError: if it cannot be read, is too large, is not text in UTF-8, or has no
            column of titles.
    """
    try:
        if file.stat().st_size > MAX_FILE:
            raise CatalogueFileError(f"{file}: a catalogue has at most {MAX_FILE >> 20} MiB")
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    except OSError as error:
        raise CatalogueFileError(f"{file} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CatalogueFileError(f"{file}: no CSV in UTF-8: {error}") from error
    return Catalogue(_items(rows, file), embedder)


def _items(rows: Sequence[Mapping[str | None, str | None]], file: Path) -> list[Item]:
    columns = [name for name in (rows[0] if rows else ()) if name is not None]
    by_name = {name.strip().lower(): name for name in columns}
    title = next((by_name[name] for name in _TITLES if name in by_name), None)
    if title is None:
        raise CatalogueFileError(f"{file}: there is no column `title`, or no row")
    if len(rows) > MAX_ITEMS or len(columns) > MAX_COLUMNS:
        raise CatalogueFileError(
            f"{file}: a catalogue has at most {MAX_ITEMS} rows and {MAX_COLUMNS} columns"
        )
    features = [name for name in columns if name != title and not name.lower().endswith("id")]
    items = []
    for row in rows:
        cells = {
            name.strip().lower(): (row.get(name) or "").strip()[:MAX_CELL] for name in features
        }
        text = (row.get(title) or "").strip()[:MAX_CELL]
        if text:
            items.append(Item(text, cells))
    return items
