"""Which annotator finished a conversation without miners, and the hashes of what was forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"


def upgrade() -> None:
    """Add ``conversation_metadata.annotator`` (empty: miners), and create ``tombstones``."""
    op.add_column(
        "conversation_metadata",
        sa.Column("annotator", sa.String(200), nullable=False, server_default=""),
    )
    op.create_table(
        "tombstones",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("forgotten_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_tombstones")),
    )
