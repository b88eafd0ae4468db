"""Parquet: explicit schemas, zstd, row groups of bounded size, and pages cut by content.

The Hugging Face Hub stores equal chunks once. Pages that are cut by content let it store the common
part of two versions of a dataset once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cgp.dataset.columns import COLUMNS, Column
from cgp.dataset.errors import DatasetExtraError
from cgp.durable_files import sync

SUFFIX = "parquet"
# Readers load a group at a time: small groups keep viewers quick and memory bounded.
GROUP_ROWS = 1000
GROUP_BYTES = 16 * 2**20
# zstd's default: higher levels cost much time for a few percent.
_LEVEL = 3
_READ_ROWS = 256


def require_pyarrow() -> str:
    """Return the version of pyarrow.

    Raises:
        DatasetExtraError: if it is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise DatasetExtraError(
            f"Parquet needs the extra dataset, and {error.name} is not installed; --format jsonl "
            "needs no extra"
        ) from error
    return str(pa.__version__)


@cache
def arrow_schema(table: str, dimension: int) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the ``pyarrow.Schema`` of a table; ``dimension`` is the length of vectors."""
    import pyarrow as pa

    return pa.schema([_field(column, dimension) for column in COLUMNS[table]])


def _field(column: Column, dimension: int) -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "int32": pa.int32(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "strings": pa.list_(pa.string()),
        "int32s": pa.list_(pa.int32()),
        "vector": pa.list_(pa.float32(), dimension),
    }
    if column.type == "records":
        fields = [_field(inner, dimension) for inner in column.fields]
        return pa.field(column.name, pa.list_(pa.struct(fields)))
    return pa.field(column.name, types[column.type])


class ParquetFile:
    """A file of rows that is being written. The same rows give the same bytes."""

    def __init__(self, path: Path, table: str, dimension: int) -> None:
        import pyarrow.parquet as pq

        self._path = path
        self._schema = arrow_schema(table, dimension)
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            version="2.6",
            compression="zstd",
            compression_level=_LEVEL,
            write_page_index=True,
            use_content_defined_chunking=True,
        )
        self._rows: list[dict[str, Any]] = []
        self._size = 0

    def add(self, line: str) -> None:
        """Add a row, given as one line of JSON."""
        self._rows.append(json.loads(line))
        self._size += len(line)
        if len(self._rows) >= GROUP_ROWS or self._size >= GROUP_BYTES:
            self._end_group()

    def close(self) -> None:
        """End the file and bring it to the disk."""
        if self._rows:
            self._end_group()
        self._writer.close()
        sync(self._path)

    def _end_group(self) -> None:
        import pyarrow as pa

        self._writer.write_table(
            pa.Table.from_pylist(self._rows, schema=self._schema), row_group_size=len(self._rows)
        )
        self._rows, self._size = [], 0


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file, a batch of them in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_READ_ROWS):
            yield from batch.to_pylist()
