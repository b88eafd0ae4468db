"""Conversations of an import, compared with the store's and with one another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation, opening_hash, opening_of
from cgp.conversation_json import conversation_from_json
from cgp.overlap import anchors, holds, join, shared_places, without
from cgp.privacy import without_personal_labels
from cgp.store.anchors import anchor_rows, insert_anchors
from cgp.store.conversations import conversation_row
from cgp.store.database import storable
from cgp.store.schema import conversations, schema
from cgp.store.tombstones import Traces, opening_beside

MOST_LONGER = 50
"""Stored conversations with the same opening, the longest of them, whose beginnings a shorter one
is looked for among. Only their documents tell, and ``Hi`` without a time opens many."""
MOST_OVERLAPPING = 16
"""Stored conversations that one is compared with, turn by turn, as overlapping it."""
MOST_ROWS = 2**31 - 1
"""The largest number of a row."""
_IN_CHANNEL = re.compile(r"^(.{1,150}-)\d{1,25}(?:\.\d{1,10})?$")
"""Id of a conversation of a channel: the channel's, and the number of the first message."""
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
class Offer:
    """A conversation with its hashes, each computed once.

    ``opening`` is that of its row: of its beginning, or of those beside the one of its id.
    """

    conversation: Conversation
    content_hash: str
    opening: str | None
    anchors: frozenset[int] = frozenset()

    @property
    def turns(self) -> int:
        """Number of its turns."""
        return len(self.conversation.turns)

    def traces(self) -> Traces:
        """Return it as far as it meets tombstones."""
        source = storable(self.conversation.source, 200)
        return Traces(self.conversation, source, self.content_hash, self.opening)


@dataclass(frozen=True, slots=True)
class _StoredRow:
    """The row of a stored conversation, as far as comparing needs it."""

    id: str
    turns: int
    content_hash: str


def offer_of(conversation: Conversation) -> Offer:
    """Return a conversation with its hashes, without personal data in its labels."""
    ready = without_personal_labels(conversation)
    content = ready.content_hash
    opening = opening_hash(ready, content)
    return Offer(ready, content, opening, anchors(ready, has_id=opening is None))


class Incoming:
    """One transaction's conversations, compared with the store's and with one another.

    New ones wait to be inserted together, until one comes that must be compared with them.
    """

    def __init__(
        self,
        connection: Connection,
        offers: Sequence[Offer],
        insert: Callable[[Connection, Collection[Offer]], None],
        repeats: Callable[[Conversation], bool],
        latest: int | None,
    ) -> None:
        """``latest`` is the number of the last conversation of earlier imports, None for all."""
        self._latest = MOST_ROWS if latest is None else latest
        self._connection = connection
        self._insert = insert
        self._repeats = repeats
        self._waiting: dict[str, Offer] = {}
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

    def take(self, offer: Offer) -> Taken:
        """Decide the fate of a conversation, and carry it out."""
        if offer.content_hash in self._contents:
            return Taken.SAME
        if offer.conversation.id in self._ids:
            return self._take_again(offer)
        if (match := self._take_known(offer)) is not None:
            return match
        if self._repeats(offer.conversation):
            return Taken.NEAR
        self._add(offer)
        return Taken.ADDED

    def _take_known(self, offer: Offer) -> Taken | None:
        """Take a conversation if the store has a part of it under another id; None if not."""
        opens = offer.opening is not None and offer.opening in self._openings
        alike = conversations.c.opening == offer.opening
        match = self._same_talk(offer, offer.opening or "", alike) if opens else None
        match = match or self._overlapping(offer)
        if match is None and opens:
            match = self._take_gaps(offer, alike)
        return match or self._take_from_channel(offer)

    def _take_again(self, offer: Offer) -> Taken:
        """Take a conversation whose id the store has: with that id, or beside it."""
        beside = opening_beside(offer.conversation.id)
        c = conversations.c
        of_this_id = sa.or_(c.id == offer.conversation.id, c.opening == beside)
        match = (
            self._same_talk(offer, beside, of_this_id)
            or self._overlapping(offer)
            or self._take_gaps(offer, c.id == offer.conversation.id)
            or self._take_from_channel(offer)
        )
        if match is not None:
            return match
        self._add_beside(offer)
        return Taken.BESIDE

    def _add_beside(self, offer: Offer) -> None:
        """Add a conversation beside the one of its id."""
        identifier = offer.conversation.id
        # Cut so that the whole stays within the 200 characters of an id.
        name = f"{identifier[:180]}~{offer.content_hash[:12]}"
        companion = replace(offer.conversation, id=name)
        self._add(replace(offer, conversation=companion, opening=opening_beside(identifier)))

    def _take_gaps(self, offer: Offer, alike: sa.ColumnElement[bool]) -> Taken | None:
        """Take a conversation of which one ``alike`` lacks turns, or which lacks turns of that:
        one folder of mail seldom has the whole thread, and messages are deleted.
        """
        if offer.conversation.started_at is None:
            return None
        self.flush()
        c = conversations.c
        query = sa.select(c.id, c.turns, c.content_hash, c.document).where(alike)
        for row in self._connection.execute(query.limit(MOST_OVERLAPPING)).all():
            conversation = conversation_from_json(row.document)
            if holds(conversation, offer.conversation):
                return Taken.SHORTER
            if holds(offer.conversation, conversation):
                self._replace(_StoredRow(row.id, row.turns, row.content_hash), offer)
                return Taken.GROWN
        return None

    def _take_from_channel(self, offer: Offer) -> Taken | None:
        """Take a conversation of a channel that has messages of a stored one; None if it has none.

        A message that is answered in a thread after the last export leaves the talk around it. The
        stored conversation loses it, so that each message is there once.
        """
        channel = _IN_CHANNEL.match(offer.conversation.id)
        if channel is None or offer.opening is not None or not self._latest:
            return None
        c = conversations.c
        query = sa.select(c.id, c.turns, c.content_hash, c.document)
        # Its number in the channel is that of its first message: those before it may hold that.
        near = sa.and_(c.id > channel[1], c.id <= offer.conversation.id, c.number <= self._latest)
        query = query.where(near).order_by(c.id.desc()).limit(MOST_OVERLAPPING)
        for row in self._connection.execute(query).all():
            conversation = conversation_from_json(row.document)
            places = shared_places(conversation, offer.conversation)
            if places:
                holder = _StoredRow(row.id, row.turns, row.content_hash)
                return self._part(offer, holder, conversation, places)
        return None

    def _part(
        self, offer: Offer, row: _StoredRow, holder: Conversation, places: frozenset[int]
    ) -> Taken:
        """Store a conversation with messages of a stored one, and that without them."""
        if len(places) >= offer.turns:
            return Taken.SHORTER
        if len(places) == len(holder.turns):
            self._replace(row, offer)
            return Taken.GROWN
        rest = offer_of(without(holder, places))
        is_known = rest.content_hash in self._contents or any(
            self._present(conversations.c.content_hash, [rest.content_hash])
        )
        if row.id == offer.conversation.id:
            self._replace(row, offer)
            if not is_known:
                self._add_beside(rest)
            return Taken.GROWN
        if is_known:
            self._remove(row.id)
        else:
            self._replace(row, rest)
        self._add(offer)
        return Taken.GROWN

    def _same_talk(self, offer: Offer, key: str, alike: sa.ColumnElement[bool]) -> Taken | None:
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

    def _beginning(self, offer: Offer, alike: sa.ColumnElement[bool]) -> _StoredRow | None:
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

    def _overlapping(self, offer: Offer) -> Taken | None:
        """Take a conversation that begins in a stored one, or ends in one; None if there is none.

        It is joined to each of them in turn, so that one which closes a gap makes them one.
        """
        counts = Counter(name for key in offer.anchors for name in self._anchors.get(key, ()))
        if not counts:
            return None
        self.flush()
        whole, opening = offer.conversation, offer.opening
        old_rows: list[_StoredRow] = []
        for row in self._documents(counts):
            union = join(conversation_from_json(row.document), whole)
            if union is None:
                continue
            if not union.longer and not old_rows:
                is_same = len(whole.turns) == row.turns and union.new_name
                return Taken.RENAMED if is_same else Taken.SHORTER
            whole = union.conversation
            # One with an id of its own is found by that, whatever it begins with.
            opening = row.opening if offer.opening is None else opening_of(whole)
            old_rows.append(_StoredRow(row.id, row.turns, row.content_hash))
        if not old_rows:
            return None
        content = whole.content_hash
        if content not in {row.content_hash for row in old_rows} and any(
            self._present(conversations.c.content_hash, [content])
        ):
            return Taken.SHORTER
        self._join(old_rows, Offer(whole, content, opening))
        return Taken.GROWN

    def _documents(self, counts: Counter[str]) -> Sequence[sa.Row[Any, Any, Any, Any, Any]]:
        """Return the rows of the conversations that share most anchors, the oldest first.

        Short answers at like minutes give the same anchor by chance; one talk shares more.
        """
        likely = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_OVERLAPPING]
        c = conversations.c
        query = sa.select(c.id, c.turns, c.content_hash, c.opening, c.document)
        query = query.where(c.id.in_(likely)).order_by(c.number)
        return self._connection.execute(query).all()

    def _join(self, old_rows: Sequence[_StoredRow], whole: Offer) -> None:
        """Put a conversation in the place of the oldest one that it holds; remove the others."""
        oldest, *newer = old_rows
        for row in newer:
            self._remove(row.id)
        self._replace(oldest, whole, opening=whole.opening)

    def _add(self, offer: Offer) -> None:
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

    def _remove(self, identifier: str) -> None:
        self._remove_mined(identifier)
        self._connection.execute(sa.delete(conversations).where(conversations.c.id == identifier))

    def _remove_mined(self, identifier: str) -> None:
        for table in _RESULT_TABLES:
            of_it = table.c.conversation_id == identifier
            self._connection.execute(sa.delete(table).where(of_it))

    def _replace(self, old: _StoredRow, offer: Offer, **values: object) -> None:
        """Put a conversation in the place of the stored one, and remove the results
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
        opening = values.get("opening", offer.opening)
        keys = offer.anchors or anchors(new, has_id=opening is None)
        insert_anchors(self._connection, {new.id: keys})
        for key in keys:
            self._anchors.setdefault(key, set()).add(old.id)
