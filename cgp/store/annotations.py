"""Conversations that an annotator finishes by itself: no chain, no miners, and no lease."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.mining import MinedWindow
from cgp.store.conversations import DONE, WAITING
from cgp.store.corpus import StoredConversation
from cgp.store.database import atomic, storable
from cgp.store.qualities import QualityRecord
from cgp.store.results import ConversationResult, Results
from cgp.store.schema import conversation_metadata, conversations, ground_truths


@dataclass(frozen=True, slots=True)
class AnnotatedConversation:
    """An annotator's work on a conversation; the first of ``mined_windows`` is the whole of it."""

    conversation: Conversation
    annotator: str
    mined_windows: Sequence[MinedWindow]
    quality: QualityRecord


class Annotations(Results):
    """The part of the store that takes an annotator's work without miners."""

    def waiting(self, page: int = 256) -> Iterator[StoredConversation]:
        """Yield the conversations that no validator has begun to work on, in order of arrival.

        ``page`` of them are in memory at a time. One with a ground truth is a validator's.
        """
        after = 0
        while rows := self._waiting_page(after, page):
            yield from rows
            after = rows[-1].number

    def _waiting_page(self, after: int, limit: int) -> list[StoredConversation]:
        c = conversations.c
        query = (
            sa.select(c.number, c.document)
            .where(
                c.state == WAITING,
                c.number > after,
                c.id.not_in(sa.select(ground_truths.c.conversation_id)),
            )
            .order_by(c.number)
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            StoredConversation(r.number, conversation_from_json(r.document), None) for r in rows
        ]

    @atomic
    def finish_annotated(self, results: Sequence[AnnotatedConversation]) -> int:
        """Store an annotator's work on conversations and mark them done; return how many.

        One transaction. A conversation that somebody has taken or finished meanwhile stays theirs.
        """
        with self._writing() as connection:
            return sum(self._finish_annotated(connection, record) for record in results)

    def _finish_annotated(self, connection: Connection, record: AnnotatedConversation) -> bool:
        now, c = self._now(connection), conversations.c
        result = connection.execute(
            sa.update(conversations)
            .where(
                c.id == record.conversation.id,
                c.content_hash == record.conversation.content_hash,
                c.state == WAITING,
            )
            .values(state=DONE, finished_at=now, reason="")
        )
        if result.rowcount != 1:
            return False
        self._put_result(
            connection,
            record.conversation,
            ConversationResult(
                record.mined_windows[0].metadata, record.mined_windows, record.quality
            ),
            annotator=storable(record.annotator, 200),
        )
        return True

    def annotator_of(self, conversation_id: str) -> str | None:
        """Return the annotator that finished a conversation, None where miners did."""
        m = conversation_metadata.c
        query = sa.select(m.annotator).where(m.conversation_id == conversation_id)
        with self._reading() as connection:
            return connection.execute(query).scalar_one_or_none() or None
