"""Folders of Hugging Face ``datasets`` (``save_to_disk``): rows of chat data sets in Arrow files.

Structure: as ``datasets`` 5 writes it, ``data-00000-of-00001.arrow`` (a stream of Arrow's) beside
``dataset_info.json`` and ``state.json``, in a folder for each split under ``dataset_dict.json``.
The columns are as in the JSON lines of the data sets. Read by ``pyarrow`` (the extra
``documents``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File, Folder
from cgp.sources.formats.parquet import NEEDS, row_records
from cgp.sources.source import Loss, Source, skipped, unreadable

_STREAM, _FILE = b"\xff\xff\xff\xff", b"ARROW1"


def _recognises(head: bytes, path: Path) -> bool:
    return head.startswith(_FILE) or (
        head.startswith(_STREAM) and path.suffix.lower() in SOURCE.suffixes
    )


def read(file: File) -> Iterator[Record]:
    """Yield a record for each row; batches are read one after the other."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise ConversationError(NEEDS) from error
    number = 0
    with file.open() as stream:
        if file.head(len(_FILE)) == _FILE:
            stream.read(8)  # the mark and its padding; a stream follows
        try:
            with pa.ipc.open_stream(stream) as batches:
                for batch in batches:
                    # A damaged offset would be followed out of the memory of the process.
                    batch.validate(full=True)
                    for row in batch.to_pylist():
                        number += 1
                        yield from row_records(file.path, number, row)
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            raise ConversationError(f"the Arrow table is damaged: {error}") from error


def _recognises_folder(names: Sequence[str]) -> bool:
    return "dataset_dict.json" in names and any(name.endswith(".arrow") for name in names)


def _read_folder(folder: Folder) -> Iterator[Record]:
    """Yield the records of all splits."""
    for name, file in folder.files.items():
        if not name.endswith(".arrow"):
            yield skipped(file.path, 0, "belongs to a data set and holds no conversation")
            continue
        try:
            yield from read(file)
        except ConversationError as error:
            yield unreadable(file.path, 0, error)


SOURCE = Source(
    name="arrow",
    description="chat data set in Arrow (a folder of Hugging Face datasets)",
    suffixes=(".arrow",),
    recognises=_recognises,
    read=read,
    binary=True,
    recognises_folder=_recognises_folder,
    read_folder=_read_folder,
    companions=("dataset_info.json", "state.json", "dataset_dict.json"),
    where="Dataset.save_to_disk, or the cache of load_dataset",
    kept="what the JSON form of the data set keeps",
    left_out="other columns",
    loss=Loss.DOCUMENT,
)
