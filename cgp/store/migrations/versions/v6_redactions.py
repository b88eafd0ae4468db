"""The redacted form of each conversation under each policy, with the vault that undoes it."""

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    """Create ``redactions`` and move the vaults there, under an unknown policy."""
    redactions = op.create_table(
        "redactions",
        sa.Column("conversation_id", sa.String(200), nullable=False),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("vault", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_redactions_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "policy", name=op.f("pk_redactions")),
    )
    vaults = sa.table(
        "vaults",
        sa.column("conversation_id", sa.String),
        sa.column("vault", sa.JSON),
        sa.column("saved_at", sa.Float),
    )
    earlier = sa.select(
        vaults.c.conversation_id,
        sa.literal("earlier"),
        sa.literal(""),
        sa.literal({}, sa.JSON),
        vaults.c.vault,
        sa.literal({}, sa.JSON),
        vaults.c.saved_at,
    )
    op.execute(sa.insert(redactions).from_select([c.name for c in redactions.columns], earlier))
    op.drop_table("vaults")
