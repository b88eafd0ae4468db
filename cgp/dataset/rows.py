"""The rows of one conversation in every table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cgp.annotators.embedded.language import recognise_language
from cgp.conversation import Conversation
from cgp.dataset.columns import MESSAGES, TABLES
from cgp.dataset.errors import DatasetError
from cgp.dataset.messages import messages_of, roles_of
from cgp.dataset.provenance import NO_PROVENANCE, Provenance
from cgp.dataset.splits import Split, split_of, text_hash
from cgp.metadata import LEAST_SUPPORT, Claim, Metadata, ParticipantProfile, Tag
from cgp.privacy import Gate, Redaction, RedactionPolicy
from cgp.scoring.task import NoAnswer
from cgp.store import GroundTruthRecord, MinedWindow, ScoredAnswer, Store, WindowRecord
from cgp.text import normal_form

_KEPT_IN_CHAT_FORM = tuple(
    column.name
    for column in MESSAGES["messages"]
    if column.name in {whole.name for whole in TABLES["conversations"]}
)

Row = dict[str, Any]
"""A row as JSON values: column name to value."""


@dataclass(frozen=True)
class ConversationRows:
    """Everything that the dataset holds of one conversation.

    ``whole`` is its row of ``conversations``; ``tables`` has the rows of each table but
    ``embeddings``; ``terms`` are the normal forms of its tags, which ``embeddings`` is made from.
    """

    split: Split
    whole: Row
    tables: Mapping[str, Sequence[Row]]
    terms: tuple[str, ...]


@dataclass(frozen=True)
class _Material:
    """One finished conversation as the store has it, and its redaction."""

    conversation: Conversation
    redaction: Redaction
    metadata: Metadata
    truth: GroundTruthRecord | None
    leaves: Sequence[WindowRecord]
    mined_windows: Sequence[MinedWindow]
    answers: Sequence[tuple[WindowRecord, ScoredAnswer]]
    annotator: str | None

    @property
    def safe(self) -> Conversation:
        return self.redaction.conversation


def conversation_rows(
    store: Store,
    conversation_id: str,
    policy: RedactionPolicy,
    *,
    sources: Mapping[str, Provenance],
    near_duplicate_of: str | None = None,
) -> ConversationRows:
    """Return the rows of one finished conversation, redacted by ``policy``.

    What undoes the redaction is kept in the store.

    Raises:
        DatasetError: if the store does not hold the conversation, finished.
    """
    material = _read(store, conversation_id, policy)
    scrub = Gate(material.conversation, material.redaction, policy)
    # All texts of a conversation at once: redacting them one by one costs far more.
    scrub.learn(_texts(material))
    digest = text_hash(material.safe)
    split = split_of(digest)
    about = sources.get(material.conversation.source, NO_PROVENANCE)
    whole = _conversation_row(material, about) | {
        "text_hash": digest,
        "near_duplicate_of": near_duplicate_of,
        "split": split,
    }
    quality = store.quality_of(conversation_id)
    tables: dict[str, Sequence[Row]] = {
        "conversations": [whole],
        "windows": list(_window_rows(material, scrub)),
        "tags": list(_tag_rows(material, scrub)),
        "profiles": list(_profile_rows(material, scrub)),
        "quality": []
        if quality is None
        else [
            {
                "conversation_id": conversation_id,
                "relevance": quality.quality.relevance,
                "engagement": quality.quality.engagement,
                "novelty": quality.quality.novelty,
                "coherence": quality.quality.coherence,
                "fluency": quality.quality.fluency,
                "summary": quality.quality.summary,
                "version": quality.version,
                "embedder": quality.embedder,
            }
        ],
        "scores": list(_score_rows(material, scrub)),
    }
    # Windows have tags that their conversation lacks: merging leaves the rare ones behind.
    forms_of_tags = {row["normal_form"] for row in tables["tags"]}
    forms_of_tags.update(tag["normal_form"] for row in tables["windows"] for tag in row["tags"])
    return ConversationRows(split, whole, tables, tuple(sorted(forms_of_tags - {""})))


def message_rows(rows: ConversationRows, safe: Conversation) -> ConversationRows | None:
    """Return a conversation in chat form; None where one speaker alone talks.

    ``safe`` is the redacted conversation that ``rows`` are made of.
    """
    messages = messages_of(safe)
    # A model learns from an answer to somebody: a talk of one speaker has none.
    if not messages:
        return None
    quality = rows.tables["quality"]
    row = {name: rows.whole[name] for name in _KEPT_IN_CHAT_FORM} | {
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "speakers": [message.speaker for message in messages],
        "roles": roles_of(safe),
        "tags": [tag["text"] for tag in rows.tables["tags"]],
        "quality": quality[0]["summary"] if quality else None,
    }
    # A line of JSON is written in this order: equal conversations make equal bytes.
    row_in_order = {column.name: row[column.name] for column in MESSAGES["messages"]}
    return ConversationRows(rows.split, rows.whole, {"messages": [row_in_order]}, ())


def _read(store: Store, conversation_id: str, policy: RedactionPolicy) -> _Material:
    conversation = store.conversation(conversation_id)
    metadata = store.metadata_of(conversation_id)
    if conversation is None or metadata is None:
        raise DatasetError(f"the store no longer holds conversation {conversation_id!r}, finished")
    redaction = store.redaction_of(conversation, policy)
    leaves = store.windows_of(conversation_id)
    return _Material(
        conversation,
        redaction,
        metadata,
        store.ground_truth(conversation_id),
        leaves,
        store.mined_windows(conversation_id),
        [
            (leaf, record)
            for leaf in leaves
            for record in store.answers_of(conversation_id, leaf.index)
        ],
        store.annotator_of(conversation_id),
    )


def _texts(material: _Material) -> Iterator[str]:
    """Yield the texts about the conversation: tags, claims, and reasons of scores."""
    parts = (material.metadata, *(window.metadata for window in material.mined_windows))
    for metadata in parts:
        yield from (tag.text for tag in metadata.tags)
    for profile in material.metadata.profiles:
        yield from (text for claim in profile.claims for text in (claim.attribute, claim.value))
    yield from (record.score.reason for _, record in material.answers)


def _conversation_row(material: _Material, about: Provenance) -> Row:
    safe = material.safe
    return {
        "conversation_id": safe.id,
        "source": safe.source,
        "title": safe.title,
        "language": safe.language,
        "language_recognised": recognise_language(turn.text for turn in safe.turns),
        "started_at": safe.started_at,
        "participants": [participant.name for participant in safe.participants],
        "turns": [
            {
                "speaker": turn.speaker,
                "text": turn.text,
                "at": None if turn.at is None else float(turn.at),
            }
            for turn in safe.turns
        ],
        "content_hash": safe.content_hash,
        "text_hash": None,
        "near_duplicate_of": None,
        "redactions": [
            {"kind": str(kind), "count": count} for kind, count in material.redaction.counts.items()
        ],
        "made_by": "miners" if material.annotator is None else "annotator",
        "annotator": material.truth.annotator if material.truth else material.annotator,
        "licence": about.licence,
        "attribution": about.attribution,
        "source_url": about.url,
    }


def _window_rows(material: _Material, scrub: Gate) -> Iterator[Row]:
    """Yield the tree of windows; the leaves alone where an older store has no tree."""
    parents = {window.parent for window in material.mined_windows}
    for window in material.mined_windows:
        leaf = window.number not in parents
        yield {
            "conversation_id": material.safe.id,
            "number": window.number,
            "parent": window.parent,
            "level": window.level,
            "start": window.start,
            "stop": window.stop,
            "is_leaf": leaf,
            # Leaves only: with the text of every level the dataset would hold each turn several
            # times.
            "text": material.safe.excerpt(window.start, window.stop).transcript if leaf else None,
            "tags": [_tag(tag, scrub) for tag in window.metadata.tags],
        }
    for leaf_window in material.leaves if not material.mined_windows else ():
        yield {
            "conversation_id": material.safe.id,
            "number": leaf_window.index,
            "parent": None,
            "level": None,
            "start": leaf_window.start,
            "stop": leaf_window.stop,
            "is_leaf": True,
            "text": material.safe.excerpt(leaf_window.start, leaf_window.stop).transcript,
            "tags": [],
        }


def _tag_rows(material: _Material, scrub: Gate) -> Iterator[Row]:
    truth = material.truth
    truth_forms = (
        None
        if truth is None
        else {normal_form(t.text) for t in truth.metadata.tags if t.support >= LEAST_SUPPORT}
    )
    for rank, tag in enumerate(material.metadata.tags, 1):
        in_truth = None if truth_forms is None else normal_form(tag.text) in truth_forms
        row = {"conversation_id": material.safe.id, "rank": rank, **_tag(tag, scrub)}
        yield row | {"in_ground_truth": in_truth}


def _tag(tag: Tag, scrub: Gate) -> Row:
    text = scrub(tag.text)
    return {
        "text": text,
        "normal_form": normal_form(text),
        "support": float(tag.support),
        "confidence": tag.confidence,
    }


def _profile_rows(material: _Material, scrub: Gate) -> Iterator[Row]:
    people = material.safe.participants
    for profile in material.metadata.profiles:
        # A miner's profile may name a participant that the conversation does not have.
        if 0 <= profile.participant < len(people):
            yield _profile_row(material.safe.id, people[profile.participant].name, profile, scrub)


def _profile_row(conversation_id: str, name: str, profile: ParticipantProfile, scrub: Gate) -> Row:
    return {
        "conversation_id": conversation_id,
        "participant": profile.participant,
        "name": name,
        "claims": [_claim(claim, scrub) for claim in profile.claims],
    }


def _claim(claim: Claim, scrub: Gate) -> Row:
    return {
        "attribute": scrub(claim.attribute),
        "value": scrub(claim.value),
        "turns": list(claim.turns),
        "confidence": claim.confidence,
    }


def _score_rows(material: _Material, scrub: Gate) -> Iterator[Row]:
    """Yield a row for each window and miner, by window and uid."""
    # Annotated here and not mined: no truth was sealed, and nothing was scored.
    rule = material.truth.rule_version if material.truth else None
    for window, record in material.answers:
        failure = record.answer.kind if isinstance(record.answer, NoAnswer) else None
        yield {
            "conversation_id": material.safe.id,
            "window": window.index,
            "start": window.start,
            "stop": window.stop,
            "hotkey": record.hotkey,
            "uid": record.uid,
            "value": float(record.score.value),
            "valid": record.score.valid,
            "reason": scrub(record.score.reason) or None,
            "failure": failure,
            "seconds": float(record.seconds),
            "components": [
                {"name": name, "value": float(value)}
                for name, value in sorted(record.score.components.items())
            ],
            "rule_version": rule,
        }
