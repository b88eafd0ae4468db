"""Files to import, on the disk or inside an archive, read as streams.

Nothing is followed or fetched: a file that another one refers to is looked for beside it, by its
name without folders.
"""

from __future__ import annotations

import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cgp.conversation_json import ConversationError
from cgp.sources.encodings import Readable, as_utf8, filled

HEAD_BYTES = 64 * 1024
MOST_HEAD_BYTES = 1024 * 1024
"""Most bytes that recognising a format may read of a file."""
# A file without line ends must not fill the memory; no line of a conversation is so long.
MAX_LINE_BYTES = 64 * 1024 * 1024
_BUFFER = 256 * 1024
_OF_SYSTEMS = frozenset({".DS_Store", ".localized"})
_OF_WINDOWS = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
HIDDEN = "not read, since its name begins with a dot (a hidden file): import it by its own path"
LINK = "a symbolic link, which is not followed: import what it points to by its own path"
NO_PLAIN_FILE = "not a plain file: a device, a pipe or a socket"


class Meter:
    """Counts the bytes that have been read, of how many, so that progress can be shown.

    Bytes of a file that is read again count once. ``total`` changes where an archive turns out to
    hold more or less than its own size.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self.total = 0
        self._furthest: dict[Path, int] = {}

    def expect(self, count: int) -> None:
        """Add bytes that will be read, or take them away where ``count`` is negative."""
        self.total += count

    def reach(self, path: Path, place: int) -> None:
        """Count a file's bytes as read up to a place in it."""
        before = self._furthest.get(path, 0)
        if place > before:
            self._furthest[path] = place
            self.bytes += place - before


CUT = (
    "the archive is damaged: it is cut short; what stands before the cut is kept, the rest is lost"
)


class CutError(
    ConversationError,
    code="source.cut",
    remedy="copy or download the file again, and import it again: it completes what was kept",
):
    """The end of a packed file is missing. All that stands before the cut has been given out."""


@dataclass(slots=True)
class Cut:
    """The note that a packed file turned out to have no end. ``found`` is set by reading it."""

    found: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is not read, and why. ``lost`` says that it may hold a conversation."""

    path: Path
    reason: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """One file to read. ``path`` names it in messages (``archive.zip/member`` for a member).

    Text comes as UTF-8 without a byte order mark, for any encoding of the file. Where the file has
    a ``cut``, the text ends with the last whole line before the place where the bytes end too
    early, and the cut says so.
    """

    path: Path
    size: int
    _open: Callable[[], Readable] = field(repr=False)
    _beside: Callable[[str], File | None] = field(repr=False)
    meter: Meter | None = field(default=None, repr=False)
    cut: Cut | None = field(default=None, repr=False)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file for reading once, from its start.

        Raises:
            ConversationError: while reading, where an archive is damaged or encrypted.
            OSError: where the file cannot be read.
        """
        raw = metered(self.raw(), self.path, self.meter)
        try:
            with io.BufferedReader(_Raw(self._text(raw)), _BUFFER) as stream:
                yield stream
        finally:
            raw.close()

    def whole(self, most_bytes: int, what: str) -> bytes:
        """Return all of the file; errors call its contents ``what``.

        It is read in parts: to ask for the most bytes at once would take the memory for them.

        Raises:
            ConversationError: if it has more bytes, or an archive is damaged.
            OSError: where the file cannot be read.
        """
        data = bytearray()
        with self.open() as stream:
            while part := stream.read(_BUFFER):
                data += part
                if len(data) > most_bytes:
                    size = most_bytes // (1024 * 1024)
                    raise ConversationError(f"more than {size} MiB of {what}: export it in parts")
        return bytes(data)

    def raw(self) -> Readable:
        """Open the file for reading its bytes as they are, uncounted.

        Raises:
            ConversationError: where an archive is damaged or encrypted.
            OSError: where the file cannot be read.
        """
        with damage_reported():
            return self._open()

    def pass_over(self) -> None:
        """Count the file as read: it has been, or nothing more of it will be."""
        if self.meter is not None:
            self.meter.reach(self.path, self.size)

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """Return the first bytes, uncounted, text as UTF-8."""
        raw = self.raw()
        try:
            with damage_reported():
                return filled(self._text(raw), size)
        finally:
            raw.close()

    def _text(self, raw: Readable) -> Readable:
        text = as_utf8(raw)
        return text if self.cut is None else _WholeLines(text, self.cut)

    def beside(self, name: str) -> File | None:
        """Return the file of this name in the same folder, None where there is none.

        Only the last part of ``name`` counts, so nothing outside the folder can be reached.
        """
        # Only the last part of a name: an export must not lead to files elsewhere on the disk.
        last = PurePosixPath(name.replace("\\", "/")).name
        return self._beside(last) if last not in {"", ".", ".."} and "\0" not in last else None


def metered(raw: Readable, path: Path, meter: Meter | None) -> Readable:
    """Return the same bytes, counted as those of ``path``; damage is an error about the input."""
    return _MeteredStream(raw, path, meter)


class _MeteredStream:
    def __init__(self, raw: Readable, path: Path, meter: Meter | None) -> None:
        self._raw = raw
        self._path = path
        self._meter = meter
        self._place = 0

    def read(self, size: int, /) -> bytes:
        with damage_reported():
            data = self._raw.read(size)
        if self._meter is not None:
            self._place += len(data)
            self._meter.reach(self._path, self._place)
        return data

    def close(self) -> None:
        self._raw.close()


class _WholeLines:
    """Text up to the last whole line before a cut, which is noted."""

    def __init__(self, text: Readable, cut: Cut) -> None:
        self._text = text
        self._cut = cut
        self._ready = b""
        self._next: bytes | None = None

    def read(self, size: int, /) -> bytes:
        # One part is read ahead: only then it is clear whether a cut follows the one given out.
        if not self._ready:
            self._ready = self._part(size) if self._next is None else self._next
            self._next = self._part(size) if self._ready else b""
            if not self._next and self._cut.found:
                # The last line of an archive that is cut short may be half a line, and is left out.
                end = max(self._ready.rfind(b"\n"), self._ready.rfind(b"\r")) + 1
                self._ready = self._ready[:end] if end else self._ready
        part, self._ready = self._ready[:size], self._ready[size:]
        return part

    def _part(self, size: int) -> bytes:
        try:
            return self._text.read(size)
        except CutError:
            self._cut.found = True
            return b""

    def close(self) -> None:
        self._text.close()


class _Raw(io.RawIOBase):
    """The raw side of a stream over a readable object."""

    def __init__(self, source: Readable) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


@contextmanager
def damage_reported() -> Iterator[None]:
    """Turn the ways in which an archive can be unreadable into an error about the input.

    Raises:
        ConversationError: if it is damaged, encrypted, or compressed in an unknown way.
    """
    try:
        yield
    except EOFError as error:
        raise CutError(CUT) from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        raise ConversationError(f"the archive is damaged: {error}") from error
    except (RuntimeError, NotImplementedError) as error:  # how zipfile says encrypted, or unknown
        raise ConversationError(f"the archive cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or an archive in its place: its files, by their path inside of it.

    ``left_out`` are files and folders in it that are not read. ``cut`` is that of the archive.
    """

    path: Path
    files: dict[str, File]
    left_out: tuple[LeftOut, ...] = ()
    cut: Cut | None = None

    def parts(self) -> tuple[list[File], list[Folder]]:
        """Return the files that lie in the folder itself, and the folders in it."""
        own_files: list[File] = []
        below: dict[str, dict[str, File]] = {}
        for name, file in self.files.items():
            first, slash, rest = name.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = file
            else:
                own_files.append(file)
        return own_files, [Folder(self.path / name, files) for name, files in below.items()]


def disk_file(path: Path, meter: Meter | None = None) -> File:
    """Return a file of the disk.

    Raises:
        FileNotFoundError: if there is none.
        ConversationError: if it is not a plain file: a device has no end, and a pipe is read only
            once.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ConversationError(f"{path}: not a plain file")

    def beside(name: str) -> File | None:
        neighbour = path.parent / name
        return disk_file(neighbour, meter) if neighbour.is_file() else None

    return File(path, status.st_size, lambda: path.open("rb", buffering=0), beside, meter)


def disk_folder(path: Path, meter: Meter | None = None) -> Folder:
    """Return a folder of the disk with every plain file below it, sorted by path; links
    and hidden files are left out.
    """
    files: dict[str, File] = {}
    left_out: list[LeftOut] = []

    def no_way_in(error: OSError) -> None:
        left_out.append(LeftOut(Path(error.filename), error.strerror or str(error), lost=True))

    for folder, folders, names in os.walk(path, onerror=no_way_in):
        entries = (_left_out(Path(folder, name), path) for name in sorted(folders + names))
        left_out += (entry for entry in entries if entry is not None)
        # Changed in place: ``os.walk`` descends into the folders that are left in this very list.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if not is_unread(name) and file.is_file() and not file.is_symlink():
                files[file.relative_to(path).as_posix()] = disk_file(file, meter)
    return Folder(path, dict(sorted(files.items())), tuple(left_out))


def _left_out(path: Path, below: Path) -> LeftOut | None:
    """Return why an entry of a folder is not read, None for one that is."""
    if path.name.startswith("."):
        return LeftOut(path, HIDDEN) if is_hidden(path.name) else None
    if path.is_symlink():
        # What lies in the same folder is read there, and a link to nothing loses nothing.
        elsewhere = path.exists() and not path.resolve().is_relative_to(below.resolve())
        return LeftOut(path, LINK, lost=elsewhere)
    return None if path.is_file() or path.is_dir() else LeftOut(path, NO_PLAIN_FILE)


def is_unread(name: str) -> bool:
    """Tell if a file or folder is hidden, or is one that Windows adds to a folder of pictures."""
    return name.startswith(".") or name.casefold() in _OF_WINDOWS


def is_hidden(name: str) -> bool:
    """Tell if a file or folder is hidden by a person or program, except the entries that macOS
    adds.
    """
    return name.startswith(".") and name not in _OF_SYSTEMS and not name.startswith("._")


def bytes_below(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder; 0 for anything else."""
    if path.is_dir():
        return sum(file.size for file in disk_folder(path).files.values())
    return path.stat().st_size if path.is_file() else 0


def read_lines(stream: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[bytes]:
    """Yield lines without their ends, which are LF, CR LF or CR.

    Of a line longer than ``limit`` bytes the first ``limit`` come: too long for a turn or a
    record, so its reader refuses it and goes on with the next.
    """
    pieces: list[bytes] = []  # the pieces of a line whose end has not been read
    size = 0
    while chunk := stream.read(_BUFFER):
        # A chunk that ends between CR and LF would give an empty line more.
        if chunk.endswith(b"\r") and isinstance(stream, io.BufferedReader):
            chunk += stream.read(1) if stream.peek(1)[:1] == b"\n" else b""
        for line in chunk.splitlines(keepends=True):
            has_end = line.endswith((b"\n", b"\r"))
            if has_end and not pieces:
                yield line.rstrip(b"\r\n")[:limit]
                continue
            if size < limit:
                pieces.append(line)
            size += len(line)
            if has_end:
                yield b"".join(pieces).rstrip(b"\r\n")[:limit]
                pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)[:limit]
