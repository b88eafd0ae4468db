"""A drop folder: its new entries, once they are written completely."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from watchfiles import Change, watch

QUIET_SECONDS = 1.0
"""Time without a change until a file counts as written."""
_LONGEST_WAIT_SECONDS = 60.0
# Programs write under such a name and rename the file when it is whole.
_PARTIAL_SUFFIXES = frozenset({".part", ".partial", ".crdownload", ".download", ".tmp"})
"""Endings that browsers and copying programs give to unfinished files."""


def arrivals(
    folder: Path, stop: Event | None = None, *, quiet_seconds: float = QUIET_SECONDS
) -> Iterator[list[Path]]:
    """Yield the entries of a folder, then those that arrive or change, in groups, until ``stop`` is
    set.

    An entry is a file or a folder directly in it. Importing one again changes nothing, so to yield
    one twice does no harm.
    """
    entries = _Entries(folder)
    if first := entries.settled(entries.every(), quiet_seconds):
        yield first
    quiet = int(quiet_seconds * 1000)
    changes = watch(
        folder,
        stop_event=stop,
        step=quiet,
        # Without it a folder that changes all the time would never yield.
        debounce=int(_LONGEST_WAIT_SECONDS * 1000),
        rust_timeout=quiet,
        yield_on_timeout=True,
        raise_interrupt=True,
    )
    waiting: set[Path] = set()
    is_watching = False
    for group in changes:
        waiting |= {
            folder / Path(name).relative_to(folder.resolve()).parts[0]
            for change, name in group
            if change is not Change.deleted and _is_inside(Path(name), folder.resolve())
        }
        if not is_watching:
            # Changes before this first round came while nothing watched.
            waiting |= entries.every()
            is_watching = True
        if waiting and (new_files := entries.settled(waiting, quiet_seconds)):
            yield new_files


@dataclass(frozen=True, slots=True)
class _State:
    """Size of an entry, and the time of its last change (seconds since the epoch)."""

    at: float
    size: int


class _Entries:
    """The entries of a folder, each with the state in which it was given out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._states: dict[Path, _State] = {}

    def every(self) -> set[Path]:
        """Return the entries that are there."""
        return set(self._folder.iterdir())

    def settled(self, waiting: set[Path], quiet_seconds: float) -> list[Path]:
        """Take from ``waiting`` all but the entries that are still being written; return the new
        and the changed ones among them, sorted.
        """
        files = []
        # In one order: exports in parts name their parts in order.
        for path in sorted(waiting):
            state = _state(path) if _is_wanted(path) else None
            if state is not None and abs(time.time() - state.at) < quiet_seconds:
                continue
            waiting.discard(path)
            if state is not None and self._states.get(path) != state:
                self._states[path] = state
                files.append(path)
        return files


def _state(path: Path) -> _State | None:
    """Return the state of a file, or of all files below a folder; None where it has gone.

    The time is that of the system's own note of a change: programs that copy set the other one.
    """
    try:
        below = [Path(top, name) for top, _, names in os.walk(path) for name in names]
        statuses = [status.lstat() for status in (path, *below)]
    except FileNotFoundError:
        return None
    return _State(
        max(status.st_ctime for status in statuses), sum(status.st_size for status in statuses)
    )


def _is_inside(path: Path, folder: Path) -> bool:
    return path != folder and path.is_relative_to(folder)


def _is_wanted(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in _PARTIAL_SUFFIXES
