"""All formats, found by their modules, and which of them a file is in."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources import formats
from cgp.sources.files import File, Folder, Meter, disk_file, disk_folder, zip_folder
from cgp.sources.source import Source, skipped, unreadable

UNKNOWN_FORMAT = "not in a known format"

Read = tuple[Source | None, Record]
"""A record with the format that it was read in, None where that is not known."""


@cache
def sources() -> tuple[Source, ...]:
    """Return every format, special ones before general ones, by name."""
    names = (module.name for module in pkgutil.iter_modules(formats.__path__))
    found = (import_module(f"{formats.__name__}.{name}").SOURCE for name in names)
    return tuple(sorted(found, key=lambda source: (source.general, source.name)))


def source_named(name: str) -> Source:
    """Return the format of this name.

    Raises:
        ConversationError: if there is none.
    """
    for source in sources():
        if source.name == name:
            return source
    known = ", ".join(sorted(source.name for source in sources()))
    raise ConversationError(f"no format is called {name!r}; there are {known}")


def guess(file: File) -> Source | None:
    """Return the format that a file is in, None where none recognises it."""
    head = file.head()
    return next((source for source in sources() if source.recognises(head, file.path)), None)


def read_path(
    path: Path, source: Source | None = None, meter: Meter | None = None
) -> Iterator[Read]:
    """Yield ``(format, record)`` for each record of a file, a folder or a zip archive.

    With ``source`` every file of a folder that has one of its suffixes is read as that format; without
    it each file's format is guessed, and a file in none is a skipped record. Nothing raises but a path
    that does not exist.

    Raises:
        FileNotFoundError: if ``path`` does not exist.
    """
    if path.is_dir():
        yield from _read_folder(nullcontext(disk_folder(path, meter)), path, source)
        return
    try:
        file = disk_file(path, meter)
        zipped = file.head(4) == b"PK\x03\x04" or path.suffix.lower() == ".zip"
    except FileNotFoundError:
        raise
    except (ConversationError, OSError) as error:
        yield source, unreadable(path, 0, _reason(error))
        return
    if zipped:
        yield from _read_folder(zip_folder(path, meter), path, source)
    else:
        yield from _read_file(file, source)


def _read_folder(
    opening: AbstractContextManager[Folder], path: Path, source: Source | None
) -> Iterator[Read]:
    anything = False
    try:
        with opening as folder:
            for pair in _records(folder, source):
                anything = True
                yield pair
    except (ConversationError, OSError) as error:
        yield source, unreadable(path, 0, _reason(error))
        return
    if not anything:
        yield source, skipped(path, 0, "no file of a known format in it")


def _records(folder: Folder, source: Source | None) -> Iterator[Read]:
    """Read each folder as the format that it is in as a whole, or else file by file."""
    waiting = [folder]
    while waiting:
        at = waiting.pop()
        if (whole := _whole(at, source)) is not None and whole.read_folder is not None:
            for record in whole.read_folder(at):
                yield whole, record
            continue
        files, folders = at.parts()
        yield from _read_files(files, source)
        waiting.extend(reversed(folders))


def _whole(folder: Folder, source: Source | None) -> Source | None:
    names = list(folder.files)
    for candidate in sources() if source is None else (source,):
        if candidate.recognises_folder is not None and candidate.recognises_folder(names):
            return candidate
    return None


def _read_files(files: list[File], source: Source | None) -> Iterator[Read]:
    """Read the files of a folder: those first that know about others, then by name."""
    pairs: list[tuple[File, Source | None]] = []
    for file in files:
        if source is not None:
            if file.path.suffix.lower() in source.suffixes:
                pairs.append((file, source))
            continue
        try:
            pairs.append((file, guess(file)))
        except (ConversationError, OSError) as error:
            yield None, unreadable(file.path, 0, _reason(error))
    for file, found in sorted(pairs, key=lambda pair: not (pair[1] and pair[1].first)):
        if found is None:
            yield None, skipped(file.path, 0, UNKNOWN_FORMAT)
        else:
            yield from _read_file(file, found)


def _read_file(file: File, source: Source | None) -> Iterator[Read]:
    try:
        found = source or guess(file)
        if found is None:
            yield None, unreadable(file.path, 0, f"{UNKNOWN_FORMAT}: name it with --format")
            return
        for record in found.read(file):
            yield found, record
    except (ConversationError, OSError) as error:
        yield source, unreadable(file.path, 0, _reason(error))


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
