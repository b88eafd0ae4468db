"""Tables of the dataset and their columns: files, card and documentation are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DATASET_VERSION = 3
"""Version of the schema: raised whenever a column comes, or changes its name, type or meaning."""

Type = Literal["string", "int32", "float64", "bool", "strings", "int32s", "records", "vector"]
"""Types of values: ``strings``, ``int32s``, ``records`` are lists, ``vector`` has a
fixed length.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; every value may be null. ``fields`` are the fields of each record in a list."""

    name: str
    type: Type
    meaning: str
    fields: tuple[Column, ...] = ()


_CONVERSATION = Column("conversation_id", "string", "the conversation's id")
_SUPPORT = Column("support", "float64", "what stands behind the tag: windows, annotations")
_CONFIDENCE = Column("confidence", "float64", "0..1, where miners' answers were weighed; else null")
_NORMAL_FORM = Column("normal_form", "string", "the tag's normal form: equal for equal tags")

# A changed column is a new DATASET_VERSION; docs/dataset.md shows the same tables.
TABLES: dict[str, tuple[Column, ...]] = {
    "conversations": (
        _CONVERSATION,
        Column("source", "string", "where the conversation comes from"),
        Column("title", "string", "its title at the source"),
        Column("language", "string", "BCP 47 tag that the source names, where it does"),
        Column(
            "language_recognised",
            "string",
            "ISO 639-1 code that the software recognises in the text; null in doubt",
        ),
        Column("started_at", "string", "ISO 8601 time of the start, where known"),
        Column("participants", "strings", "names as the privacy policy leaves them"),
        Column(
            "turns",
            "records",
            "who said what, in order",
            (
                Column("speaker", "int32", "index into participants"),
                Column("text", "string", "what was said, redacted"),
                Column("at", "float64", "seconds from the start, where known"),
            ),
        ),
        Column("content_hash", "string", "SHA-256 of who says what, after redaction"),
        Column("text_hash", "string", "SHA-256 of the normalised text; decides the split"),
        Column("near_duplicate_of", "string", "id of the earlier conversation it nearly repeats"),
        Column(
            "redactions",
            "records",
            "what redaction replaced",
            (
                Column("kind", "string", "kind of personal data"),
                Column("count", "int32", "places"),
            ),
        ),
        Column("made_by", "string", "miners: verified answers; annotator: no miner took part"),
        Column("annotator", "string", "what made the ground truth, or all of it without miners"),
        Column("licence", "string", "SPDX id of the source's licence, where known"),
        Column("attribution", "string", "whom to credit, where known"),
        Column("source_url", "string", "where the source is, where known"),
        Column("split", "string", "train, validation or test"),
    ),
    "windows": (
        _CONVERSATION,
        Column("number", "int32", "number in pre-order; 0 is the whole conversation"),
        Column("parent", "int32", "number of the window it is a part of"),
        Column("level", "int32", "depth in the tree; null where no tree was stored"),
        Column("start", "int32", "first turn"),
        Column("stop", "int32", "turn after the last"),
        Column("is_leaf", "bool", "whether miners were asked about it"),
        Column("text", "string", "leaves only: 'name: text' lines"),
        Column(
            "tags",
            "records",
            "what was found, most telling first",
            (
                Column("text", "string", "the tag"),
                _NORMAL_FORM,
                _SUPPORT,
                _CONFIDENCE,
            ),
        ),
    ),
    "tags": (
        _CONVERSATION,
        Column("rank", "int32", "1 for the most telling tag"),
        Column("text", "string", "the tag"),
        _NORMAL_FORM,
        _SUPPORT,
        _CONFIDENCE,
        Column(
            "in_ground_truth",
            "bool",
            "whether the validator's own annotation has it; null without miners",
        ),
    ),
    "profiles": (
        _CONVERSATION,
        Column("participant", "int32", "index into the conversation's participants"),
        Column("name", "string", "the participant's name, as in conversations"),
        Column(
            "claims",
            "records",
            "what the conversation tells about the participant",
            (
                Column(
                    "attribute", "string", "what is claimed: topic, question, stance, role, ..."
                ),
                Column("value", "string", "the claim"),
                Column("turns", "int32s", "the turns that it rests on"),
                Column("confidence", "float64", "how sure the claim is, 0..1; none where unknown"),
            ),
        ),
    ),
    "quality": (
        _CONVERSATION,
        Column("relevance", "float64", "0..1"),
        Column("engagement", "float64", "0..1"),
        Column("novelty", "float64", "0..1"),
        Column("coherence", "float64", "0..1"),
        Column("fluency", "float64", "0..1"),
        Column("summary", "float64", "0..1, of the five parts"),
        Column("version", "string", "version of the measure"),
        Column("embedder", "string", "embedder behind the measure"),
    ),
    "scores": (
        _CONVERSATION,
        Column("window", "int32", "the leaf that miners were asked about, counted from 0"),
        Column("start", "int32", "first turn of that leaf"),
        Column("stop", "int32", "turn after its last"),
        Column("hotkey", "string", "the miner"),
        Column("uid", "int32", "the miner's number at that time"),
        Column("value", "float64", "the score, 0..1"),
        Column("valid", "bool", "False for silence and answers that failed the checks"),
        Column("reason", "string", "why it is not valid"),
        Column("failure", "string", "kind of silence (timeout, ...); null for an answer"),
        Column("seconds", "float64", "time to the answer"),
        Column(
            "components",
            "records",
            "the terms of the score",
            (Column("name", "string", "the term"), Column("value", "float64", "its value")),
        ),
        Column("rule_version", "string", "version of the scoring rule"),
    ),
    "embeddings": (
        Column("normal_form", "string", "a tag that the split's tags or windows have"),
        Column("model", "string", "the embedder"),
        Column("revision", "string", "its revision"),
        Column("vector", "vector", "unit vector, float32 (zeros: no known token)"),
    ),
}
"""The tables by name, each with its columns in order."""

_WHOLE = {column.name: column for column in TABLES["conversations"]}

MESSAGES: dict[str, tuple[Column, ...]] = {
    "messages": (
        _CONVERSATION,
        Column(
            "messages",
            "records",
            "the conversation in chat form, roles in turn after the system's message",
            (
                Column("role", "string", "system, user or assistant"),
                Column("content", "string", "what was said, redacted; lines of several turns"),
            ),
        ),
        Column("speakers", "strings", "each message's speaker; null for several and the system"),
        _WHOLE["participants"],
        Column("roles", "strings", "the role of each participant"),
        Column("tags", "strings", "the conversation's tags, most telling first"),
        Column("quality", "float64", "0..1, the summary of the quality; null where not measured"),
        *(
            _WHOLE[name]
            for name in (
                "source",
                "title",
                "language",
                "language_recognised",
                "text_hash",
                "near_duplicate_of",
                "made_by",
                "annotator",
                "licence",
                "attribution",
                "source_url",
                "split",
            )
        ),
    ),
}
"""The one table of the format ``messages``."""

COLUMNS = TABLES | MESSAGES
"""The columns of every table of every format."""


def tables_of(format_name: str) -> dict[str, tuple[Column, ...]]:
    """Return the tables of a format with their columns."""
    return MESSAGES if format_name == "messages" else TABLES
