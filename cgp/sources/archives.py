"""Archives read as folders, within limits: zip, tar, gzip, bzip2, xz and Zstandard.

Nothing is unpacked to a place with a name: a member is read through its archive. Only an archive
that lies inside another one, and a packed tar, are copied first, to an unnamed temporary file,
since their members can be found only by going back and forth in them.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

from cgp.conversation_json import ConversationError
from cgp.sources.encodings import Readable
from cgp.sources.files import File, Folder, damage_reported, is_hidden, metered

MAX_MEMBERS = 200_000
MAX_BYTES = 64 * 1024**3
MAX_COMPRESSION = 200
MAX_FOLDER_DEPTH = 64
MAX_NESTING = 4
"""Archives inside of archives: OpenAI's portal sends zips in a zip, and a tar is one inside of a
gzip.
"""
SMALL = 8 * 1024 * 1024
"""Bytes that a member may have however strongly it is compressed."""
SMALL_NESTED = 64 * 1024 * 1024
_IN_MEMORY = 16 * 1024 * 1024
_CHUNK = 1024 * 1024


class Packing(Enum):
    """A way to pack files, with the bytes that it begins with."""

    ZIP = b"PK\x03\x04"
    EMPTY_ZIP = b"PK\x05\x06"
    GZIP = b"\x1f\x8b\x08"
    BZIP2 = b"BZh"
    XZ = b"\xfd7zXZ\0"
    ZSTANDARD = b"\x28\xb5\x2f\xfd"
    TAR = b"ustar"


_TAR_MARK = slice(257, 262)
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
    """Return the packing of a file with these first bytes, None if it is no archive."""
    if path.suffix.lower() in _DOCUMENTS:
        return None
    if head[_TAR_MARK] == Packing.TAR.value:
        return Packing.TAR
    return next(
        (way for way in Packing if way is not Packing.TAR and head.startswith(way.value)), None
    )


class Budget:
    """Bytes that archives inside of one named file may unpack to, together."""

    def __init__(self, disk_bytes: int) -> None:
        self._left = max(SMALL_NESTED, disk_bytes * MAX_COMPRESSION)

    def take(self, count: int) -> None:
        """Take bytes out of the budget.

        Raises:
            ConversationError: if so many are not left.
        """
        self._left -= count
        if self._left < 0:
            raise ConversationError(
                f"its archives unpack to more than {MAX_COMPRESSION} times its size"
            )


@contextmanager
def opened(file: File, way: Packing, budget: Budget, *, nested: bool) -> Iterator[Folder]:
    """Open an archive as a folder. ``nested`` says that it lies inside of another one.

    Raises:
        ConversationError: if it is damaged, would unpack to too much, or needs a library.
    """
    with ExitStack() as open_files:
        if way in {Packing.ZIP, Packing.EMPTY_ZIP}:
            archive = _seekable(open_files, file.raw(), budget)
            yield _zip_folder(open_files, file, archive, budget if nested else None)
            return
        if way is Packing.TAR:
            yield _tar_folder(open_files, file, _seekable(open_files, file.raw(), budget))
            return
        inner = _unpacked(file, way)
        if inner.head(512)[_TAR_MARK] == Packing.TAR.value:
            yield _tar_folder(open_files, file, _seekable(open_files, inner.raw(), budget))
        else:
            yield Folder(file.path, {inner.path.name: inner})


def _seekable(open_files: ExitStack, raw: Readable, budget: Budget) -> IO[bytes]:
    """Return a file of the disk as it is, and a copy of anything else."""
    open_files.callback(raw.close)
    if isinstance(raw, FileIO):
        return raw
    # ``open_files`` closes it.
    copy = open_files.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
    with damage_reported():
        while part := raw.read(_CHUNK):
            budget.take(len(part))
            copy.write(part)
    copy.seek(0)
    return copy


def _zip_folder(open_files: ExitStack, file: File, raw: IO[bytes], budget: Budget | None) -> Folder:
    with damage_reported():
        archive = open_files.enter_context(zipfile.ZipFile(raw))
    members = [member for member in archive.infolist() if not member.is_dir()]
    raw.seek(0, 2)
    _check_zip(members, raw.tell())
    if budget is not None:
        budget.take(sum(member.file_size for member in members))

    def opening(member: zipfile.ZipInfo) -> Callable[[], Readable]:
        return lambda: archive.open(member)

    return _folder(file, [(m.filename, m.file_size, opening(m)) for m in members])


def _tar_folder(open_files: ExitStack, file: File, raw: IO[bytes]) -> Folder:
    with damage_reported():
        # ``open_files`` closes it.
        archive = open_files.enter_context(tarfile.open(fileobj=raw, mode="r:"))  # noqa: SIM115
        members: list[tarfile.TarInfo] = []
        for member in archive:
            if member.isreg():
                members.append(member)
            _check_member(member.name, len(members))

    def opening(member: tarfile.TarInfo) -> Callable[[], Readable]:
        def open_member() -> Readable:
            found = archive.extractfile(member)
            assert found is not None  # it is a plain file
            return found

        return open_member

    return _folder(file, [(m.name.removeprefix("./"), m.size, opening(m)) for m in members])


def _folder(file: File, members: Sequence[tuple[str, int, Callable[[], Readable]]]) -> Folder:
    files: dict[str, File] = {}

    def beside(folder: PurePosixPath) -> Callable[[str], File | None]:
        return lambda name: files.get((folder / name).as_posix())

    hidden: dict[Path, None] = {}
    for name, size, opening in sorted(members, key=lambda member: member[0]):
        if (above := _hidden_part(name)) is not None:
            hidden[file.path / above.replace("\0", "")] = None
        if not _hidden(name):
            clean = name.replace("\0", "")
            folder = PurePosixPath(name).parent
            files[name] = File(
                file.path / clean.lstrip("/"), size, opening, beside(folder), file.meter
            )
    if file.meter is not None:
        file.meter.expect(sum(member.size for member in files.values()) - file.size)
    return Folder(file.path, files, tuple(hidden))


def _hidden_part(name: str) -> str | None:
    """Return the path of the first part of a member's path that is hidden, all of one that leads
    out of the archive.
    """
    parts = PurePosixPath(name).parts
    place = next((i for i, part in enumerate(parts) if is_hidden(part)), None)
    if place is None or "__MACOSX" in parts:
        return None
    return name if ".." in parts else "/".join(parts[: place + 1]).lstrip("/")


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _check_member(name: str, count: int) -> None:
    if count > MAX_MEMBERS:
        raise ConversationError(f"the archive has more than {MAX_MEMBERS} files")
    if name.count("/") > MAX_FOLDER_DEPTH:
        raise ConversationError(f"the archive's folders are deeper than {MAX_FOLDER_DEPTH}")


def _check_zip(members: Sequence[zipfile.ZipInfo], archive_bytes: int) -> None:
    """Refuse a zip bomb. The sizes declared are binding: no more than them is ever read."""
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_BYTES:
        raise ConversationError(f"the archive unpacks to {unpacked} bytes, more than {MAX_BYTES}")
    if sum(member.compress_size for member in members) > archive_bytes:
        raise ConversationError("the archive's files overlap")
    for count, member in enumerate(members, 1):
        _check_member(member.filename, count)
        if member.file_size > max(SMALL, member.compress_size * MAX_COMPRESSION):
            raise ConversationError(
                f"{member.filename!r} is compressed more than {MAX_COMPRESSION}-fold"
            )


def _unpacked(file: File, way: Packing) -> File:
    """Return the one file that a packed file holds, read while it is unpacked."""
    name = file.path.stem if file.path.suffix else f"{file.path.name} unpacked"
    limit = min(MAX_BYTES, max(SMALL, file.size * MAX_COMPRESSION))

    def opening() -> Readable:
        # Progress is counted in packed bytes: how many there are unpacked is not known.
        packed = metered(file.raw(), file.path, file.meter)
        return _Limited(_decompressor(way, packed), packed, limit)

    return File(file.path / name, file.size, opening, lambda _: None, None)


def _decompressor(way: Packing, raw: Readable) -> IO[bytes]:
    packed: Any = raw  # each of them asks for ``read`` alone while it goes forwards
    if way is Packing.GZIP:
        return gzip.GzipFile(fileobj=packed)  # type: ignore[return-value]
    if way is Packing.BZIP2:
        return bz2.BZ2File(packed)
    if way is Packing.XZ:
        return lzma.LZMAFile(packed)
    try:
        from backports import zstd
    except ImportError as error:
        reason = "Zstandard needs a library: pip install 'conversation-genome[documents]'"
        raise ConversationError(reason) from error
    return zstd.ZstdFile(packed)  # type: ignore[return-value]  # all that is read of it is there


class _Limited:
    """Unpacked bytes, up to a limit: a packed file does not say how much it holds."""

    def __init__(self, raw: IO[bytes], packed: Readable, limit: int) -> None:
        self._raw = raw
        self._packed = packed
        self._left = limit

    def read(self, size: int, /) -> bytes:
        try:
            data = self._raw.read(size)
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
