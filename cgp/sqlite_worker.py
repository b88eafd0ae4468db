"""One SQLite file used from ``async`` code: one thread, one connection, operations in order.

Because operations run in the order in which they were handed in, one that undoes another can be
handed in without waiting (in a ``finally``, while being cancelled) and still comes second.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from cgp.durable_files import PRIVATE_FOLDER_MODE, private_file
from cgp.sqlite_files import commit_without_disk, open_sqlite, transaction, write_ahead

T = TypeVar("T")

_BUSY_SECONDS = 10.0


class SqliteWorker:
    """Runs functions of a connection on a thread of its own, each in one transaction.

    The file (with its folder) is made at the first operation. WAL lets other processes read and
    write it at the same time; a writer waits up to ten seconds for another. A crash of the machine
    may lose the last operations, and none where ``is_durable``: then each waits for the disk.
    """

    def __init__(self, path: Path, schema: str, *, is_durable: bool = False) -> None:
        self._path = path
        self._schema = schema
        self._is_durable = is_durable
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=path.stem)
        self._closed = False

    def submit(self, operation: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Hand in an operation; it is committed if it returns and rolled back if it raises."""
        return self._thread.submit(self._transact, operation)

    async def run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Hand in an operation and wait for its result."""
        return await asyncio.wrap_future(self.submit(operation))

    async def rows(self, query: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; ``values`` stand for its question marks."""
        parameters = tuple(values)
        return await self.run(lambda connection: connection.execute(query, parameters).fetchall())

    async def close(self) -> None:
        """Finish the calls that were handed in and close the file. Idempotent."""
        if self._closed:
            return
        self._closed = True
        await asyncio.wrap_future(self._thread.submit(self._disconnect))
        # The thread has nothing left to do, and waiting for it would block the event loop.
        self._thread.shutdown(wait=False)

    def close_now(self) -> None:
        """As ``close``, for code that is not ``async``: waits for the calls that were handed in."""
        if self._closed:
            return
        self._closed = True
        self._thread.submit(self._disconnect).result()
        self._thread.shutdown()

    def _transact(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connect()
        with transaction(connection):
            return operation(connection)

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
            connection = open_sqlite(private_file(self._path), busy_seconds=_BUSY_SECONDS)
            try:
                write_ahead(connection, busy_seconds=_BUSY_SECONDS)
                if not self._is_durable:
                    commit_without_disk(connection)
                # The lock is taken before the tables are looked at: other processes may be making
                # them too.
                connection.executescript(f"BEGIN IMMEDIATE; {self._schema}; COMMIT;")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
