"""Memory of blocks that a pull refused, so that the next one does not fetch them anew.

A fault of a block's own bytes stays. A fault beside other blocks (a missing parent, the weights of
a head) is looked at again once a block has come.
"""

from __future__ import annotations

import sqlite3

from cgp import __version__
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.ledger import Ledger

_BY_OTHER_BLOCKS = frozenset({Fault.PARENT_MISSING, Fault.COPY})


class RefusedBlocks:
    """Refused blocks of one ledger, each by the digests of its manifest and of its signature.

    Another release of the program may take such a block, so a new release begins with none.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reason(self, digest: str, signature: str) -> str | None:
        """Return the words in which a block was refused, None if it may be asked for."""

        def read(connection: sqlite3.Connection) -> str | None:
            row = connection.execute(
                "SELECT reason, blocks FROM refusals"
                " WHERE digest = ? AND signature = ? AND release = ?",
                (digest, signature, __version__),
            ).fetchone()
            if row is None or row[1] not in {None, _last_number(connection)}:
                return None
            return str(row[0])

        return self._ledger.transact(read)

    def add(self, digest: str, signature: str, error: RefusedError) -> None:
        """Remember a refusal."""

        def write(connection: sqlite3.Connection) -> None:
            blocks = _last_number(connection) if error.fault in _BY_OTHER_BLOCKS else None
            connection.execute(
                "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?, ?)",
                (digest, signature, str(error), blocks, __version__),
            )

        self._ledger.transact(write)


def _last_number(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT COALESCE(MAX(number), 0) FROM blocks").fetchone()
    return int(number)
