"""The store read from end to end: every conversation with its metadata."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.store.database import Database
from cgp.store.mined_windows import mined_window
from cgp.store.schema import conversation_metadata, conversations, mined_windows


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation by its ``number`` in order of arrival.

    ``metadata`` and ``leaves``, the leaves of its tree of windows, are there once it is finished.
    """

    number: int
    conversation: Conversation
    metadata: Metadata | None
    leaves: tuple[MinedWindow, ...] = ()


class Corpus(Database):
    """Reading of everything, in pages."""

    def corpus(
        self, page: int = 256, *, after: int = 0, mined_only: bool = False
    ) -> Iterator[StoredConversation]:
        """Yield conversations in order of arrival; ``page`` of them are in memory at a time.

        ``after`` starts behind a number. Each page is a transaction of its own: what is stored
        meanwhile comes at the end.
        """
        while rows := self._corpus_page(after, page, mined_only=mined_only):
            yield from rows
            after = rows[-1].number

    def _corpus_page(self, after: int, limit: int, *, mined_only: bool) -> list[StoredConversation]:
        c, m = conversations.c, conversation_metadata
        query = (
            sa.select(c.number, c.id, c.document, m.c.metadata)
            .join(m, m.c.conversation_id == c.id, isouter=not mined_only)
            .where(c.number > after)
            .order_by(c.number)
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
            finished_ids = [row.id for row in rows if row.metadata is not None]
            leaves = _leaves(connection, finished_ids)
        return [
            StoredConversation(
                row.number,
                conversation_from_json(row.document),
                None if row.metadata is None else Metadata.from_json(row.metadata),
                tuple(leaves[row.id]),
            )
            for row in rows
        ]


def _leaves(
    connection: Connection, conversation_ids: Sequence[str]
) -> Mapping[str, list[MinedWindow]]:
    """Return the windows without parts of each conversation's tree, by its id."""
    w = mined_windows.c
    part = mined_windows.alias("part")
    has_parts = sa.exists().where(
        part.c.conversation_id == w.conversation_id, part.c.parent == w.number
    )
    query = (
        sa.select(mined_windows)
        .where(w.conversation_id.in_(conversation_ids), ~has_parts)
        .order_by(w.conversation_id, w.number)
    )
    leaves: dict[str, list[MinedWindow]] = defaultdict(list)
    for row in connection.execute(query) if conversation_ids else ():
        leaves[row.conversation_id].append(mined_window(row))
    return leaves
