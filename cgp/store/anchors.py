"""The anchors of stored conversations: keys by which overlapping records of one talk are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.overlap import anchors as anchors_of
from cgp.store.schema import anchors

_AT_ONCE = 500  # values of one query; SQLite takes some 32,000


def insert_anchors(connection: Connection, batch: Iterable[Conversation]) -> None:
    """Insert the anchors of conversations that have just been stored."""
    rows = [
        {"conversation_id": talk.id, "key": key}
        for talk in batch
        for key in sorted(anchors_of(talk))
    ]
    if rows:
        connection.execute(sa.insert(anchors), rows)


def anchor_rows(connection: Connection, keys: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Yield the key and the conversation's id for each stored anchor of these keys."""
    iterator = iter(keys)
    while part := list(islice(iterator, _AT_ONCE)):
        query = sa.select(anchors.c.key, anchors.c.conversation_id).where(anchors.c.key.in_(part))
        for row in connection.execute(query):
            yield row.key, row.conversation_id
