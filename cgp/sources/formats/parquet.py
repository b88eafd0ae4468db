"""Chat data sets in Parquet: a row for each conversation, as the Hugging Face hub stores them.

Structure: the same columns as the JSON lines of the data sets (``messages``, ``conversation``,
``conversations``, ``chosen``). Read in batches by ``pyarrow`` (the extra ``documents``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.extras import how_to_install
from cgp.sources.files import File
from cgp.sources.formats import hh_rlhf, json_documents
from cgp.sources.json_records import made
from cgp.sources.source import Source

BATCH_ROWS = 256
_IN_MEMORY = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_NAMES = """
id conversation_id conversation_hash session_id dialog_id uuid title language source started_at
messages conversation conversations dialog dialogue turns transcript lines chosen participants
"""
_COLUMNS = frozenset(_NAMES.split())
NEEDS = f"a table of a data set needs a library: {how_to_install('documents')}"


def _recognises(head: bytes, _path: Path) -> bool:
    return head.startswith(b"PAR1")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each row."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as tables
    except ImportError as error:
        raise ConversationError(NEEDS) from error
    number = 0
    # Its columns are found from its end, and a file in an archive can only be read forwards.
    with SpooledTemporaryFile(_IN_MEMORY) as copy, file.open() as stream:
        while part := stream.read(_CHUNK):
            copy.write(part)
        copy.seek(0)
        try:
            table = tables.ParquetFile(copy)
            columns = [name for name in table.schema_arrow.names if name in _COLUMNS]
            for batch in table.iter_batches(BATCH_ROWS, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield from row_records(file.path, number, row)
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            raise ConversationError(f"the Parquet table is damaged: {error}") from error


def row_records(path: Path, number: int, row: dict[str, Any]) -> Iterator[Record]:
    """Yield the records of a row of a table."""
    fields_of_row = {name: value for name, value in row.items() if name in _COLUMNS}
    yield from made(path, number, _plain(fields_of_row), _records)


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    if isinstance(value, dict) and "chosen" in value and "messages" not in value:
        return hh_rlhf.to_records(path, number, value)
    return json_documents.to_records(path, number, value)


def _plain(value: Any) -> Any:  # noqa: ANN401  # a value of JSON, whatever it is
    """Return a row as JSON has it: times as text, no columns without a value."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return _decode(value) if isinstance(value, str) and value[:2] in {"[{", '{"'} else value


def _decode(text: str) -> object:
    """Return the value of a text of JSON, as which some sets store their messages."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


SOURCE = Source(
    name="parquet",
    description="chat data set in Parquet (Hugging Face)",
    suffixes=(".parquet",),
    recognises=_recognises,
    read=read,
    binary=True,
    where="a data set's files on the Hugging Face hub, or Dataset.to_parquet",
    kept="what the JSON form of the data set keeps",
    left_out="other columns",
)
