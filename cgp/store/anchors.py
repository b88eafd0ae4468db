"""The anchors of stored conversations: keys by which overlapping records of one talk are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from cgp.store.schema import anchors, conversations

_AT_ONCE = 500  # values of one query; SQLite takes some 32,000


def insert_anchors(connection: Connection, anchors_by_id: Mapping[str, Iterable[int]]) -> None:
    """Insert the anchors of conversations that have just been stored, by their ids.

    On PostgreSQL another process may have stored the same conversation in the meantime: then there
    is none of this id, or it has its anchors.
    """
    present = _present(connection, (name for name, keys in anchors_by_id.items() if keys))
    rows = [
        {"conversation_id": name, "key": key}
        for name in present
        for key in sorted(anchors_by_id[name])
    ]
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(postgresql.insert(anchors).on_conflict_do_nothing(), rows)
    else:
        connection.execute(sqlite.insert(anchors).on_conflict_do_nothing(), rows)


def _present(connection: Connection, identifiers: Iterable[str]) -> list[str]:
    """Return those ids of which a conversation is stored."""
    iterator = iter(identifiers)
    present: list[str] = []
    while part := list(islice(iterator, _AT_ONCE)):
        query = sa.select(conversations.c.id).where(conversations.c.id.in_(part))
        present += connection.execute(query).scalars()
    return present


def anchor_rows(connection: Connection, keys: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Yield the key and the conversation's id for each stored anchor of these keys."""
    iterator = iter(keys)
    while part := list(islice(iterator, _AT_ONCE)):
        query = sa.select(anchors.c.key, anchors.c.conversation_id).where(anchors.c.key.in_(part))
        for row in connection.execute(query):
            yield row.key, row.conversation_id
