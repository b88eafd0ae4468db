"""From a path to records: folders and archives are walked, each file read in the
format it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.archives import MAX_NESTING, Budget, opened
from cgp.sources.binary import MEDIA, binary_kind
from cgp.sources.encodings import is_foreign
from cgp.sources.files import (
    CUT,
    HIDDEN,
    MOST_HEAD_BYTES,
    File,
    Folder,
    Meter,
    disk_file,
    disk_folder,
)
from cgp.sources.packing import Packing, packing
from cgp.sources.registry import guess, sources
from cgp.sources.source import SkippedError, Source, skipped, unreadable

UNKNOWN_FORMAT = "not in a known format"
_LOGS = (".log",)
FOREIGN = "its text is in an old encoding that the file does not name: save it as UTF-8"
COMPANION = "belongs to an export and holds no conversation of its own"
EMPTY = "empty"
BLANK = "nothing but white space"
NOTHING = "JSON with nothing in it"
NOT_UNDERSTOOD = "recognised, but nothing in it was understood"

_NOTHING_BYTES = 256
_EMPTY_JSON = frozenset({b"[]", b"{}", b"null", b'""'})

Read = tuple[Source | None, Record]
"""A record with the format that it was read in, None where that is not known."""


def read_path(
    path: Path, source: Source | None = None, meter: Meter | None = None
) -> Iterator[Read]:
    """Yield ``(format, record)`` for each record of a file, a folder or an archive.

    With ``source`` every file of a folder that has one of its suffixes is read as that format;
    without it each file's format is guessed, and a file in none is a skipped record. Nothing
    raises but a path that does not exist.

    Raises:
        FileNotFoundError: if ``path`` does not exist.
    """
    if path.is_dir():
        folder = disk_folder(path, meter)
        size = sum(file.size for file in folder.files.values())
        yield from _anything(_Walk(source, Budget(size)).folder(folder), path, source)
        return
    try:
        file = disk_file(path, meter)
    except FileNotFoundError:
        raise
    except (ConversationError, OSError) as error:
        yield source, unreadable(path, 0, _reason(error))
        return
    yield from read_file(file, source)


def read_file(file: File, source: Source | None = None) -> Iterator[Read]:
    """Yield ``(format, record)`` for each record of a file or an archive; see ``read_path``."""
    try:
        way = _packing(file)
    except (ConversationError, OSError) as error:
        yield source, unreadable(file.path, 0, _reason(error))
        return
    walk = _Walk(source, Budget(file.size))
    if way is not None:
        yield from _anything(walk.archive(file, way, 0), file.path, source)
    else:
        yield from _named_file(file, source)


def _packing(file: File) -> Packing | None:
    way = packing(file.head(512), file.path)
    return Packing.ZIP if way is None and file.path.suffix.lower() == ".zip" else way


def _anything(pairs: Iterable[Read], path: Path, source: Source | None) -> Iterator[Read]:
    """Pass on the records read; say so if there are none."""
    anything = False
    for pair in pairs:
        error = pair[1].error
        anything = anything or not (isinstance(error, SkippedError) and error.reason == HIDDEN)
        yield pair
    if not anything:
        yield source, skipped(path, 0, "no file of a known format in it", lost=True)


def _named_file(file: File, source: Source | None) -> Iterator[Read]:
    try:
        format_source = source or guess(file)
        if format_source is not None and not format_source.binary and is_foreign(file.head()):
            yield source, unreadable(file.path, 0, FOREIGN)
            return
        if (reason := _nothing(file)) is not None:
            yield None, unreadable(file.path, 0, reason)
            return
        if format_source is None:
            reason = _unknown_format(file)
            hint = (
                ": name its format, one of cgp import --list-formats"
                if reason == UNKNOWN_FORMAT
                else ""
            )
            yield None, unreadable(file.path, 0, f"{reason}{hint}")
            return
    except (ConversationError, OSError) as error:
        yield source, unreadable(file.path, 0, _reason(error))
        return
    yield from _read(file, format_source)


def _nothing(file: File) -> str | None:
    """Return in which way there is nothing in a file, None where there is something."""
    if not (head := file.head(_NOTHING_BYTES)):
        return EMPTY
    if len(head) < _NOTHING_BYTES and head.strip() in _EMPTY_JSON:
        return NOTHING
    blank = not head.strip() and len(whole := file.head(MOST_HEAD_BYTES)) < MOST_HEAD_BYTES
    return BLANK if blank and not whole.strip() else None


def _unknown_format(file: File) -> str:
    """Return why a file is in no known format."""
    if kind := binary_kind(file.head()):
        return f"{UNKNOWN_FORMAT}: it is {kind}"
    if is_foreign(file.head()):
        return FOREIGN
    head, suffix = file.head(), file.path.suffix.lower()
    meant = (s.missing for s in sources() if s.missing and suffix in (*s.suffixes, *_LOGS))
    reason = next((reason for missing in meant if (reason := missing(head, file.path))), None)
    return UNKNOWN_FORMAT if reason is None else f"{UNKNOWN_FORMAT}: {reason}"


def _read(file: File, source: Source) -> Iterator[Read]:
    yield from _export(source.read(file), file.path, source)
    file.pass_over()


def _export(records: Iterable[Record], path: Path, source: Source) -> Iterator[Read]:
    """Pass on the records of an export; say so where it has none, or cannot be read on."""
    anything = False
    try:
        for record in records:
            anything = True
            yield source, record
    except (ConversationError, OSError) as error:
        anything = True
        yield source, unreadable(path, 0, _reason(error))
    if not anything:
        yield source, skipped(path, 0, f"{NOT_UNDERSTOOD} ({source.name})", lost=True)


@dataclass(frozen=True, slots=True)
class _Walk:
    """The reading of everything below one path. ``budget`` bounds the size of its archives when
    unpacked.
    """

    source: Source | None
    budget: Budget

    def archive(self, file: File, way: Packing, depth: int) -> Iterator[Read]:
        """Yield the contents of an archive; ``depth`` counts the archives around it."""
        if depth >= MAX_NESTING:
            reason = f"more than {MAX_NESTING} archives inside of one another"
            yield self.source, unreadable(file.path, 0, reason)
            return
        with ExitStack() as stack:
            try:
                folder = stack.enter_context(opened(file, way, self.budget, nested=depth > 0))
            except (ConversationError, OSError) as error:
                yield self.source, unreadable(file.path, 0, _reason(error))
                file.pass_over()
                return
            yield from self.folder(folder, depth + 1)
            if folder.cut is not None and folder.cut.found:
                yield self.source, unreadable(file.path, 0, CUT)

    def folder(self, folder: Folder, depth: int = 0) -> Iterator[Read]:
        """Yield the contents of each folder: read as one export where it is one, or else file by
        file.
        """
        for entry in folder.left_out:
            yield None, skipped(entry.path, 0, entry.reason, lost=entry.lost)
        downloads = [source.download for source in sources() if source.download is not None]
        is_download = any(way.search(name) for way in downloads for name in folder.files)
        waiting = [folder]
        while waiting:
            at = waiting.pop()
            if (whole := self._whole(at)) is not None and whole.read_folder is not None:
                yield from _export(whole.read_folder(at), at.path, whole)
                for file in at.files.values():
                    file.pass_over()
                continue
            files, folders = at.parts()
            yield from self._files(files, depth, is_download=is_download)
            # Reversed onto a stack, so that folders are read in their own order.
            waiting.extend(reversed(folders))

    def _whole(self, folder: Folder) -> Source | None:
        names = list(folder.files)
        for candidate in sources() if self.source is None else (self.source,):
            if candidate.recognises_folder is not None and candidate.recognises_folder(names):
                return candidate
        return None

    def _files(self, files: Sequence[File], depth: int, *, is_download: bool) -> Iterator[Read]:
        """Read the files of one folder: files with facts about others first, then by name.

        ``is_download`` says that they are of all that a service has of a person.
        """
        pairs: list[tuple[File, Source | None]] = []
        for file in files:
            try:
                if (way := _packing(file)) is not None:
                    yield from self.archive(file, way, depth)
                elif self.source is None:
                    pairs.append((file, guess(file)))
                elif file.path.suffix.lower() in self.source.suffixes:
                    pairs.append((file, self.source))
            except (ConversationError, OSError) as error:
                yield None, unreadable(file.path, 0, _reason(error))
        # A file that is recognised goes with another one only where its whole name is known to.
        present = {s for file, s in pairs if s is not None and file.path.name not in s.companions}
        files_by_source: dict[Source, list[File]] = {}
        for file, source in pairs:
            if _is_companion(file, present, exactly=source is not None):
                yield None, skipped(file.path, 0, COMPANION)
                file.pass_over()
            elif source is None:
                is_list = is_download and _is_list_of_download(file)
                yield None, skipped(file.path, 0, COMPANION) if is_list else _skip_record(file)
                file.pass_over()
            else:
                files_by_source.setdefault(source, []).append(file)
        # Formats that ask to come first, then the others in order of their files: the sort is
        # stable.
        for source in sorted(files_by_source, key=lambda source: not source.first):
            yield from _series(files_by_source[source], source)


def _is_companion(file: File, present: AbstractSet[Source], *, exactly: bool) -> bool:
    """Tell if a file only goes with exports of the formats that are there."""
    names = (name for source in present for name in source.companions)
    if exactly:
        return file.path.name in names
    return any(fnmatchcase(file.path.name, name) for name in names)


def _is_list_of_download(file: File) -> bool:
    """Tell if an unknown file is a list of likes or logins; a file of a chat is named message."""
    return file.path.suffix.lower() == ".json" and not file.path.name.startswith("message_")


def _series(files: Sequence[File], source: Source) -> Iterator[Read]:
    """Read files of one format, the numbered parts of an export as one."""
    parts = source.parts
    if parts is None:
        for file in files:
            yield from _read(file, source)
        return
    exports: dict[str, list[tuple[int, File]]] = {}
    for file in files:
        series, number = parts.place(file.path) or (str(file.path), 0)
        exports.setdefault(series, []).append((number, file))
    for numbered_files in exports.values():
        ordered_files = [file for _, file in sorted(numbered_files, key=lambda pair: pair[0])]
        yield from _export(parts.read(ordered_files), ordered_files[0].path, source)
        for file in ordered_files:
            file.pass_over()


def _skip_record(file: File) -> Record:
    """Return why a file of a folder is left out; only one without words is not a loss."""
    if (reason := _nothing(file)) is not None:
        return skipped(file.path, 0, reason)
    if (kind := binary_kind(file.head())) in MEDIA:
        return skipped(file.path, 0, f"{kind}: no words")
    return skipped(file.path, 0, _unknown_format(file), lost=True)


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
