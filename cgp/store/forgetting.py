"""Conversations taken out of the store: deleted, replaced, or forgotten for good.

A forgotten conversation leaves hashes, by which a later import does not bring it back
(``cgp.store.tombstones``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.overlap import anchors as anchors_of
from cgp.privacy import without_personal_labels
from cgp.store.anchors import insert_anchors
from cgp.store.conversations import Conversations, conversation_row
from cgp.store.database import atomic
from cgp.store.schema import (
    anchors,
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
from cgp.store.tombstones import TombstoneKind, Traces

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
    anchors,
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

        False, and no change, where none of its id is stored, its content is the same, or another
        one has that content.
        """
        row, c = conversation_row(without_personal_labels(conversation)), conversations.c
        alike = sa.or_(c.id == row["id"], c.content_hash == row["content_hash"])
        with self._writing() as connection:
            matches = connection.execute(sa.select(c.id, c.content_hash).where(alike)).all()
            if [match.id for match in matches] != [row["id"]]:
                return False
            if matches[0].content_hash == row["content_hash"]:
                return False
            _remove(connection, [row["id"]])
            connection.execute(sa.insert(conversations), {**row, "added_at": self._now(connection)})
            keys = anchors_of(conversation, has_id=row["opening"] is None)
            insert_anchors(connection, {row["id"]: keys})
        return True

    def count_forgotten(self) -> int:
        """Return how many conversations were forgotten."""
        kind = tombstones.c.kind
        query = sa.select(kind, sa.func.count()).where(kind.in_(["", TombstoneKind.CONTENT.value]))
        with self._reading() as connection:
            counts = {row[0]: row[1] for row in connection.execute(query.group_by(kind))}
        # Schema 8 left three for each conversation, and not which is which.
        return int(counts.get(TombstoneKind.CONTENT.value, 0)) + int(counts.get("", 0)) // 3

    def _take_all_out(self, conversation_ids: Iterable[str], *, forget: bool) -> list[str]:
        ids = list(conversation_ids)
        removals: list[str] = []
        for start in range(0, len(ids), _AT_ONCE):
            removals += self._take_out(ids[start : start + _AT_ONCE], forget=forget)
        return removals

    @atomic
    def _take_out(self, ids: Sequence[str], *, forget: bool) -> list[str]:
        c = conversations.c
        with self._writing() as connection:
            query = sa.select(c.id, c.source, c.content_hash, c.opening, c.document)
            rows = connection.execute(query.where(c.id.in_(ids))).all()
            if forget and rows:
                now = self._now(connection)
                hashes: dict[str, TombstoneKind] = {}
                for row in rows:
                    talk = conversation_from_json(row.document)
                    hashes |= Traces(talk, row.source, row.content_hash, row.opening).tombstones()
                connection.execute(
                    self._insert_new(tombstones),
                    [
                        {"hash": tombstone, "forgotten_at": now, "kind": kind.value}
                        for tombstone, kind in sorted(hashes.items(), key=lambda pair: pair[0])
                    ],
                )
            _remove(connection, [row.id for row in rows])
            return [row.id for row in rows]


def _remove(connection: Connection, ids: Sequence[str]) -> None:
    for table in _OF_A_CONVERSATION:
        connection.execute(sa.delete(table).where(table.c.conversation_id.in_(ids)))
    connection.execute(sa.delete(conversations).where(conversations.c.id.in_(ids)))
