"""The first schema: conversations, leases, ground truths, windows, answers, scores, standings,
weights.

``schema_versions`` is how stores of this version name themselves; version 2 drops it.
"""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _conversations()
    _windows()
    _results()
    _miners()


def _conversations() -> None:
    op.create_table(
        "schema_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_schema_versions")),
    )
    op.create_table(
        "conversations",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_conversations")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_conversations_content_hash")),
        sa.UniqueConstraint("id", name=op.f("uq_conversations_id")),
    )
    op.create_index(
        "ix_conversations_line", "conversations", ["state", "attempts", "number"], unique=False
    )
    op.create_table(
        "leases",
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("acquired_at", sa.Float(), nullable=False),
        sa.Column("heartbeat_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_leases_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_leases")),
    )
    op.create_index(op.f("ix_leases_holder"), "leases", ["holder"], unique=False)


def _windows() -> None:
    op.create_table(
        "ground_truths",
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("validator", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("annotator", sa.String(length=200), nullable=False),
        sa.Column("embedder", sa.String(length=200), nullable=False),
        sa.Column("rule_version", sa.String(length=200), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_ground_truths_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_ground_truths")),
    )
    op.create_index(op.f("ix_ground_truths_seal"), "ground_truths", ["seal"], unique=False)
    op.create_table(
        "windows",
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("window", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("background", sa.JSON(), nullable=True),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_windows_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "window", name=op.f("pk_windows")),
    )
    op.create_index("ix_windows_state", "windows", ["state"], unique=False)


def _results() -> None:
    op.create_table(
        "answers",
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("window", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hotkey", sa.String(length=64), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("profiles", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("peer_record", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "window"],
            ["windows.conversation_id", "windows.window"],
            name=op.f("fk_answers_conversation_id_window"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "window", "hotkey", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_hotkey", "answers", ["hotkey"], unique=False)
    op.create_index("ix_answers_received_at", "answers", ["received_at"], unique=False)
    op.create_table(
        "scores",
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("window", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hotkey", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "window"],
            ["windows.conversation_id", "windows.window"],
            name=op.f("fk_scores_conversation_id_window"),
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "window", "hotkey", "rule_version", name=op.f("pk_scores")
        ),
    )
    op.create_table(
        "conversation_metadata",
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_metadata_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_conversation_metadata")),
    )


def _miners() -> None:
    op.create_table(
        "standings",
        sa.Column("validator", sa.String(length=64), nullable=False),
        sa.Column("hotkey", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.String(length=200), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("validator", "hotkey", name=op.f("pk_standings")),
    )
    op.create_table(
        "weights",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("validator", sa.String(length=64), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.Float(), nullable=False),
        sa.Column("rewards", sa.JSON(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_weights")),
    )
    op.create_index(op.f("ix_weights_validator"), "weights", ["validator"], unique=False)
