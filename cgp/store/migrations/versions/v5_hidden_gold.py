"""Hidden gold windows: the operator's windows, their uses, and the answers to them."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Create ``gold_windows``, ``gold_uses`` and ``gold_asks``."""
    op.create_table(
        "gold_windows",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("removed_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_gold_windows")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_gold_windows_content_hash")),
        sa.UniqueConstraint("id", name=op.f("uq_gold_windows_id")),
    )
    op.create_table(
        "gold_uses",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("gold", sa.Integer(), nullable=False),
        sa.Column("validator", sa.String(64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("background", sa.JSON(), nullable=False),
        sa.Column("rule_version", sa.String(200), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["gold"], ["gold_windows.number"], name=op.f("fk_gold_uses_gold")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_gold_uses")),
    )
    op.create_index("ix_gold_uses_gold", "gold_uses", ["gold"], unique=False)
    op.create_table(
        "gold_asks",
        sa.Column("use", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hotkey", sa.String(64), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.JSON(), nullable=False),
        sa.Column("coldkey", sa.String(64), nullable=True),
        sa.Column("address", sa.String(64), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("score", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["use"], ["gold_uses.number"], name=op.f("fk_gold_asks_use")),
        sa.PrimaryKeyConstraint("use", "hotkey", name=op.f("pk_gold_asks")),
    )
    op.create_index("ix_gold_asks_hotkey", "gold_asks", ["hotkey"], unique=False)
