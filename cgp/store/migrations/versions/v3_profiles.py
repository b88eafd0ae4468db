"""The profiles of finished conversations as rows, found by participant."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

_BATCH = 500


def upgrade() -> None:
    """Create ``profiles`` and fill it from the conversations that are finished."""
    op.create_table(
        "profiles",
        sa.Column("conversation_id", sa.String(200), nullable=False),
        sa.Column("participant", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_profiles_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "participant", name=op.f("pk_profiles")),
    )
    op.create_index("ix_profiles_name", "profiles", ["name"], unique=False)
    last = ""
    while finished_rows := _finished_after(last):
        rows = [row for line in finished_rows for row in _profile_rows(*line)]
        if rows:
            op.bulk_insert(_profiles(), rows)
        last = finished_rows[-1][0]


def _finished_after(conversation_id: str) -> list[tuple[str, Any, Any]]:
    """Return the next finished conversations: id, document, metadata."""
    query = sa.text(
        "SELECT m.conversation_id, c.document, m.metadata FROM conversation_metadata m "
        "JOIN conversations c ON c.id = m.conversation_id "
        "WHERE m.conversation_id > :after ORDER BY m.conversation_id LIMIT :batch"
    ).columns(conversation_id=sa.String, document=sa.JSON, metadata=sa.JSON)
    rows = op.get_bind().execute(query, {"after": conversation_id, "batch": _BATCH})
    return [(row[0], row[1], row[2]) for row in rows]


def _profile_rows(
    conversation_id: str, document: dict[str, Any], metadata: dict[str, Any]
) -> list[dict[str, Any]]:
    participants = document["participants"]
    return [
        {
            "conversation_id": conversation_id,
            "participant": profile["participant"],
            "name": _name(participants[profile["participant"]]),
            "profile": profile,
        }
        for profile in metadata.get("profiles", ())
        if profile["participant"] < len(participants)
    ]


def _name(participant: str | dict[str, Any]) -> str:
    name = participant["name"] if isinstance(participant, dict) else participant
    return str(name)[:200].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _profiles() -> sa.TableClause:
    return sa.table(
        "profiles",
        sa.column("conversation_id", sa.String),
        sa.column("participant", sa.Integer),
        sa.column("name", sa.String),
        sa.column("profile", sa.JSON),
    )
