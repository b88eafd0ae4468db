"""SQLite files: opened one way, and changed by transactions that are whole or nothing.

The driver's own transactions are off everywhere: it would begin one only at the first write, and
two processes that had both read by then would wait for each other.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TRY_AGAIN_SECONDS = 0.02


def open_sqlite(path: Path, *, busy_seconds: float, any_thread: bool = False) -> sqlite3.Connection:
    """Open a SQLite file; a call waits ``busy_seconds`` for the lock of another process.

    ``any_thread`` is for a connection that goes from thread to thread, one at a time.
    """
    return sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=not any_thread
    )


def write_ahead(connection: sqlite3.Connection, *, busy_seconds: float) -> None:
    """Let others read a file while one writes it (SQLite's WAL), from now on.

    SQLite does not wait for a lock when it changes the journal mode, so that is tried again here.

    Raises:
        sqlite3.OperationalError: if the file is locked for longer than ``busy_seconds``.
    """
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Other errors, such as a full disk, would only come again.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_TRY_AGAIN_SECONDS)
        else:
            return


def commit_without_disk(connection: sqlite3.Connection) -> None:
    """Let a commit return before it is on the disk.

    With WAL a crash of the program loses nothing so; one of the machine may lose the last
    transactions, and never a part of one.
    """
    connection.execute("PRAGMA synchronous = NORMAL")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a transaction that is committed whole, or rolled back if the block raises."""
    # The write lock at once: a transaction that reads first may find later that it cannot write.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        # A commit that fails must be undone too, or no later transaction could begin.
        connection.execute("COMMIT")
    except BaseException:
        # SQLite rolls back by itself on some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
