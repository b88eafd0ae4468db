"""The newest blocks of a ledger, for lists that are asked for again and again."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from cgp.experts.block import Kind
from cgp.experts.ledger import COLUMNS, Ledger, Record, State, read_row


def newest_blocks(
    ledger: Ledger,
    kinds: Collection[Kind],
    count: int,
    states: Collection[State] = tuple(State),
) -> list[Record]:
    """Return the newest ``count`` blocks of some kinds and states, the oldest of them first.

    At most as many rows of each kind and state are read, however long the ledger is.
    """
    query = newest_query(len(kinds) * len(states))
    values = [value for kind in kinds for state in states for value in (kind, state, count)]

    def read(connection: sqlite3.Connection) -> list[Record]:
        rows = connection.execute(query, (*values, count)).fetchall()
        return [read_row(row[1:]) for row in reversed(rows)]

    return ledger.transact(read)


def newest_query(parts: int) -> str:
    """Return the query, of as many parts as there are pairs of a kind and a state."""
    # Of one kind and one state the index has the rows in the order in which they came, so each part
    # ends after its last row; a query of several at once would sort all of them.
    part = (
        f"SELECT * FROM (SELECT number, {COLUMNS} FROM blocks WHERE kind = ? AND state = ?"  # noqa: S608 - columns are ours
        " ORDER BY number DESC LIMIT ?)"
    )
    return f"{' UNION ALL '.join([part] * parts)} ORDER BY number DESC LIMIT ?"
