"""Parts: the rows of a batch of conversations, made once, before they are cut into files."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cgp.dataset.rows import ConversationRows
from cgp.durable_files import rename

FACTS = "facts"
"""Name of the file with one line for each conversation: input of the statistics, and its terms."""

# Parts are read once and removed: speed counts for more than size.
_LEVEL = 1


def to_line(row: object) -> str:
    """Return a row as one line of JSON, without the line's end; a lone surrogate becomes ``?``."""
    line = json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return line if line.isascii() else line.encode("utf-8", "replace").decode("utf-8")


class Parts:
    """Parts in a folder, numbered; each is a folder of one compressed file for each table.

    Of ``tables`` the embeddings have no rows here: they are made of the facts.
    """

    def __init__(self, folder: Path, tables: Iterable[str]) -> None:
        self._folder = folder
        self._tables = [table for table in tables if table != "embeddings"]
        folder.mkdir(parents=True, exist_ok=True)
        for stray in folder.glob("*.partial"):
            shutil.rmtree(stray)

    def has(self, number: int) -> bool:
        """Tell whether a part is finished."""
        return self._path(number).exists()

    def keep(self, number: int, conversations: Iterable[ConversationRows]) -> None:
        """Write a part, whole or not at all."""
        partial = self._path(number).with_suffix(".partial")
        partial.mkdir()
        with ExitStack() as stack:
            files = {
                table: stack.enter_context(_open_gzip(partial / table))
                for table in (*self._tables, FACTS)
            }
            for rows in conversations:
                for table in self._tables:
                    for row in rows.tables[table]:
                        files[table].write(f"{rows.split}\t{to_line(row)}\n".encode())
                files[FACTS].write(f"{rows.split}\t{to_line(_facts(rows))}\n".encode())
        rename(partial, self._path(number))

    def lines(self, table: str, count: int) -> Iterator[tuple[str, str]]:
        """Yield ``(split, row as JSON)`` of a table, or of ``FACTS``, from the first ``count``
        parts.
        """
        for number in range(count):
            with gzip.open(
                self._path(number) / table, "rt", encoding="utf-8", newline="\n"
            ) as file:
                for line in file:
                    split, _, row = line.rstrip("\n").partition("\t")
                    yield split, row

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}"


def _facts(rows: ConversationRows) -> dict[str, Any]:
    conversation = rows.whole
    names = (
        "conversation_id",
        "made_by",
        "annotator",
        "source",
        "language",
        "language_recognised",
        "licence",
        "attribution",
        "source_url",
    )
    return {name: conversation[name] for name in names} | {
        "text_hash": conversation["text_hash"],
        "near_duplicate_of": conversation["near_duplicate_of"],
        "redactions": conversation["redactions"],
        "terms": rows.terms,
    }


@contextmanager
def _open_gzip(path: Path) -> Iterator[gzip.GzipFile]:
    """Write a compressed file that is on the disk in the end."""
    with path.open("wb") as file:
        with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as output:
            yield output
        file.flush()
        # On the disk before the part gets its name, so that a continued run can rely on it.
        os.fsync(file.fileno())
