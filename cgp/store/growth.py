"""Conversations that come again: equal, grown, shorter, or gone another way.

A chat is exported today and again next month. The longer of two that begin alike wins: what was
mined of the old one is taken away, and the conversation waits to be mined anew. One of the same
id that went another way is kept beside the stored one. Conversations without an id of their own
are found by their beginning (``cgp.conversation.opening_hash``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation, Relation, opening_hash, relation
from cgp.conversation_json import conversation_from_json
from cgp.privacy import without_personal_labels
from cgp.store.conversations import conversation_row
from cgp.store.database import Database, atomic
from cgp.store.schema import conversations, schema

MOST_ALIKE = 50
"""Stored conversations with the same beginning that one is compared with: ``Hi`` begins many."""
_MINED = tuple(
    table
    for table in reversed(schema.sorted_tables)
    if table is not conversations and "conversation_id" in table.c and table.foreign_keys
)
"""Rows of a conversation besides itself, referring rows first."""


class Taken(Enum):
    """Fate of a conversation of an import."""

    ADDED = "added"
    SAME = "its content is in the store already"
    GROWN = "it goes on where the stored one ended, which it replaces"
    SHORTER = "the store has it, with more after it"
    BESIDE = "it differs from the stored one of its id, and is kept beside it"


@dataclass(frozen=True, slots=True)
class _Offered:
    """A conversation with its hashes, each computed once."""

    conversation: Conversation
    content_hash: str
    opening: str | None


def _offered(conversation: Conversation) -> _Offered:
    labelled = without_personal_labels(conversation)
    content = labelled.content_hash
    return _Offered(labelled, content, opening_hash(labelled, content))


class Growth(Database):
    """The part of the store that takes conversations which may be there already."""

    def take_conversations(self, conversations: Sequence[Conversation]) -> list[Taken]:
        """Store conversations and return the fate of each. One transaction."""
        return self._take([_offered(one) for one in conversations])

    @atomic
    def _take(self, offered: Sequence[_Offered]) -> list[Taken]:
        with self._writing() as connection:
            batch = _Batch(connection, offered)
            outcomes = [batch.take(one) for one in offered]
            now = self._now(connection)
            rows = [
                {**conversation_row(one.conversation, one.content_hash), "added_at": now}
                for one in batch.fresh.values()
            ]
            if rows:
                connection.execute(self._insert_new(conversations), rows)
        return outcomes


class _Batch:
    """One transaction's conversations, compared with the store's and with one another.

    ``fresh`` are those that the batch brings, by id, in the order in which they came.
    """

    def __init__(self, connection: Connection, offered: Sequence[_Offered]) -> None:
        self._connection = connection
        self.fresh: dict[str, _Offered] = {}
        c = conversations.c
        hashes = [one.content_hash for one in offered]
        found = connection.execute(sa.select(c.content_hash).where(c.content_hash.in_(hashes)))
        self._contents = set(found.scalars())
        ids = [one.conversation.id for one in offered]
        self._ids = set(connection.execute(sa.select(c.id).where(c.id.in_(ids))).scalars())
        self._openings: dict[str, list[str]] = {}
        openings = {one.opening for one in offered if one.opening is not None}
        if openings:
            query = sa.select(c.opening, c.id).where(c.opening.in_(openings))
            for row in connection.execute(query.order_by(c.number.desc())):
                alike = self._openings.setdefault(row.opening, [])
                if len(alike) < MOST_ALIKE:
                    alike.append(row.id)

    def take(self, offered: _Offered) -> Taken:
        """Decide the fate of a conversation, and carry it out."""
        if offered.content_hash in self._contents:
            return Taken.SAME
        if offered.conversation.id in self._ids:
            return self._compare(offered, self._stored(offered.conversation.id))
        for key in self._openings.get(offered.opening or "", ()):
            stored = self._stored(key)
            if relation(stored, offered.conversation) is not Relation.OTHER:
                return self._compare(offered, stored)
        self._add(offered)
        return Taken.ADDED

    def _stored(self, key: str) -> Conversation:
        if key in self.fresh:
            return self.fresh[key].conversation
        query = sa.select(conversations.c.document).where(conversations.c.id == key)
        return conversation_from_json(self._connection.execute(query).scalar_one())

    def _compare(self, offered: _Offered, stored: Conversation) -> Taken:
        found = relation(stored, offered.conversation)
        if found is Relation.EQUAL:
            return Taken.SAME
        if found is Relation.SHORTER:
            return Taken.SHORTER
        if found is Relation.LONGER:
            self._replace(stored, offered)
            return Taken.GROWN
        return self._add_beside(offered)

    def _add_beside(self, offered: _Offered) -> Taken:
        name = f"{offered.conversation.id[:180]}~{offered.content_hash[:12]}"
        self._add(replace(offered, conversation=replace(offered.conversation, id=name)))
        return Taken.BESIDE

    def _add(self, offered: _Offered) -> None:
        key = offered.conversation.id
        self.fresh[key] = offered
        self._ids.add(key)
        self._contents.add(offered.content_hash)
        if offered.opening is not None:
            self._openings.setdefault(offered.opening, []).append(key)

    def _replace(self, stored: Conversation, offered: _Offered) -> None:
        """Put the longer one in the place of the stored one, and remove the results
        of mining that.
        """
        grown = replace(offered, conversation=replace(offered.conversation, id=stored.id))
        self._contents.add(grown.content_hash)
        if stored.id in self.fresh:
            self.fresh[stored.id] = grown
            return
        for table in _MINED:
            mined = table.c.conversation_id == stored.id
            self._connection.execute(sa.delete(table).where(mined))
        row = conversation_row(grown.conversation, grown.content_hash)
        values = {name: value for name, value in row.items() if name not in {"id", "opening"}}
        self._connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == stored.id)
            .values(**values, finished_at=None)
        )
