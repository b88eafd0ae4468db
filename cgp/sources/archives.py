"""Archives read as folders, within limits: zip, tar, gzip, bzip2, xz and Zstandard.

Nothing is unpacked to a place with a name: a member is read through its archive. Only an archive
that lies inside another one, and a packed tar, are copied first, to an unnamed temporary file,
since their members can be found only by going back and forth in them.
"""

from __future__ import annotations

import stat
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass
from io import FileIO
from pathlib import PurePosixPath
from typing import IO

from cgp.conversation_json import ConversationError
from cgp.sources.encodings import Readable
from cgp.sources.files import (
    CUT,
    HIDDEN,
    LINK,
    Cut,
    CutError,
    File,
    Folder,
    LeftOut,
    damage_reported,
    is_hidden,
    is_unread,
)
from cgp.sources.packing import (
    MAX_BYTES,
    MAX_COMPRESSION,
    SMALL,
    TAR_MARK,
    Packing,
    unpacked,
)

# Bounds against archives that are made to fill a memory or a stack.
MAX_MEMBERS = 200_000
MAX_FOLDER_DEPTH = 64
MAX_NESTING = 4
"""Archives inside of archives: OpenAI's portal sends zips in a zip, and a tar is one inside of a
gzip.
"""
SMALL_NESTED = 64 * 1024 * 1024
# Smaller members are read again and again while a format is guessed; larger ones go to a temporary
# file.
_IN_MEMORY = 16 * 1024 * 1024
_CHUNK = 1024 * 1024


OUTSIDE = "not read, since its path leads out of the archive"


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
            yield _tar_folder(open_files, file, file.raw(), budget)
            return
        inner = unpacked(file, way)
        if inner.head(512)[TAR_MARK] == Packing.TAR.value:
            yield _tar_folder(open_files, file, inner.raw(), budget)
        else:
            yield Folder(file.path, {inner.path.name: inner}, cut=inner.cut)


def _seekable(
    open_files: ExitStack, raw: Readable, budget: Budget, cut: Cut | None = None
) -> IO[bytes]:
    """Return a file of the disk as it is, and a copy of anything else, up to its ``cut``."""
    open_files.callback(raw.close)
    if isinstance(raw, FileIO):
        return raw
    # ``open_files`` closes it.
    whole = open_files.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
    try:
        with damage_reported():
            while part := raw.read(_CHUNK):
                budget.take(len(part))
                whole.write(part)
    except CutError:
        if cut is None:
            raise
        cut.found = True
    whole.seek(0)
    return whole


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

    names = [member.filename for member in members]
    # Some programs of Windows write its backslash between folders.
    slash = "/" if any("/" in name for name in names) else "\\"
    links = [m.filename for m in members if stat.S_ISLNK(m.external_attr >> 16)]
    return _folder(
        file,
        [
            _Member(m.filename.replace(slash, "/"), m.file_size, opening(m))
            for m in members
            if not stat.S_ISLNK(m.external_attr >> 16)
        ],
        links,
    )


def _tar_folder(
    open_files: ExitStack, file: File, packed_stream: Readable, budget: Budget
) -> Folder:
    cut = Cut()
    raw = _seekable(open_files, packed_stream, budget, cut)
    size = raw.seek(0, 2)
    raw.seek(0)
    members: list[tarfile.TarInfo] = []
    links: list[str] = []
    with damage_reported():
        # ``open_files`` closes it.
        archive = open_files.enter_context(tarfile.open(fileobj=raw, mode="r:"))  # noqa: SIM115
        try:
            for member in archive:
                if member.isreg():
                    members.append(member)
                elif member.issym() or member.islnk():
                    links.append(member.name)
                _check_member(member.name, len(members))
        except tarfile.ReadError:
            if not members or members[-1].offset_data + members[-1].size <= size:
                raise
            cut.found = True

    def opening(member: tarfile.TarInfo) -> Callable[[], Readable]:
        def open_member() -> Readable:
            remainder = size - member.offset_data
            is_cut = remainder < member.size
            there = copy(member)
            # An archive that is cut short claims more bytes than it has: the rest would be an
            # error.
            there.size = min(member.size, max(0, remainder))
            member_file = archive.extractfile(there)
            assert member_file is not None  # it is a plain file
            return _EndsEarly(member_file) if is_cut else member_file

        return open_member

    return _folder(
        file,
        [_Member(m.name.removeprefix("./"), m.size, opening(m)) for m in members],
        links,
        cut,
    )


class _EndsEarly:
    """The last member of a tar that is cut: after its bytes comes an error, and no end."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member

    def read(self, size: int, /) -> bytes:
        if part := self._member.read(size):
            return part
        raise CutError(CUT)

    def close(self) -> None:
        self._member.close()


@dataclass(frozen=True, slots=True)
class _Member:
    """One plain file of an archive."""

    name: str
    size: int
    opening: Callable[[], Readable]


def _folder(
    file: File, members: Sequence[_Member], links: Sequence[str], cut: Cut | None = None
) -> Folder:
    files: dict[str, File] = {}
    numbers: Counter[str] = Counter()

    def beside(folder: PurePosixPath) -> Callable[[str], File | None]:
        return lambda name: files.get((folder / name).as_posix())

    left_out = {file.path / name.replace("\0", ""): LINK for name in links}
    for member in sorted(members, key=lambda member: member.name):
        if (above := _hidden_part(member.name)) is not None:
            outside = ".." in PurePosixPath(above).parts
            left_out[file.path / above.replace("\0", "")] = OUTSIDE if outside else HIDDEN
        if not _is_hidden(member.name):
            # An archive may hold one name twice, and the second must not hide the first.
            name = _free(member.name, files, numbers)
            clean = name.replace("\0", "")
            around = beside(PurePosixPath(name).parent)
            path = file.path / clean.lstrip("/")
            files[name] = File(path, member.size, member.opening, around, file.meter, cut)
    if file.meter is not None:
        file.meter.expect(sum(member.size for member in files.values()) - file.size)
    entries = tuple(LeftOut(path, reason) for path, reason in left_out.items())
    return Folder(file.path, files, entries, cut)


def _free(name: str, names: Container[str], numbers: Counter[str]) -> str:
    """Return the name of a member, with a number where an earlier one has the same.

    ``numbers`` has the last number of each name: counted from one each time, thousands of members
    of one name would take hours.
    """
    path, free = PurePosixPath(name), name
    while free in names:
        numbers[name] += 1
        free = str(path.with_name(f"{path.stem} ({numbers[name] + 1}){path.suffix}"))
    return free


def _hidden_part(name: str) -> str | None:
    """Return the path of the first part of a member's path that is hidden, all of one that leads
    out of the archive.
    """
    parts = PurePosixPath(name).parts
    place = next((i for i, part in enumerate(parts) if is_hidden(part)), None)
    if place is None or "__MACOSX" in parts:
        return None
    return name if ".." in parts else "/".join(parts[: place + 1]).lstrip("/")


def _is_hidden(name: str) -> bool:
    return any(is_unread(part) or part.startswith("__MACOSX") for part in PurePosixPath(name).parts)


def _check_member(name: str, count: int) -> None:
    if count > MAX_MEMBERS:
        raise ConversationError(f"the archive has more than {MAX_MEMBERS} files")
    if name.count("/") > MAX_FOLDER_DEPTH:
        raise ConversationError(f"the archive's folders are deeper than {MAX_FOLDER_DEPTH}")


def _check_zip(members: Sequence[zipfile.ZipInfo], archive_bytes: int) -> None:
    """Refuse a zip bomb. The sizes declared are binding: no more than them is ever read."""
    unpacked_bytes = sum(member.file_size for member in members)
    if unpacked_bytes > MAX_BYTES:
        raise ConversationError(
            f"the archive unpacks to {unpacked_bytes} bytes, more than {MAX_BYTES}"
        )
    if sum(member.compress_size for member in members) > archive_bytes:
        raise ConversationError("the archive's files overlap")
    for count, member in enumerate(members, 1):
        _check_member(member.filename, count)
        # A small file may be packed to nothing; a large one that is packed so well is a bomb.
        if member.file_size > max(SMALL, member.compress_size * MAX_COMPRESSION):
            raise ConversationError(
                f"{member.filename!r} is compressed more than {MAX_COMPRESSION}-fold"
            )
