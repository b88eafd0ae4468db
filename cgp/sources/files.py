"""Files to import, on the disk or inside a zip archive, read as streams within limits.

Nothing is unpacked, followed or fetched: a member of an archive is read through the archive, and what a
file refers to is looked for beside it, by its last name only.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from cgp.conversation_json import ConversationError

HEAD_BYTES = 64 * 1024
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_ARCHIVE_MEMBERS = 200_000
MAX_ARCHIVE_BYTES = 64 * 1024**3
MAX_COMPRESSION = 200
MAX_FOLDER_DEPTH = 64
_SMALL_MEMBER = 8 * 1024 * 1024
_BUFFER = 256 * 1024


class Meter:
    """Counts the bytes that have been read, so that progress can be shown."""

    def __init__(self) -> None:
        self.bytes = 0

    def add(self, count: int) -> None:
        """Count bytes read."""
        self.bytes += count


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class File:
    """One file to read. ``path`` names it in messages (``archive.zip/member`` for a member)."""

    path: Path
    size: int
    _open: Callable[[], _Readable] = field(repr=False)
    _beside: Callable[[str], File | None] = field(repr=False)
    _meter: Meter | None = field(default=None, repr=False)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file for reading once, from its start.

        Raises:
            ConversationError: while reading, where an archive is damaged or encrypted.
            OSError: where the file cannot be read.
        """
        with _damage_reported():
            raw = self._open()
        stream = io.BufferedReader(_Metered(raw, self._meter), _BUFFER)
        try:
            yield stream
        finally:
            stream.close()

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """Return the first bytes, uncounted."""
        with _damage_reported():
            raw = self._open()
        try:
            with _damage_reported():
                return raw.read(size)
        finally:
            raw.close()

    def beside(self, name: str) -> File | None:
        """Return the file of this name in the same folder, None where there is none.

        Only the last part of ``name`` counts, so nothing outside the folder can be reached.
        """
        last = PurePosixPath(name.replace("\\", "/")).name
        return self._beside(last) if last not in {"", ".", ".."} and "\0" not in last else None


class _Metered(io.RawIOBase):
    """The raw side of a stream: counts bytes and reports damage as an error about the input."""

    def __init__(self, raw: _Readable, meter: Meter | None) -> None:
        self._raw = raw
        self._meter = meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        with _damage_reported():
            data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        if self._meter is not None:
            self._meter.add(len(data))
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


@contextmanager
def _damage_reported() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ConversationError(f"the archive is damaged: {error}") from error
    except (RuntimeError, NotImplementedError) as error:  # how zipfile says encrypted, or unknown
        raise ConversationError(f"the archive cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or a zip archive in its place: its files, by their path inside of it."""

    path: Path
    files: dict[str, File]

    def parts(self) -> tuple[list[File], list[Folder]]:
        """Return the files that lie in the folder itself, and the folders in it."""
        own: list[File] = []
        below: dict[str, dict[str, File]] = {}
        for name, file in self.files.items():
            first, slash, rest = name.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = file
            else:
                own.append(file)
        return own, [Folder(self.path / name, files) for name, files in below.items()]


def disk_file(path: Path, meter: Meter | None = None) -> File:
    """Return a file of the disk.

    Raises:
        FileNotFoundError: if there is none.
        ConversationError: if it is no plain file: a device has no end, and a pipe is read only once.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ConversationError(f"{path}: not a plain file")

    def beside(name: str) -> File | None:
        other = path.parent / name
        return disk_file(other, meter) if other.is_file() else None

    return File(path, status.st_size, lambda: path.open("rb", buffering=0), beside, meter)


def disk_folder(path: Path, meter: Meter | None = None) -> Folder:
    """Return a folder of the disk with every plain file below it, links left out, sorted by path."""
    files: dict[str, File] = {}
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith(".") and file.is_file() and not file.is_symlink():
                files[file.relative_to(path).as_posix()] = disk_file(file, meter)
    return Folder(path, dict(sorted(files.items())))


@contextmanager
def zip_folder(path: Path, meter: Meter | None = None) -> Iterator[Folder]:
    """Open a zip archive as a folder.

    Raises:
        ConversationError: if it is no zip archive, is damaged, or would unpack to too much.
    """
    with _damage_reported():
        archive = zipfile.ZipFile(path)
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check_archive(members, path.stat().st_size)
        files: dict[str, File] = {}

        def member_file(member: zipfile.ZipInfo) -> File:
            folder = PurePosixPath(member.filename).parent
            return File(
                path / member.filename.replace("\0", ""),
                member.file_size,
                lambda: archive.open(member),
                lambda name: files.get((folder / name).as_posix()),
                meter,
            )

        for member in sorted(members, key=lambda m: m.filename):
            if not _hidden(member.filename):
                files[member.filename] = member_file(member)
        yield Folder(path, files)


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _check_archive(members: Sequence[zipfile.ZipInfo], archive_bytes: int) -> None:
    """Refuse a zip bomb. The sizes declared are binding: no more than them is ever read."""
    if len(members) > MAX_ARCHIVE_MEMBERS:
        raise ConversationError(
            f"the archive has {len(members)} files, more than {MAX_ARCHIVE_MEMBERS}"
        )
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_ARCHIVE_BYTES:
        raise ConversationError(
            f"the archive unpacks to {unpacked} bytes, more than {MAX_ARCHIVE_BYTES}"
        )
    if sum(member.compress_size for member in members) > archive_bytes:
        raise ConversationError("the archive's files overlap")
    for member in members:
        if member.filename.count("/") > MAX_FOLDER_DEPTH:
            raise ConversationError(f"the archive's folders are deeper than {MAX_FOLDER_DEPTH}")
        limit = max(_SMALL_MEMBER, member.compress_size * MAX_COMPRESSION)
        if member.file_size > limit:
            raise ConversationError(
                f"{member.filename!r} is compressed more than {MAX_COMPRESSION}-fold"
            )


def read_lines(stream: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[bytes]:
    """Yield lines with their ends.

    Raises:
        ConversationError: at a line longer than ``limit`` bytes.
    """
    while line := stream.readline(limit + 1):
        if len(line) > limit:
            raise ConversationError(f"a line has more than {limit} bytes")
        yield line
