"""A drop folder: its new entries, once they are written completely."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import Change, watch

QUIET_SECONDS = 1.0
"""Time without a change until a file counts as written."""
_LONGEST_WAIT_SECONDS = 60.0
_UNFINISHED = frozenset({".part", ".partial", ".crdownload", ".download", ".tmp"})
"""Endings that browsers and copying programs give to unfinished files."""


def arrivals(
    folder: Path, stop: Event | None = None, *, quiet_seconds: float = QUIET_SECONDS
) -> Iterator[list[Path]]:
    """Yield the entries of a folder, then those that arrive or change, in groups, until ``stop``
    is set.

    An entry is a file or a folder directly in it. Importing one again changes nothing, so what is
    yielded twice does no harm.
    """
    first = sorted(path for path in folder.iterdir() if _is_wanted(path))
    if first:
        yield first
    quiet = int(quiet_seconds * 1000)
    changes = watch(
        folder,
        stop_event=stop,
        step=quiet,
        debounce=int(_LONGEST_WAIT_SECONDS * 1000),
        rust_timeout=quiet,
        yield_on_timeout=False,
        raise_interrupt=True,
    )
    for group in changes:
        entries = {
            folder / Path(name).relative_to(folder.resolve()).parts[0]
            for change, name in group
            if change is not Change.deleted and _is_inside(Path(name), folder.resolve())
        }
        if arrived := sorted(path for path in entries if path.exists() and _is_wanted(path)):
            yield arrived


def _is_inside(path: Path, folder: Path) -> bool:
    return path != folder and path.is_relative_to(folder)


def _is_wanted(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in _UNFINISHED
