"""Conversations taken out of the store: deleted, replaced, or forgotten for good.

What is forgotten leaves three hashes, of its content, its id and its talk: a later import of the same
export, or of a longer one of the same talk, does not bring it back, and the hashes tell nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.privacy import without_personal_labels
from cgp.store.conversations import Conversations, Labels, conversation_row
from cgp.store.database import atomic
from cgp.store.schema import (
    answers,
    conversation_metadata,
    conversations,
    ground_truths,
    leases,
    mined_windows,
    profiles,
    qualities,
    redactions,
    scores,
    tombstones,
    windows,
)

# Rows that point at others come first: a database with foreign keys refuses the other order.
_OF_A_CONVERSATION = (
    scores,
    answers,
    windows,
    mined_windows,
    qualities,
    profiles,
    conversation_metadata,
    ground_truths,
    redactions,
    leases,
)

# Ids in one statement: SQLite takes some 32,000 values.
_AT_ONCE = 500


class Forgetting(Conversations):
    """The part of the store that takes conversations out."""

    def delete(self, conversation_ids: Iterable[str]) -> list[str]:
        """Delete conversations with all that is known of them; return the ids that were there.

        A later import may bring them back. A validator that works on one loses its lease.
        """
        return self._take_all_out(conversation_ids, forget=False)

    def forget(self, conversation_ids: Iterable[str]) -> list[str]:
        """Delete conversations and refuse them from now on; return the ids that were there."""
        return self._take_all_out(conversation_ids, forget=True)

    @atomic
    def replace_conversation(self, conversation: Conversation) -> bool:
        """Put a conversation in the place of the one of its id, to be worked on anew.

        False, and no change, where none of its id is stored, its content is the same, or another one
        has that content.
        """
        row, c = conversation_row(without_personal_labels(conversation)), conversations.c
        alike = sa.or_(c.id == row["id"], c.content_hash == row["content_hash"])
        with self._writing() as connection:
            known = connection.execute(sa.select(c.id, c.content_hash).where(alike)).all()
            if [one.id for one in known] != [row["id"]]:
                return False
            if known[0].content_hash == row["content_hash"]:
                return False
            _remove(connection, [row["id"]])
            connection.execute(sa.insert(conversations), {**row, "added_at": self._now(connection)})
        return True

    def count_forgotten(self) -> int:
        """Return how many conversations were forgotten."""
        query = sa.select(sa.func.count()).select_from(tombstones)
        with self._reading() as connection:
            return (
                int(connection.execute(query).scalar_one()) // 3
            )  # a content's, an id's and a talk's each

    def _take_all_out(self, conversation_ids: Iterable[str], *, forget: bool) -> list[str]:
        ids = list(conversation_ids)
        gone: list[str] = []
        for start in range(0, len(ids), _AT_ONCE):
            gone += self._take_out(ids[start : start + _AT_ONCE], forget=forget)
        return gone

    @atomic
    def _take_out(self, ids: Sequence[str], *, forget: bool) -> list[str]:
        c = conversations.c
        with self._writing() as connection:
            started_at = c.document["started_at"].as_string()
            query = sa.select(c.id, c.source, c.content_hash, c.opening, started_at)
            rows = connection.execute(query.where(c.id.in_(ids))).all()
            if forget and rows:
                now = self._now(connection)
                hashes = {one for row in rows for one in Labels(*row).tombstones}
                connection.execute(
                    self._insert_new(tombstones),
                    [{"hash": one, "forgotten_at": now} for one in sorted(hashes)],
                )
            _remove(connection, [row.id for row in rows])
            return [row.id for row in rows]


def _remove(connection: Connection, ids: Sequence[str]) -> None:
    for table in _OF_A_CONVERSATION:
        connection.execute(sa.delete(table).where(table.c.conversation_id.in_(ids)))
    connection.execute(sa.delete(conversations).where(conversations.c.id.in_(ids)))
