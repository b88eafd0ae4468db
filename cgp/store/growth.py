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

from collections.abc import Callable, Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.store.anchors import insert_anchors
from cgp.store.conversations import conversation_row
from cgp.store.database import Database, atomic
from cgp.store.incoming import Incoming, Offer, Taken, offer_of
from cgp.store.schema import conversations
from cgp.store.tombstones import match_tombstones


class Growth(Database):
    """The part of the store that takes conversations which may be there already."""

    def take_conversations(
        self,
        conversations: Sequence[Conversation],
        *,
        repeats: Callable[[Conversation], bool] = lambda _conversation: False,
        latest: int | None = None,
    ) -> list[Taken]:
        """Store conversations and return the fate of each. One transaction.

        ``repeats`` says of a conversation that would be added whether it nearly repeats another
        one: then it is not. It may be asked twice, where the database undoes the transaction.
        ``latest`` is the ``last_number`` before this import: messages move between conversations
        from one export to the next, and not within one.
        """
        offers = [offer_of(conversation) for conversation in conversations]
        return self._take(offers, repeats, latest)

    def last_number(self) -> int:
        """Return the number of the conversation that was stored last, 0 in an empty store."""
        with self._reading() as connection:
            query = sa.select(sa.func.coalesce(sa.func.max(conversations.c.number), 0))
            return int(connection.execute(query).scalar_one())

    @atomic
    def _take(
        self,
        offers: Sequence[Offer],
        repeats: Callable[[Conversation], bool],
        latest: int | None,
    ) -> list[Taken]:
        with self._writing() as connection:
            batch = Incoming(connection, offers, self._insert, repeats, latest)
            flags = match_tombstones(connection, [offer.traces() for offer in offers])
            outcomes = [
                Taken.FORGOTTEN if flag else batch.take(offer)
                for offer, flag in zip(offers, flags, strict=True)
            ]
            batch.flush()
        return outcomes

    def _insert(self, connection: Connection, batch: Collection[Offer]) -> None:
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
