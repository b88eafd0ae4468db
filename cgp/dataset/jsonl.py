"""JSON Lines: a row a line, in UTF-8."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SUFFIX = "jsonl"


class JsonLinesFile:
    """A file of rows that is being written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("x", encoding="utf-8", newline="\n")

    def add(self, line: str) -> None:
        """Add a row, given as one line of JSON."""
        self._file.write(line)
        self._file.write("\n")

    def close(self) -> None:
        """End the file and bring it to the disk."""
        self._file.flush()
        # On the disk before the shard gets its name: a finished shard is never half a file.
        os.fsync(self._file.fileno())
        self._file.close()


def read_lines(path: Path) -> Iterator[str]:
    """Yield the rows of a file, each as one line of JSON."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n")
