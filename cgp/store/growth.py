"""Conversations that come again: equal, grown, shorter, or gone another way.

A chat is exported today and again next month. The longer of two that begin alike wins: what was
mined of the old one is taken away, and the conversation waits to be mined anew. One of the same
id that went another way is kept beside the stored one, and grows there. Conversations without an
id of their own are found by their beginning (``cgp.conversation.opening_hash``). One that
covers another span of time than the stored one, so that each begins or ends in the other, is joined
to it (``cgp.overlap``). Conversations are compared by the hashes of their content, of their
beginnings and of pairs of turns, so that the work for one grows with its own turns and not with the
store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation, opening_hash
from cgp.conversation_json import conversation_from_json
from cgp.overlap import anchors, holds, join
from cgp.privacy import without_personal_labels
from cgp.store.anchors import anchor_rows, insert_anchors
from cgp.store.conversations import conversation_row
from cgp.store.database import Database, atomic, storable
from cgp.store.schema import conversations, schema
from cgp.store.tombstones import Traces, forgotten, opening_beside

MOST_LONGER = 50
"""Stored conversations with the same opening, the longest of them, whose beginnings a shorter one
is looked for among. Only their documents tell, and ``Hi`` without a time opens many."""
MOST_OVERLAPPING = 16
"""Stored conversations that one is compared with, turn by turn, as overlapping it."""
_AT_ONCE = 500  # values of one query; SQLite takes some 32,000
_RESULT_TABLES = tuple(
    table
    # From the leaves of the foreign keys up: a row must go before the row that it refers to.
    for table in reversed(schema.sorted_tables)
    if table is not conversations and "conversation_id" in table.c and table.foreign_keys
)
"""Rows of a conversation besides itself, referring rows first."""


class Taken(Enum):
    """Fate of a conversation of an import."""

    ADDED = "added"
    SAME = "its content is in the store already"
    GROWN = "it goes on where the stored one ended, which it replaces"
    SHORTER = "the store has it, with more around it"
    RENAMED = "the store has it, with another name for somebody in it"
    NEAR = "it nearly repeats another conversation"
    FORGOTTEN = "it was forgotten on purpose (cgp store forget)"
    BESIDE = "it differs from the stored one of its id, and is kept beside it"


@dataclass(frozen=True, slots=True)
class _Offer:
    """A conversation with its hashes, each computed once.

    ``opening`` is that of its row: of its beginning, or of those beside the one of its id.
    """

    conversation: Conversation
    content_hash: str
    opening: str | None
    anchors: frozenset[int] = frozenset()

    @property
    def turns(self) -> int:
        return len(self.conversation.turns)


@dataclass(frozen=True, slots=True)
class _StoredRow:
    """The row of a stored conversation, as far as comparing needs it."""

    id: str
    turns: int
    content_hash: str


def _offer(conversation: Conversation) -> _Offer:
    ready = without_personal_labels(conversation)
    content = ready.content_hash
    return _Offer(ready, content, opening_hash(ready, content), anchors(ready))


def _traces(offered: _Offer) -> Traces:
    one = offered.conversation
    return Traces(one, storable(one.source, 200), offered.content_hash, offered.opening)


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
        return self._take([_offer(conversation) for conversation in conversations], repeats)

    @atomic
    def _take(
        self, offers: Sequence[_Offer], repeats: Callable[[Conversation], bool]
    ) -> list[Taken]:
        with self._writing() as connection:
            batch = _Batch(connection, offers, self._insert, repeats)
            flags = forgotten(connection, [_traces(offer) for offer in offers])
            outcomes = [
                Taken.FORGOTTEN if flag else batch.take(offer)
                for offer, flag in zip(offers, flags, strict=True)
            ]
            batch.flush()
        return outcomes

    def _insert(self, connection: Connection, batch: Collection[_Offer]) -> None:
        now = self._now(connection)
        rows = [
            {
                **conversation_row(offer.conversation, offer.content_hash),
                "opening": offer.opening,
                "added_at": now,
            }
            for offer in batch
        ]
        if rows:
            connection.execute(self._insert_new(conversations), rows)
            insert_anchors(connection, {offer.conversation.id: offer.anchors for offer in batch})


class _Batch:
    """One transaction's conversations, compared with the store's and with one another.

    New ones wait to be inserted together, until one comes that must be compared with them.
    """

    def __init__(
        self,
        connection: Connection,
        offers: Sequence[_Offer],
        insert: Callable[[Connection, Collection[_Offer]], None],
        repeats: Callable[[Conversation], bool],
    ) -> None:
        self._connection = connection
        self._insert = insert
        self._repeats = repeats
        self._waiting: dict[str, _Offer] = {}
        c = conversations.c
        self._contents = set(
            self._present(c.content_hash, [offer.content_hash for offer in offers])
        )
        self._ids = set(self._present(c.id, [offer.conversation.id for offer in offers]))
        openings = [offer.opening for offer in offers if offer.opening is not None]
        self._openings = set(self._present(c.opening, openings))
        self._beginnings: dict[str, set[str]] = {}
        self._anchors: dict[int, set[str]] = {}
        keys = {key for offer in offers for key in offer.anchors}
        for key, identifier in anchor_rows(connection, keys):
            self._anchors.setdefault(key, set()).add(identifier)
        self._most_turns = max((offer.turns for offer in offers), default=0)

    def _present(self, column: sa.Column[Any], values: Iterable[str]) -> Iterator[str]:
        """Yield the values that the store has in a column."""
        iterator = iter(values)
        while part := list(islice(iterator, _AT_ONCE)):
            query = sa.select(column).where(column.in_(part)).distinct()
            yield from self._connection.execute(query).scalars()

    def take(self, offer: _Offer) -> Taken:
        """Decide the fate of a conversation, and carry it out."""
        if offer.content_hash in self._contents:
            return Taken.SAME
        if offer.conversation.id in self._ids:
            return self._take_again(offer)
        if offer.opening is not None and offer.opening in self._openings:
            alike = conversations.c.opening == offer.opening
            match = self._same_talk(offer, offer.opening, alike)
            if match is not None:
                return match
        if (overlapping := self._overlapping(offer)) is not None:
            return overlapping
        if self._repeats(offer.conversation):
            return Taken.NEAR
        self._add(offer)
        return Taken.ADDED

    def _take_again(self, offer: _Offer) -> Taken:
        """Take a conversation whose id the store has: with that id, or beside it."""
        beside = opening_beside(offer.conversation.id)
        c = conversations.c
        of_this_id = sa.or_(c.id == offer.conversation.id, c.opening == beside)
        match = self._same_talk(offer, beside, of_this_id)
        if match is not None:
            return match
        if (overlapping := self._overlapping(offer)) is not None:
            return overlapping
        if (filled := self._filled(offer)) is not None:
            return filled
        # Cut so that the whole stays within the 200 characters of an id.
        name = f"{offer.conversation.id[:180]}~{offer.content_hash[:12]}"
        companion = replace(offer.conversation, id=name)
        self._add(replace(offer, conversation=companion, opening=beside))
        return Taken.BESIDE

    def _filled(self, offer: _Offer) -> Taken | None:
        """Take a conversation between whose turns the stored one of its id lacks some, or which
        lacks some itself: one folder of mail seldom has the whole thread.
        """
        c = conversations.c
        query = sa.select(c.id, c.turns, c.content_hash, c.document)
        row = self._connection.execute(query.where(c.id == offer.conversation.id)).one_or_none()
        if row is None:
            return None
        stored = conversation_from_json(row.document)
        if holds(stored, offer.conversation):
            return Taken.SHORTER
        if not holds(offer.conversation, stored):
            return None
        self._replace(_StoredRow(row.id, row.turns, row.content_hash), offer)
        return Taken.GROWN

    def _same_talk(self, offer: _Offer, key: str, alike: sa.ColumnElement[bool]) -> Taken | None:
        """Take a conversation as a longer or shorter form of one of those alike, if it is one.

        ``key`` is the name of those alike within the batch.
        """
        self.flush()
        shorter = self._beginning(offer, alike)
        if shorter is not None:
            self._replace(shorter, offer)
            if key in self._beginnings:
                self._beginnings[key].update(self._short_beginnings(offer.conversation))
            return Taken.GROWN
        if key not in self._beginnings:
            self._beginnings[key] = self._beginnings_of(alike)
        if offer.content_hash in self._beginnings[key]:
            return Taken.SHORTER
        self._beginnings[key].update(self._short_beginnings(offer.conversation))
        return None

    def _beginning(self, offer: _Offer, alike: sa.ColumnElement[bool]) -> _StoredRow | None:
        """Return the longest stored conversation with which an offered one begins."""
        c = conversations.c
        hashes = offer.conversation.beginning_hashes()
        longest: _StoredRow | None = None
        while part := list(islice(hashes, _AT_ONCE)):
            query = sa.select(c.id, c.turns, c.content_hash).where(alike, c.content_hash.in_(part))
            for row in self._connection.execute(query):
                if longest is None or row.turns > longest.turns:
                    longest = _StoredRow(*row)
        return longest

    def _beginnings_of(self, alike: sa.ColumnElement[bool]) -> set[str]:
        """Return the hashes of the beginnings of the stored conversations that are alike."""
        c = conversations.c
        query = sa.select(c.document).where(alike, c.turns > 1).order_by(c.turns.desc())
        hashes: set[str] = set()
        for document in self._connection.execute(query.limit(MOST_LONGER)).scalars():
            hashes.update(self._short_beginnings(conversation_from_json(document)))
        return hashes

    def _short_beginnings(self, conversation: Conversation) -> Iterator[str]:
        """Yield the hashes of those beginnings that a conversation of this batch may be."""
        return islice(conversation.beginning_hashes(), self._most_turns)

    def _overlapping(self, offered: _Offer) -> Taken | None:
        """Take a conversation that begins in a stored one, or ends in one; None if there is none.

        It is joined to each of them in turn, so that one which closes a gap makes them one.
        """
        ids = {name for key in offered.anchors for name in self._anchors.get(key, ())}
        if not ids:
            return None
        self.flush()
        whole, earliest = offered.conversation, offered.opening
        old_rows: list[_StoredRow] = []
        for row in self._documents(ids):
            union = join(conversation_from_json(row.document), whole)
            if union is None:
                continue
            if not union.longer and not old_rows:
                is_same = len(whole.turns) == row.turns and union.new_name
                return Taken.RENAMED if is_same else Taken.SHORTER
            whole = union.conversation
            # One with an id of its own is found by that, also when it begins earlier than before.
            earliest = row.opening if offered.opening is None or not union.earlier else earliest
            old_rows.append(_StoredRow(row.id, row.turns, row.content_hash))
        if not old_rows:
            return None
        content = whole.content_hash
        if content not in {one.content_hash for one in old_rows} and any(
            self._present(conversations.c.content_hash, [content])
        ):
            return Taken.SHORTER
        self._join(old_rows, _Offer(whole, content, earliest))
        return Taken.GROWN

    def _documents(self, identifiers: Iterable[str]) -> Sequence[sa.Row[Any, Any, Any, Any, Any]]:
        """Return the rows of the first of these conversations, the oldest first."""
        c = conversations.c
        query = sa.select(c.id, c.turns, c.content_hash, c.opening, c.document)
        query = query.where(c.id.in_(sorted(identifiers)[:_AT_ONCE])).order_by(c.number)
        return self._connection.execute(query.limit(MOST_OVERLAPPING)).all()

    def _join(self, old_rows: Sequence[_StoredRow], whole: _Offer) -> None:
        """Put a conversation in the place of the oldest of those that it holds, and remove the rest."""
        oldest, *newer = old_rows
        for row in newer:
            self._remove_mined(row.id)
            self._connection.execute(sa.delete(conversations).where(conversations.c.id == row.id))
        self._replace(oldest, whole, opening=whole.opening)

    def _add(self, offer: _Offer) -> None:
        self._waiting[offer.conversation.id] = offer
        self._ids.add(offer.conversation.id)
        self._contents.add(offer.content_hash)
        if offer.opening is not None:
            self._openings.add(offer.opening)
        for key in offer.anchors:
            self._anchors.setdefault(key, set()).add(offer.conversation.id)

    def flush(self) -> None:
        """Insert the conversations that wait."""
        self._insert(self._connection, self._waiting.values())
        self._waiting.clear()

    def _remove_mined(self, identifier: str) -> None:
        for table in _RESULT_TABLES:
            of_it = table.c.conversation_id == identifier
            self._connection.execute(sa.delete(table).where(of_it))

    def _replace(self, old: _StoredRow, offer: _Offer, **values: object) -> None:
        """Put the longer one in the place of the stored one, and remove the results
        of mining that. ``values`` are columns of the row besides those of the conversation.
        """
        self._contents.add(offer.content_hash)
        self._remove_mined(old.id)
        new = replace(offer.conversation, id=old.id)
        row = conversation_row(new, offer.content_hash)
        columns = {name: value for name, value in row.items() if name not in {"id", "opening"}}
        self._connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == old.id)
            .values(**columns, **values, finished_at=None)
        )
        keys = offer.anchors or anchors(new)
        insert_anchors(self._connection, {new.id: keys})
        for key in keys:
            self._anchors.setdefault(key, set()).add(old.id)
