"""Reading of a finished dataset, in any format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.dataset import jsonl, parquet
from cgp.dataset.manifest import Manifest


def read_table(folder: Path, manifest: Manifest, table: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, split by split, in the order of the files."""
    for name in manifest.data_files(table):
        path = folder / name
        if path.suffix == f".{jsonl.SUFFIX}":
            yield from (json.loads(line) for line in jsonl.read_lines(path))
        else:
            yield from parquet.read_rows(path)
