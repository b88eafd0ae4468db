"""A reader that lasts: one open index, opened anew when a writer has saved a newer one."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cgp.embedders import Embedder
from cgp.search.derived import KINDS
from cgp.search.genome_index import GenomeIndex, SearchError

logger = logging.getLogger(__name__)


class IndexReader:
    """Lends the index in a folder to one thread at a time, in its newest state. Thread-safe."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._folder = folder
        self._embedder = embedder
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._index: GenomeIndex | None = None
        self._state: tuple[object, ...] = ()

    @contextmanager
    def index(self) -> Iterator[GenomeIndex]:
        """Lend the index.

        Raises:
            SearchError: if there is none yet, or it cannot be opened; also where it turns out to be
                damaged while it is lent.
        """
        # One thread at a time: neither SQLite's connection nor FAISS's index may be shared.
        with self._lock:
            state = self._snapshot_state()
            if self._index is None or state != self._state:
                self._close()
                self._index = self._open.enter_context(
                    GenomeIndex.open(self._folder, self._embedder, read_only=True)
                )
                self._state = state
            try:
                yield self._index
            except sqlite3.DatabaseError as error:
                # The next reader opens it anew: by then it may have been made again.
                self._close()
                logger.warning("The index in %s cannot be read: %s", self._folder, error)
                raise SearchError(f"the index in {self._folder} cannot be read: {error}") from error

    def close(self) -> None:
        """Close the open index. Idempotent; a later use opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self._index = None
        self._open.close()

    def _snapshot_state(self) -> tuple[object, ...]:
        """Return a value that differs after each snapshot: identity and time of the manifests."""
        states: list[object] = []
        for kind in KINDS:
            try:
                status = (self._folder / kind / "manifest.json").stat()
            except FileNotFoundError:
                states.append(None)
            else:
                states.append((status.st_ino, status.st_mtime_ns))
        return tuple(states)
