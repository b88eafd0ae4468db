"""Anchors, by which overlapping records of one talk are found, and the kinds of tombstones."""

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"


def upgrade() -> None:
    """Add ``tombstones.kind`` (empty for old ones); create ``anchors``, which version 10 fills."""
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
