"""Packed files: gzip, bzip2, xz and Zstandard, and how packings are told apart."""

from __future__ import annotations

import bz2
import gzip
import lzma
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from cgp.conversation_json import ConversationError
from cgp.extras import how_to_install
from cgp.sources.encodings import Readable
from cgp.sources.files import Cut, File, damage_reported, metered

MAX_BYTES = 64 * 1024**3
MAX_COMPRESSION = 200
SMALL = 8 * 1024 * 1024
"""Bytes that a member may have however strongly it is compressed."""


class Packing(Enum):
    """A way to pack files, with the bytes that it begins with."""

    ZIP = b"PK\x03\x04"
    EMPTY_ZIP = b"PK\x05\x06"
    GZIP = b"\x1f\x8b\x08"
    BZIP2 = b"BZh"
    XZ = b"\xfd7zXZ\0"
    ZSTANDARD = b"\x28\xb5\x2f\xfd"
    TAR = b"ustar"


TAR_MARK = slice(257, 262)
_DOCUMENTS = frozenset(
    [
        ".docx",
        ".docm",
        ".xlsx",
        ".xlsm",
        ".pptx",
        ".odt",
        ".ods",
        ".odp",
        ".epub",
        ".jar",
        ".apk",
        ".ipa",
        ".pages",
        ".numbers",
        ".key",
        ".parquet",
    ]
)
"""Files that are zip archives inside and one document to people."""


def packing(head: bytes, path: Path) -> Packing | None:
    """Return the packing of a file with these first bytes, None if it is not an archive."""
    if path.suffix.lower() in _DOCUMENTS:
        return None
    if head[TAR_MARK] == Packing.TAR.value:
        return Packing.TAR
    return next(
        (way for way in Packing if way is not Packing.TAR and head.startswith(way.value)), None
    )


def unpacked(file: File, way: Packing) -> File:
    """Return the one file that a packed file holds, read while it is unpacked."""
    name = file.path.stem if file.path.suffix else f"{file.path.name} unpacked"
    # A bound that grows with the packed size: a few bytes must not unpack to a full disk.
    limit = min(MAX_BYTES, max(SMALL, file.size * MAX_COMPRESSION))

    def opening() -> Readable:
        # Progress is counted in packed bytes: how many there are unpacked is not known.
        packed_stream = metered(file.raw(), file.path, file.meter)
        return _LimitedStream(_decompressor(way, packed_stream), packed_stream, limit)

    return File(file.path / name, file.size, opening, lambda _: None, None, Cut())


def _decompressor(way: Packing, raw: Readable) -> _Unpacking:
    packed_stream: Any = raw  # each of them asks for ``read`` alone while it goes forwards
    if way is Packing.GZIP:
        return gzip.GzipFile(fileobj=packed_stream)
    if way is Packing.BZIP2:
        return bz2.BZ2File(packed_stream)
    if way is Packing.XZ:
        return lzma.LZMAFile(packed_stream)
    try:
        from backports import zstd
    except ImportError as error:
        reason = f"Zstandard needs a library: {how_to_install('documents')}"
        raise ConversationError(reason) from error
    return zstd.ZstdFile(packed_stream)


class _Unpacking(Protocol):
    """A file of the standard library that unpacks another one."""

    def read1(self, size: int, /) -> bytes:
        """Return some of the next bytes, so that a cut file gives all bytes before the cut."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class _LimitedStream:
    """Unpacked bytes, up to a limit: a packed file does not say how much it holds."""

    def __init__(self, raw: _Unpacking, packed_stream: Readable, limit: int) -> None:
        self._raw = raw
        self._packed = packed_stream
        self._left = limit

    def read(self, size: int, /) -> bytes:
        try:
            with damage_reported():
                data = self._raw.read1(size)
        except Exception as error:
            # Zstandard's own error has a class only where its library is there.
            if type(error).__name__ not in {"ZstdError", "BadGzipFile"}:
                raise
            raise ConversationError(f"the archive is damaged: {error}") from error
        self._left -= len(data)
        if self._left < 0:
            raise ConversationError(f"compressed more than {MAX_COMPRESSION}-fold")
        return data

    def close(self) -> None:
        self._raw.close()
        self._packed.close()
