"""All formats, of this package and of other packages."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from cgp.conversation_json import ConversationError
from cgp.sources import formats
from cgp.sources.binary import binary_kind
from cgp.sources.encodings import is_foreign
from cgp.sources.files import HEAD_BYTES, MOST_HEAD_BYTES, File
from cgp.sources.source import Source

ENTRY_POINTS = "cgp.sources"
"""The group of entry points by which another package adds a format: each one names a ``Source``."""


@cache
def sources() -> tuple[Source, ...]:
    """Return every format, special ones before general ones, by name.

    Raises:
        ConversationError: if a package brings something else than a format, or a name that is
            taken.
    """
    names = (module.name for module in pkgutil.iter_modules(formats.__path__))
    bundled_sources = [import_module(f"{formats.__name__}.{name}").SOURCE for name in names]
    names_in_use = {source.name for source in bundled_sources}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        source = _load_source(entry)
        if source.name in names_in_use:
            raise ConversationError(f"the format {source.name!r} of {entry.value} is there already")
        names_in_use.add(source.name)
        bundled_sources.append(source)
    # A general format recognises files of special ones too, so it is asked last.
    return tuple(sorted(bundled_sources, key=lambda source: (source.general, source.name)))


def _load_source(entry: EntryPoint) -> Source:
    try:
        source = entry.load()
    except Exception as error:  # another package may fail in any way
        reason = f"the format {entry.name!r} of {entry.value} cannot be loaded: {error}"
        raise ConversationError(f"{reason}; uninstall or update its package") from error
    if not isinstance(source, Source):
        raise ConversationError(f"the entry point {entry.value} is not a cgp.sources.Source")
    return source


def source_named(name: str) -> Source:
    """Return the format of this name.

    Raises:
        ConversationError: if there is none.
    """
    for source in sources():
        if source.name == name:
            return source
    source_names = ", ".join(sorted(source.name for source in sources()))
    raise ConversationError(f"no format is called {name!r}; there are {source_names}")


def guess(file: File) -> Source | None:
    """Return the format that a file is in, None where none recognises it.

    At most ``MOST_HEAD_BYTES`` of it are read, and so many only where its first ``HEAD_BYTES`` do
    not show the format.
    """
    head = file.head(HEAD_BYTES)
    match = _recognising(head, file)
    # Accounts begin with settings and contacts: their messages may come a megabyte later.
    if match is None and len(head) == HEAD_BYTES:
        match = _recognising(file.head(MOST_HEAD_BYTES), file)
    return match


def _recognising(head: bytes, file: File) -> Source | None:
    binary = binary_kind(head) is not None
    # Read in the wrong encoding, a text may hold the signs of any format by chance.
    if not binary and is_foreign(head):
        return None
    return next(
        (s for s in sources() if s.binary is binary and s.recognises(head, file.path)), None
    )
