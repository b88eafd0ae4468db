"""The tree of windows of a finished conversation, each with its merged metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.store.database import Database
from cgp.store.schema import mined_windows


class MinedWindows(Database):
    """The part of the store that holds mined trees of windows."""

    def _put_mined_windows(
        self, connection: Connection, conversation_id: str, windows: Sequence[MinedWindow]
    ) -> None:
        """Store a tree in place of an earlier one."""
        c = mined_windows.c
        connection.execute(sa.delete(mined_windows).where(c.conversation_id == conversation_id))
        if windows:
            rows = [{"conversation_id": conversation_id} | window.to_json() for window in windows]
            connection.execute(sa.insert(mined_windows), rows)

    def mined_windows(
        self, conversation_id: str, after: int = -1, limit: int | None = None
    ) -> list[MinedWindow]:
        """Return the tree of a finished conversation in pre-order; empty where there is none.

        A page of it: up to ``limit`` windows with a number above ``after``.
        """
        c = mined_windows.c
        query = (
            sa.select(mined_windows)
            .where(c.conversation_id == conversation_id, c.number > after)
            .order_by(c.number)
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [mined_window(row) for row in rows]


def mined_window(row: sa.Row[Any]) -> MinedWindow:
    """Return the window of a row of ``mined_windows``."""
    metadata = Metadata.from_json(row.metadata)
    return MinedWindow(row.number, row.parent, row.level, row.start, row.stop, metadata)
