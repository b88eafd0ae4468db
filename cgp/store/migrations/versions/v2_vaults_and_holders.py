"""A vault of each conversation's personal data, and the session that may work as each validator."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Create ``vaults`` and ``holders``; Alembic's own table replaces ``schema_versions``."""
    op.create_table(
        "vaults",
        sa.Column("conversation_id", sa.String(200), nullable=False),
        sa.Column("vault", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_vaults_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_vaults")),
    )
    op.create_table(
        "holders",
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_holders")),
    )
    op.drop_table("schema_versions")
