"""Anchors by which a talk of another clock, or without a date, is found."""

import sqlalchemy as sa
from alembic import op

from cgp.conversation_json import ConversationError, conversation_from_json
from cgp.overlap import anchors

revision = "10"
down_revision = "9"
_BATCH = 500


def upgrade() -> None:
    """Fill ``anchors`` anew."""
    stored = sa.table(
        "conversations",
        sa.column("number", sa.Integer),
        sa.column("id", sa.String),
        sa.column("opening", sa.String),
        sa.column("document", sa.JSON),
    )
    made = sa.table("anchors", sa.column("conversation_id"), sa.column("key"))
    connection = op.get_bind()
    connection.execute(sa.delete(made))
    last = 0
    while True:
        query = sa.select(stored.c.number, stored.c.id, stored.c.opening, stored.c.document)
        query = query.where(stored.c.number > last).order_by(stored.c.number).limit(_BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].number
        values = [
            {"conversation_id": row.id, "key": key}
            for row in rows
            for key in sorted(_anchors(row.document, has_id=row.opening is None))
        ]
        if values:
            connection.execute(sa.insert(made), values)


def _anchors(document: object, *, has_id: bool) -> frozenset[int]:
    try:
        return anchors(conversation_from_json(document), has_id=has_id)
    except ConversationError:
        return frozenset()  # it is never found by a part of it; nothing else depends on that
