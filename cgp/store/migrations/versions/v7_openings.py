"""The beginnings of conversations, by which one without an id of its own is found when it has
grown.
"""

import sqlalchemy as sa
from alembic import op

from cgp.conversation import opening_hash
from cgp.conversation_json import ConversationError, conversation_from_json

revision = "7"
down_revision = "6"
_BATCH = 500


def upgrade() -> None:
    """Add ``opening`` to ``conversations``, computed for the rows that are there."""
    op.add_column("conversations", sa.Column("opening", sa.String(64), nullable=True))
    op.create_index(op.f("ix_conversations_opening"), "conversations", ["opening"], unique=False)
    table = sa.table(
        "conversations",
        sa.column("number", sa.Integer),
        sa.column("content_hash", sa.String),
        sa.column("document", sa.JSON),
        sa.column("opening", sa.String),
    )
    connection = op.get_bind()
    last = 0
    while True:
        query = sa.select(table.c.number, table.c.content_hash, table.c.document)
        query = query.where(table.c.number > last).order_by(table.c.number).limit(_BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            last = row.number
            try:
                opening = opening_hash(conversation_from_json(row.document), row.content_hash)
            except ConversationError:
                continue  # it is never found as the beginning of another one; nothing else depends on it
            if opening is not None:
                is_row = table.c.number == row.number
                connection.execute(sa.update(table).where(is_row).values(opening=opening))
