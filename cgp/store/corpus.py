"""The store read from end to end: every conversation with its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.metadata import Metadata
from cgp.store.database import Database
from cgp.store.schema import conversation_metadata, conversations


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation by its ``number`` in order of arrival; ``metadata`` is there
    once it is mined.
    """

    number: int
    conversation: Conversation
    metadata: Metadata | None


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
            sa.select(c.number, c.document, m.c.metadata)
            .join(m, m.c.conversation_id == c.id, isouter=not mined_only)
            .where(c.number > after)
            .order_by(c.number)
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            StoredConversation(
                row.number,
                conversation_from_json(row.document),
                None if row.metadata is None else Metadata.from_json(row.metadata),
            )
            for row in rows
        ]
