"""Nonces that several processes share and that a restart does not forget: one SQLite file.

A signed request counts once. The store in memory that ``bittensor.http_auth`` brings forgets at a
restart, and knows nothing of a second process behind the same address. A file on this machine does
both.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bittensor import http_auth

from cgp.sqlite_worker import SqliteWorker

logger = logging.getLogger(__name__)

KEPT_SECONDS: Final = 60.0
"""Time for which a nonce is remembered: several times the time for which a request is fresh."""

# Old nonces leave with one insertion of so many: each time would cost more than it frees.
_DROP_EACH = 256

_SCHEMA = """
CREATE TABLE IF NOT EXISTS nonces (
    nonce INTEGER NOT NULL, caller TEXT NOT NULL, receiver TEXT NOT NULL,
    PRIMARY KEY (nonce, caller, receiver)
) WITHOUT ROWID;
"""

# A nonce that is forgotten while its request is still fresh could be used again.
assert KEPT_SECONDS > http_auth.DEFAULT_MAX_AGE + http_auth.DEFAULT_ALLOWED_SKEW


class SharedNonces:
    """The nonces that the processes of one receiver accepted lately. An async context manager.

    Where the file cannot be used (a full disk), requests are let in all the same, and ``error``
    says why: a replay would get an answer that its sender has already, whereas a refusal would
    cost the miner its pay. ``clock`` gives nanoseconds since the epoch.

    Args:
        file: the SQLite file, made when it is first needed.
        receiver: the hotkey (SS58) that requests are sent to.
        clock: the clock by which requests are fresh.
    """

    def __init__(
        self, file: Path, receiver: str, *, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._worker = SqliteWorker(file, _SCHEMA)
        self._receiver = receiver
        self._clock = clock
        self._added = 0
        self.error = ""

    async def is_new(self, caller: str, nonce: int) -> bool:
        """Remember a nonce of a caller (SS58); return True if it is new."""
        try:
            new = await self._worker.run(lambda connection: self._add(connection, caller, nonce))
        except (sqlite3.Error, OSError) as error:
            if not self.error:
                logger.warning("Nonces are not shared, and a restart forgets them: %s", error)
            self.error = str(error)
            return True
        self.error = ""
        return new

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        await self._worker.close()

    def _add(self, connection: sqlite3.Connection, caller: str, nonce: int) -> bool:
        if self._added % _DROP_EACH == 0:
            oldest = self._clock() - int(KEPT_SECONDS * 1e9)
            connection.execute("DELETE FROM nonces WHERE nonce < ?", (oldest,))
        self._added += 1
        # One statement looks and remembers: of two processes with one request, one sees it as new.
        result = connection.execute(
            "INSERT OR IGNORE INTO nonces VALUES (?, ?, ?)", (nonce, caller, self._receiver)
        )
        return result.rowcount == 1
