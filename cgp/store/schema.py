"""The tables, portable between SQLite and PostgreSQL.

A change here needs a migration (``cgp/store/migrations``) and a higher ``SCHEMA_VERSION``. Times
are seconds since the epoch (UTC). Embeddings are not stored: the agreed embedder (named with each
ground truth) recomputes a tag's vector exactly. Nothing here is keyed by uid: a uid changes
hands, a hotkey does not.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA_VERSION = 11

schema = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = String(200)
_NAME = String(200)
_HOTKEY = String(64)
_HASH = String(64)


def _conversation_key() -> Column[str]:
    return Column("conversation_id", _ID, ForeignKey("conversations.id"), primary_key=True)


# ``number`` is the order of arrival; ``attempts`` counts attempts that ended in an error.
# ``opening`` is the hash of the beginning (``cgp.conversation.opening_hash``) where the source gave
# no id of its own. ``language`` is the source's word, ``language_recognised`` what the turns say,
# empty in doubt.
conversations = Table(
    "conversations",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", _ID, nullable=False, unique=True),
    Column("source", String(200), nullable=False),
    Column("language", String(35), nullable=False, default=""),
    Column("language_recognised", String(35), nullable=False, default="", server_default=""),
    Column("content_hash", _HASH, nullable=False, unique=True),
    Column("opening", _HASH, index=True),
    Column("turns", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("state", String(16), nullable=False, default="waiting"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("added_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("ix_conversations_line", "state", "attempts", "number"),
)

# Keys of pairs of turns with times (``cgp.overlap.anchors``), by which another record of the same
# talk is found that begins later or earlier.
anchors = Table(
    "anchors",
    schema,
    _conversation_key(),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_anchors_key", "key"),
)

# At most one row a conversation: who works on it, until when. The token fences off a holder that
# lost its lease: what it still writes is refused.
leases = Table(
    "leases",
    schema,
    _conversation_key(),
    Column("holder", _HOTKEY, nullable=False, index=True),
    Column("token", String(32), nullable=False),
    Column("acquired_at", Float, nullable=False),
    Column("heartbeat_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)

# The session (one process's run) that may take conversations as this holder: the last that claimed
# it.
holders = Table(
    "holders",
    schema,
    Column("holder", _HOTKEY, primary_key=True),
    Column("session", String(64), nullable=False),
    Column("since", Float, nullable=False),
)

# What was forgotten, so that no later import brings it back: hashes of contents, turns and
# beginnings (``cgp.store.tombstones``). ``kind`` is empty for those of schema 8: three for each
# conversation.
tombstones = Table(
    "tombstones",
    schema,
    Column("hash", _HASH, primary_key=True),
    Column("forgotten_at", Float, nullable=False),
    Column("kind", String(16), nullable=False, default="", server_default=""),
)

# The redacted form of a conversation under each policy (``RedactionPolicy.name``), and what stands
# for personal data in it: placeholder to original. Neither leaves here but through the gate.
# ``document`` is empty where an earlier version of redaction made it: its vault still undoes what
# was sent out then.
redactions = Table(
    "redactions",
    schema,
    _conversation_key(),
    Column("policy", String(64), primary_key=True),
    Column("content_hash", _HASH, nullable=False),
    Column("document", JSON, nullable=False),
    Column("vault", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("made_at", Float, nullable=False),
)

# Written, with the windows, before any miner is asked. ``document`` is the sealed text: the truth,
# the window plan and all else that scores are computed from. ``seal`` is its SHA-256.
ground_truths = Table(
    "ground_truths",
    schema,
    _conversation_key(),
    Column("validator", _HOTKEY, nullable=False),
    Column("seal", _HASH, nullable=False, index=True),
    Column("document", Text, nullable=False),
    Column("annotator", _NAME, nullable=False),
    Column("embedder", _NAME, nullable=False),
    Column("rule_version", _NAME, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("sealed_at", Float, nullable=False),
)

# ``background`` names the windows of other conversations that the scores were measured against, as
# ``[conversation id, start, stop]``, so that a score can be replayed.
windows = Table(
    "windows",
    schema,
    _conversation_key(),
    Column("window", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Column("state", String(16), nullable=False, default="waiting"),
    Column("seed", BigInteger),
    Column("background", JSON),
    Column("done_at", Float),
    Index("ix_windows_state", "state"),
)


def _window_key() -> tuple[Column[str], Column[int], ForeignKeyConstraint]:
    return (
        Column("conversation_id", _ID, primary_key=True),
        Column("window", Integer, primary_key=True, autoincrement=False),
        ForeignKeyConstraint(
            ["conversation_id", "window"], ["windows.conversation_id", "windows.window"]
        ),
    )


# ``failure`` is empty for an answer and the kind of ``NoAnswer`` otherwise. ``evidence`` and
# ``body_hash`` prove in a dispute what a hotkey signed. ``peer_record`` is what scoring compares
# with other miners' answers (a text that only scoring reads).
answers = Table(
    "answers",
    schema,
    *_window_key(),
    Column("hotkey", _HOTKEY, primary_key=True),
    Column("uid", Integer, nullable=False),
    Column("failure", String(32), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("tags", JSON, nullable=False),
    Column("profiles", JSON, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("body_hash", _HASH, nullable=False, default=""),
    Column("peer_record", Text, nullable=False, default=""),
    Column("received_at", Float, nullable=False),
    Index("ix_answers_hotkey", "hotkey"),
    Index("ix_answers_received_at", "received_at"),
)

scores = Table(
    "scores",
    schema,
    *_window_key(),
    Column("hotkey", _HOTKEY, primary_key=True),
    Column("rule_version", _NAME, primary_key=True),
    Column("value", Float, nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("components", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
)

# The result of a conversation: its windows' metadata, merged. ``annotator`` is empty where miners'
# answers were verified, and names the annotator that made it where no miner took part.
conversation_metadata = Table(
    "conversation_metadata",
    schema,
    _conversation_key(),
    Column("metadata", JSON, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("annotator", _NAME, nullable=False, default="", server_default=""),
)

# The same metadata's profiles, one row each, found by the participant's name.
profiles = Table(
    "profiles",
    schema,
    _conversation_key(),
    Column("participant", Integer, primary_key=True, autoincrement=False),
    Column("name", _NAME, nullable=False),
    Column("profile", JSON, nullable=False),
    Index("ix_profiles_name", "name"),
)

# The tree of windows of a finished conversation, in pre-order: number 0 is the whole, ``parent``
# the number of the window that holds this one, ``metadata`` what its leaves established, merged.
mined_windows = Table(
    "mined_windows",
    schema,
    _conversation_key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("parent", Integer),
    Column("level", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Column("metadata", JSON, nullable=False),
)

# How good a conversation is (``cgp.quality``): five parts between 0 and 1, and how they were
# measured.
qualities = Table(
    "qualities",
    schema,
    _conversation_key(),
    Column("version", _NAME, nullable=False),
    Column("embedder", _NAME, nullable=False),
    Column("relevance", Float, nullable=False),
    Column("engagement", Float, nullable=False),
    Column("novelty", Float, nullable=False),
    Column("coherence", Float, nullable=False),
    Column("fluency", Float, nullable=False),
    Column("summary", Float, nullable=False, index=True),
    Column("measured_at", Float, nullable=False),
)

# What a validator thinks of a hotkey; ``registered_at`` tells a re-registration from the same
# neuron.
standings = Table(
    "standings",
    schema,
    Column("validator", _HOTKEY, primary_key=True),
    Column("hotkey", _HOTKEY, primary_key=True),
    Column("registered_at", BigInteger, nullable=False),
    Column("rule_version", _NAME, nullable=False),
    Column("standing", Text, nullable=False),
    Column("updated_at", Float, nullable=False),
)

weights = Table(
    "weights",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("validator", _HOTKEY, nullable=False, index=True),
    Column("block", BigInteger, nullable=False),
    Column("set_at", Float, nullable=False),
    Column("rewards", JSON, nullable=False),
    Column("weights", JSON, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("code", String(64), nullable=False, default=""),
    Column("message", Text, nullable=False, default=""),
)

# Hidden gold windows (``cgp.store.gold``): the operator's alone. Nothing that is served, indexed or
# exported reads these tables. ``document`` is a line of a gold file; ``most_uses`` bounds how often
# the window is sent out; ``removed_at`` takes it out of use, with its past kept.
gold_windows = Table(
    "gold_windows",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", _ID, nullable=False, unique=True),
    Column("content_hash", _HASH, nullable=False, unique=True),
    Column("document", JSON, nullable=False),
    Column("most_uses", Integer, nullable=False),
    Column("added_at", Float, nullable=False),
    Column("removed_at", Float),
)

# Each time that a gold window is sent out: written before the first miner is asked, so that a use
# is spent whatever happens then. ``document`` is the annotated window as it was sent (redacted,
# with its participants' numbers), so that scores can be replayed; ``done_at`` is empty until they
# are stored.
gold_uses = Table(
    "gold_uses",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("gold", Integer, ForeignKey("gold_windows.number"), nullable=False, index=True),
    Column("validator", _HOTKEY, nullable=False),
    Column("document", JSON, nullable=False),
    Column("background", JSON, nullable=False),
    Column("rule_version", _NAME, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("done_at", Float),
)

# One row for each miner that a use asks, written with the use. ``cluster`` are the hotkeys that
# counted as one miner with this one then, ``coldkey`` and ``address`` who stood behind it.
# ``answer`` and ``score`` are empty until the answers are scored.
gold_asks = Table(
    "gold_asks",
    schema,
    Column("use", Integer, ForeignKey("gold_uses.number"), primary_key=True, autoincrement=False),
    Column("hotkey", _HOTKEY, primary_key=True),
    Column("uid", Integer, nullable=False),
    Column("cluster", JSON, nullable=False),
    Column("coldkey", _HOTKEY),
    Column("address", String(64)),
    Column("seconds", Float),
    Column("answer", JSON),
    Column("score", JSON),
    Index("ix_gold_asks_hotkey", "hotkey"),
)
