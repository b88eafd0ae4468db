"""The distinct tags of a dataset with their vectors, by split, in bounded memory."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from cgp.dataset.parts import to_line
from cgp.dataset.splits import SPLITS
from cgp.embedders import Embedder

# Enough to keep the embedder busy; all terms of a large dataset would not fit in memory.
_BATCH = 4096


def embedding_lines(
    facts: Iterable[tuple[str, str]], embedder: Embedder, file: Path
) -> Iterator[tuple[str, str]]:
    """Yield ``(split, row as JSON)`` of the embeddings: each distinct term once for each split.

    ``facts`` come from the parts. ``file`` is a database to sort in; it is made anew.
    """
    file.unlink(missing_ok=True)
    model, _, revision = embedder.id.partition("@")
    about = {"model": model, "revision": revision or None}
    with closing(sqlite3.connect(file)) as sorting:
        # The file is of no use after a crash, so nothing needs to survive one.
        sorting.execute("PRAGMA journal_mode=OFF")
        sorting.execute("PRAGMA synchronous=OFF")
        sorting.execute("CREATE TABLE terms (split, term, PRIMARY KEY (split, term)) WITHOUT ROWID")
        sorting.executemany("INSERT OR IGNORE INTO terms VALUES (?, ?)", _terms(facts))
        for split in SPLITS:
            rows = sorting.execute("SELECT term FROM terms WHERE split = ? ORDER BY term", (split,))
            terms = (str(term) for (term,) in rows)
            while batch := list(itertools.islice(terms, _BATCH)):
                for term, vector in zip(batch, embedder.embed(batch), strict=True):
                    # Nine digits tell any two float32 apart.
                    numbers = [float(f"{number:.9g}") for number in vector]
                    yield split, to_line({"normal_form": term, **about, "vector": numbers})
    file.unlink()


def _terms(facts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for split, fact in facts:
        for term in json.loads(fact)["terms"]:
            yield split, term
