"""Conversations that come again: equal, grown, shorter, or gone another way.

A chat is exported today and again next month. The longer of two that begin alike wins: what was
mined of the old one is taken away, and the conversation waits to be mined anew. One of the same
id that went another way is kept beside the stored one, and grows there. Conversations without an
id of their own are found by their beginning (``cgp.conversation.opening_hash``). Conversations
are compared by the hashes of their content and of their beginnings, so that the work for one
grows with its own turns and not with the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation, opening_hash
from cgp.conversation_json import conversation_from_json
from cgp.privacy import without_personal_labels
from cgp.store.conversations import Labels, conversation_row, forgotten, opening_beside
from cgp.store.database import Database, atomic, storable
from cgp.store.schema import conversations, schema

MOST_LONGER = 50
"""Stored conversations with the same opening, the longest of them, whose beginnings a shorter one
is looked for among. Only their documents tell, and ``Hi`` without a time opens many."""
_AT_ONCE = 500  # values of one query; SQLite takes some 32,000
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
    NEAR = "it nearly repeats another conversation"
    FORGOTTEN = "it was forgotten on purpose (cgp store forget)"
    BESIDE = "it differs from the stored one of its id, and is kept beside it"


@dataclass(frozen=True, slots=True)
class _Offered:
    """A conversation with its hashes, each computed once.

    ``opening`` is that of its row: of its beginning, or of those beside the one of its id.
    """

    conversation: Conversation
    content_hash: str
    opening: str | None

    @property
    def turns(self) -> int:
        return len(self.conversation.turns)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The row of a stored conversation, as far as comparing needs it."""

    id: str
    turns: int
    content_hash: str


def _offered(conversation: Conversation) -> _Offered:
    ready = without_personal_labels(conversation)
    content = ready.content_hash
    return _Offered(ready, content, opening_hash(ready, content))


def _labels(offered: _Offered) -> Labels:
    one = offered.conversation
    return Labels(
        one.id,
        storable(one.source, 200),
        offered.content_hash,
        offered.opening,
        one.started_at,
        one.beginning_hashes,
    )


class Growth(Database):
    """The part of the store that takes conversations which may be there already."""

    def take_conversations(
        self,
        conversations: Sequence[Conversation],
        *,
        repeats: Callable[[Conversation], bool] = lambda _conversation: False,
    ) -> list[Taken]:
        """Store conversations and return the fate of each. One transaction.

        ``repeats`` says of a conversation that would be added whether it nearly repeats another
        one: then it is not. It may be asked twice, where the database undoes the transaction.
        """
        return self._take([_offered(one) for one in conversations], repeats)

    @atomic
    def _take(
        self, offered: Sequence[_Offered], repeats: Callable[[Conversation], bool]
    ) -> list[Taken]:
        with self._writing() as connection:
            batch = _Batch(connection, offered, self._insert, repeats)
            flags = forgotten(connection, [_labels(one) for one in offered])
            outcomes = [
                Taken.FORGOTTEN if flag else batch.take(one)
                for one, flag in zip(offered, flags, strict=True)
            ]
            batch.flush()
        return outcomes

    def _insert(self, connection: Connection, batch: Iterable[_Offered]) -> None:
        now = self._now(connection)
        rows = [
            {
                **conversation_row(one.conversation, one.content_hash),
                "opening": one.opening,
                "added_at": now,
            }
            for one in batch
        ]
        if rows:
            connection.execute(self._insert_new(conversations), rows)


class _Batch:
    """One transaction's conversations, compared with the store's and with one another.

    New ones wait to be inserted together, until one comes that must be compared with them.
    """

    def __init__(
        self,
        connection: Connection,
        offered: Sequence[_Offered],
        insert: Callable[[Connection, Iterable[_Offered]], None],
        repeats: Callable[[Conversation], bool],
    ) -> None:
        self._connection = connection
        self._insert = insert
        self._repeats = repeats
        self._waiting: dict[str, _Offered] = {}
        c = conversations.c
        self._contents = set(self._present(c.content_hash, [one.content_hash for one in offered]))
        self._ids = set(self._present(c.id, [one.conversation.id for one in offered]))
        openings = [one.opening for one in offered if one.opening is not None]
        self._openings = set(self._present(c.opening, openings))
        self._beginnings: dict[str, set[str]] = {}
        self._most_turns = max((one.turns for one in offered), default=0)

    def _present(self, column: sa.Column[Any], values: Iterable[str]) -> Iterator[str]:
        """Yield the values that the store has in a column."""
        iterator = iter(values)
        while part := list(islice(iterator, _AT_ONCE)):
            query = sa.select(column).where(column.in_(part)).distinct()
            yield from self._connection.execute(query).scalars()

    def take(self, offered: _Offered) -> Taken:
        """Decide the fate of a conversation, and carry it out."""
        if offered.content_hash in self._contents:
            return Taken.SAME
        if offered.conversation.id in self._ids:
            return self._take_again(offered)
        if offered.opening is not None and offered.opening in self._openings:
            alike = conversations.c.opening == offered.opening
            found = self._same_talk(offered, offered.opening, alike)
            if found is not None:
                return found
        if self._repeats(offered.conversation):
            return Taken.NEAR
        self._add(offered)
        return Taken.ADDED

    def _take_again(self, offered: _Offered) -> Taken:
        """Take a conversation whose id the store has: with that id, or beside it."""
        beside = opening_beside(offered.conversation.id)
        c = conversations.c
        of_this_id = sa.or_(c.id == offered.conversation.id, c.opening == beside)
        found = self._same_talk(offered, beside, of_this_id)
        if found is not None:
            return found
        # Cut so that the whole stays within the 200 characters of an id.
        name = f"{offered.conversation.id[:180]}~{offered.content_hash[:12]}"
        companion = replace(offered.conversation, id=name)
        self._add(replace(offered, conversation=companion, opening=beside))
        return Taken.BESIDE

    def _same_talk(
        self, offered: _Offered, key: str, alike: sa.ColumnElement[bool]
    ) -> Taken | None:
        """Take a conversation as a longer or shorter form of one of those alike, if it is one.

        ``key`` is the name of those alike within the batch.
        """
        self.flush()
        shorter = self._beginning(offered, alike)
        if shorter is not None:
            self._replace(shorter, offered)
            if key in self._beginnings:
                self._beginnings[key].update(self._short_beginnings(offered.conversation))
            return Taken.GROWN
        if key not in self._beginnings:
            self._beginnings[key] = self._beginnings_of(alike)
        if offered.content_hash in self._beginnings[key]:
            return Taken.SHORTER
        self._beginnings[key].update(self._short_beginnings(offered.conversation))
        return None

    def _beginning(self, offered: _Offered, alike: sa.ColumnElement[bool]) -> _Stored | None:
        """Return the longest stored conversation with which an offered one begins."""
        c = conversations.c
        hashes = offered.conversation.beginning_hashes()
        longest: _Stored | None = None
        while part := list(islice(hashes, _AT_ONCE)):
            query = sa.select(c.id, c.turns, c.content_hash).where(alike, c.content_hash.in_(part))
            for row in self._connection.execute(query):
                if longest is None or row.turns > longest.turns:
                    longest = _Stored(*row)
        return longest

    def _beginnings_of(self, alike: sa.ColumnElement[bool]) -> set[str]:
        """Return the hashes of the beginnings of the stored conversations that are alike."""
        c = conversations.c
        query = sa.select(c.document).where(alike, c.turns > 1).order_by(c.turns.desc())
        found: set[str] = set()
        for document in self._connection.execute(query.limit(MOST_LONGER)).scalars():
            found.update(self._short_beginnings(conversation_from_json(document)))
        return found

    def _short_beginnings(self, conversation: Conversation) -> Iterator[str]:
        """Yield the hashes of those beginnings that a conversation of this batch may be."""
        return islice(conversation.beginning_hashes(), self._most_turns)

    def _add(self, offered: _Offered) -> None:
        self._waiting[offered.conversation.id] = offered
        self._ids.add(offered.conversation.id)
        self._contents.add(offered.content_hash)
        if offered.opening is not None:
            self._openings.add(offered.opening)

    def flush(self) -> None:
        """Insert the conversations that wait."""
        self._insert(self._connection, self._waiting.values())
        self._waiting.clear()

    def _replace(self, old: _Stored, offered: _Offered) -> None:
        """Put the longer one in the place of the stored one, and remove the results
        of mining that.
        """
        self._contents.add(offered.content_hash)
        for table in _MINED:
            mined = table.c.conversation_id == old.id
            self._connection.execute(sa.delete(table).where(mined))
        row = conversation_row(replace(offered.conversation, id=old.id), offered.content_hash)
        values = {name: value for name, value in row.items() if name not in {"id", "opening"}}
        self._connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == old.id)
            .values(**values, finished_at=None)
        )
