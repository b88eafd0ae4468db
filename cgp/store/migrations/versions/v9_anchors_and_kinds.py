"""Anchors, by which overlapping records of one talk are found, and the kinds of tombstones."""

import sqlalchemy as sa
from alembic import op

from cgp.conversation_json import ConversationError, conversation_from_json
from cgp.overlap import anchors

revision = "9"
down_revision = "8"
_BATCH = 500


def upgrade() -> None:
    """Add ``tombstones.kind`` (empty for those there are); create and fill ``anchors``."""
    op.add_column("tombstones", sa.Column("kind", sa.String(16), nullable=False, server_default=""))
    op.create_table(
        "anchors",
        sa.Column("conversation_id", sa.String(200), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_anchors_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "key", name=op.f("pk_anchors")),
    )
    op.create_index(op.f("ix_anchors_key"), "anchors", ["key"], unique=False)
    stored = sa.table(
        "conversations",
        sa.column("number", sa.Integer),
        sa.column("id", sa.String),
        sa.column("document", sa.JSON),
    )
    made = sa.table("anchors", sa.column("conversation_id"), sa.column("key"))
    connection = op.get_bind()
    last = 0
    while True:
        query = sa.select(stored.c.number, stored.c.id, stored.c.document)
        query = query.where(stored.c.number > last).order_by(stored.c.number).limit(_BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].number
        values = [
            {"conversation_id": row.id, "key": key}
            for row in rows
            for key in sorted(_anchors(row.document))
        ]
        if values:
            connection.execute(sa.insert(made), values)


def _anchors(document: object) -> frozenset[int]:
    try:
        return anchors(conversation_from_json(document))
    except ConversationError:
        return frozenset()  # it is never found by a part of it; nothing else depends on that
