"""The language that is recognised in each conversation's turns."""

import sqlalchemy as sa
from alembic import op

from cgp.annotators.embedded.language import recognise_language
from cgp.conversation_json import ConversationError, conversation_from_json

revision = "11"
down_revision = "10"
_BATCH = 500


def upgrade() -> None:
    """Add ``conversations.language_recognised``, empty in doubt, and fill it."""
    column = sa.Column("language_recognised", sa.String(35), nullable=False, server_default="")
    op.add_column("conversations", column)
    stored = sa.table(
        "conversations",
        sa.column("number", sa.Integer),
        sa.column("language_recognised", sa.String),
        sa.column("document", sa.JSON),
    )
    connection = op.get_bind()
    last = 0
    while True:
        query = sa.select(stored.c.number, stored.c.document)
        query = query.where(stored.c.number > last).order_by(stored.c.number).limit(_BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].number
        for row in rows:
            if language := _language(row.document):
                here = sa.update(stored).where(stored.c.number == row.number)
                connection.execute(here.values(language_recognised=language))


def _language(document: object) -> str | None:
    try:
        return recognise_language(turn.text for turn in conversation_from_json(document).turns)
    except ConversationError:
        return None
