"""Shards: a table's rows in files of bounded size, each finished file kept over a crash.

The file of a row depends on the rows before it alone. So a run that continues an interrupted one
makes the same files, and finished files are not written again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cgp.dataset.files import read_json, write_json
from cgp.dataset.manifest import DataFile
from cgp.dataset.splits import SPLITS
from cgp.durable_files import rename, sha256_of

_NAME = re.compile(rf"(?:{'|'.join(SPLITS)})-\d{{5,}}-of-\d{{5,}}\.\w+")

DEFAULT_ROWS = 1_000_000
DEFAULT_BYTES = 400_000_000


@dataclass(frozen=True, slots=True)
class ShardLimits:
    """The most that a file holds: rows, and bytes of its rows as JSON (Parquet is smaller)."""

    rows: int = DEFAULT_ROWS
    bytes: int = DEFAULT_BYTES

    def __post_init__(self) -> None:
        if self.rows < 1 or self.bytes < 1:
            raise ValueError(f"a shard holds at least one row and one byte, got {self}")


def is_shard_name(name: str) -> bool:
    """Tell whether a file of this name is a shard of a finished dataset."""
    return _NAME.fullmatch(name) is not None


class RowFile(Protocol):
    """A file of rows that is being written."""

    def add(self, line: str) -> None:
        """Add a row, given as one line of JSON."""
        ...

    def close(self) -> None:
        """End the file and bring it to the disk."""
        ...


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished file: where it is now, and its place in the dataset."""

    path: Path
    file: DataFile
    split: str


class Shards:
    """The finished shards of one table, in a folder.

    ``open_file`` makes a file of rows; ``suffix`` is that of the final names.
    """

    def __init__(
        self, folder: Path, table: str, suffix: str, open_file: Callable[[Path], RowFile]
    ) -> None:
        self._folder = folder
        self._table = table
        self._suffix = suffix
        self._open = open_file
        folder.mkdir(parents=True, exist_ok=True)

    def are_whole(self, dataset: Path) -> bool:
        """Tell whether all shards are finished, and here or in the folder of the dataset already.

        Otherwise the missing shards are marked as unfinished.
        """
        if not self._summary.exists():
            return False
        # A crash between the two removals below has left the summary of a shard without its note.
        if not all(self.has(split, number) for split, number, _ in self._places()):
            self._summary.unlink()
            return False
        missing = [
            s
            for s in self.finished_shards()
            if not s.path.exists() and not s.file.is_whole(dataset)
        ]
        for shard in missing:
            shard.path.with_name(f"{shard.path.name}.json").unlink()
        if missing:
            self._summary.unlink()
        return not missing

    def write(self, lines: Iterable[tuple[str, str]], limits: ShardLimits) -> None:
        """Write ``(split, row as JSON)``; a table without rows gets an empty ``train`` file."""
        writers: dict[str, _SplitWriter] = {
            split: _SplitWriter(self, split, limits) for split in SPLITS
        }
        for split, line in lines:
            writers[split].add(line)
        counts = {split: writer.end() for split, writer in writers.items()}
        if not any(counts.values()):
            # Readers of datasets fail on a table without any file.
            counts["train"] = writers["train"].end_empty()
        write_json(self._summary, counts)

    def finished_shards(self) -> list[Shard]:
        """Return the finished shards with their final names, split by split."""
        shards: list[Shard] = []
        for split, number, total in self._places():
            facts = read_json(self._sidecar(split, number)) or {}
            name = f"{self._table}/{split}-{number:05}-of-{total:05}.{self._suffix}"
            shards.append(Shard(self.path(split, number), DataFile(path=name, **facts), split))
        return shards

    def _places(self) -> Iterator[tuple[str, int, int]]:
        """Yield split, number, and count of its split for each shard of the summary."""
        counts = read_json(self._summary) or {}
        for split in SPLITS:
            total = counts.get(split, 0)
            for number in range(total):
                yield split, number, total

    def path(self, split: str, number: int) -> Path:
        """Return where a shard lies until the dataset is whole."""
        return self._folder / f"{self._table}-{split}-{number:05}"

    def has(self, split: str, number: int) -> bool:
        """Tell whether a shard is finished."""
        return self._sidecar(split, number).exists()

    def open(self, split: str, number: int) -> RowFile:
        """Begin a shard, in place of one that was left unfinished."""
        partial = self._partial(split, number)
        # Whatever is in its place, a link too, goes: nothing is written through it.
        partial.unlink(missing_ok=True)
        return self._open(partial)

    def keep(self, split: str, number: int, rows: int) -> None:
        """Mark a shard, which is written and closed, as finished."""
        partial, path = self._partial(split, number), self.path(split, number)
        facts = {"rows": rows, "bytes": partial.stat().st_size, "sha256": sha256_of(partial)}
        # The sidecar comes last: with it the shard counts as finished.
        rename(partial, path)
        write_json(self._sidecar(split, number), facts)

    @property
    def _summary(self) -> Path:
        return self._folder / f"{self._table}.json"

    def _partial(self, split: str, number: int) -> Path:
        path = self.path(split, number)
        return path.with_name(f"{path.name}.partial")

    def _sidecar(self, split: str, number: int) -> Path:
        path = self.path(split, number)
        return path.with_name(f"{path.name}.json")


class _SplitWriter:
    """Writes one split's rows into one shard after the other; finished shards are skipped."""

    def __init__(self, shards: Shards, split: str, limits: ShardLimits) -> None:
        self._shards = shards
        self._split = split
        self._limits = limits
        self._number = 0
        self._counts: Counter[str] = Counter()
        self._file: RowFile | None = None

    def add(self, line: str) -> None:
        """Add a row."""
        size = len(line.encode())
        counts = self._counts
        # Decided before the row is written, so that no shard exceeds its limits.
        full = counts["rows"] >= self._limits.rows or counts["bytes"] + size > self._limits.bytes
        if counts["rows"] and full:
            self._end_shard()
        if self._file is None and not self._shards.has(self._split, self._number):
            self._file = self._shards.open(self._split, self._number)
        if self._file is not None:
            self._file.add(line)
        self._counts["rows"] += 1
        self._counts["bytes"] += size

    def end(self) -> int:
        """End the last shard; return how many there are."""
        if self._counts["rows"]:
            self._end_shard()
        return self._number

    def end_empty(self) -> int:
        """Write a shard without rows."""
        if not self._shards.has(self._split, self._number):
            self._file = self._shards.open(self._split, self._number)
        self._end_shard()
        return self._number

    def _end_shard(self) -> None:
        if self._file is not None:
            self._file.close()
            self._shards.keep(self._split, self._number, self._counts["rows"])
        self._file = None
        self._counts = Counter()
        self._number += 1
