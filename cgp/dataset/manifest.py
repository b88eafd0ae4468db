"""The manifest of a dataset: its kind, its recipe, and every file with its SHA-256."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cgp.dataset.files import read_json
from cgp.durable_files import sha256_of

MANIFEST = "dataset.json"
README = "README.md"
KIND = "conversation-genome-dataset"

Format = Literal["parquet", "jsonl", "hf", "messages"]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of the dataset by its path within it; ``rows`` is None for a document."""

    path: str
    rows: int | None
    bytes: int
    sha256: str

    def is_whole(self, folder: Path) -> bool:
        """Tell whether the file is in ``folder`` as it should be."""
        path = folder / self.path
        return (
            path.is_file() and path.stat().st_size == self.bytes and sha256_of(path) == self.sha256
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "path": self.path,
            "rows": self.rows,
            "bytes": self.bytes,
            "sha256": self.sha256,
        }


@dataclass(frozen=True)
class Manifest:
    """A finished dataset. ``document`` is the manifest as JSON values."""

    document: dict[str, Any]

    @property
    def files(self) -> tuple[DataFile, ...]:
        """Every file but the manifest, by path."""
        return tuple(DataFile(**file) for file in self.document["files"])

    @property
    def format(self) -> Format:
        """``parquet``, ``jsonl``, ``hf`` or ``messages``."""
        name: Format = self.document["format"]
        return name

    @property
    def conversations(self) -> int:
        """Number of conversations."""
        table = "messages" if self.format == "messages" else "conversations"
        return self.rows(table)

    def rows(self, table: str) -> int:
        """Return the number of a table's rows in all splits."""
        return sum(split["rows"] for split in self.document["tables"][table].values())

    def data_files(self, table: str) -> Iterator[str]:
        """Yield the paths of a table's files, split by split."""
        for split in self.document["tables"][table].values():
            yield from split["files"]


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a finished dataset in ``folder``, None where there is none."""
    document = read_json(folder / MANIFEST)
    if document is None or document.get("kind") != KIND:
        return None
    return Manifest(document)
