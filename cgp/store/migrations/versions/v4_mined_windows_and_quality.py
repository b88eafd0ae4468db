"""The tree of windows of finished conversations with its metadata, and conversations' quality."""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Create ``mined_windows`` and ``qualities``; earlier conversations have no rows there."""
    op.create_table(
        "mined_windows",
        sa.Column("conversation_id", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_mined_windows_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_mined_windows")),
    )
    parts = ("relevance", "engagement", "novelty", "coherence", "fluency", "summary")
    op.create_table(
        "qualities",
        sa.Column("conversation_id", sa.String(200), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("embedder", sa.String(200), nullable=False),
        *(sa.Column(part, sa.Float(), nullable=False) for part in parts),
        sa.Column("measured_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_qualities_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_qualities")),
    )
    op.create_index("ix_qualities_summary", "qualities", ["summary"], unique=False)
