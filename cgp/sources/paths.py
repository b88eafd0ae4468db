"""The paths of a command read as conversations: files, folders, archives, and standard input."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cgp.sources.files import Meter, disk_file
from cgp.sources.reading import Read, read_file, read_path
from cgp.sources.source import Source

STANDARD_INPUT = Path("-")
"""The path that stands for standard input."""

_STANDARD_INPUT = Path("standard input")


def require_paths(paths: Sequence[Path]) -> None:
    """Check that each path exists; standard input always does.

    Raises:
        FileNotFoundError: if one does not.
    """
    for path in paths:
        if path != STANDARD_INPUT:
            path.stat()


def read_paths(
    paths: Sequence[Path], source: Source | None = None, meter: Meter | None = None
) -> Iterator[Read]:
    """Yield ``(format, record)`` for each record of all paths, as ``read_path`` does for one.

    Raises:
        FileNotFoundError: if one of the paths does not exist; nothing has been read then.
    """
    require_paths(paths)
    for path in paths:
        if path == STANDARD_INPUT:
            yield from _read_standard_input(source, meter)
        else:
            yield from read_path(path, source, meter)


def _read_standard_input(source: Source | None, meter: Meter | None) -> Iterator[Read]:
    """Read standard input from a copy: to guess its format reads the head, which is read again."""
    with tempfile.TemporaryDirectory(prefix="cgp-") as folder:
        copy = Path(folder, "standard-input")
        with copy.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield from read_file(replace(disk_file(copy, meter), path=_STANDARD_INPUT), source)
