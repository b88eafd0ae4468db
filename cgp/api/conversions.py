"""The store's records to and from messages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from cgp.api.messages import (
    AnswerMessage,
    MetadataMessage,
    MinedWindowMessage,
    QualityMessage,
    ScoreMessage,
    TruthMessage,
    VerdictMessage,
    WindowMessage,
    WindowState,
)
from cgp.metadata import Metadata
from cgp.quality import Quality
from cgp.scoring.task import Answer, NoAnswer, Score, TagVerdict
from cgp.store import (
    GroundTruthRecord,
    MinedWindow,
    QualityRecord,
    ScoredAnswer,
    StandingChanges,
    WindowRecord,
    WindowReference,
    WindowResult,
)


def truth_message(truth: GroundTruthRecord) -> TruthMessage:
    """Return a ground truth as it is sent."""
    return TruthMessage(**asdict(truth))


def truth_record(message: TruthMessage) -> GroundTruthRecord:
    """Return a ground truth as it is stored."""
    return GroundTruthRecord(**message.model_dump())


def window_states(windows: Iterable[WindowRecord]) -> list[WindowState]:
    """Return windows as they are sent."""
    return [WindowState(**asdict(window)) for window in windows]


def metadata_of(message: MetadataMessage) -> Metadata:
    """Return metadata as it is stored."""
    return Metadata.from_json(message.model_dump())


def metadata_message(metadata: Metadata) -> MetadataMessage:
    """Return metadata as it is sent."""
    # By way of JSON: the message is strict, and takes lists where a record of ours has tuples only
    # from a text.
    return MetadataMessage.model_validate_json(json.dumps(metadata.to_json()))


def mined_windows_of(messages: Iterable[MinedWindowMessage]) -> list[MinedWindow]:
    """Return a tree of windows as it is stored."""
    return [
        MinedWindow(
            message.number,
            message.parent,
            message.level,
            message.start,
            message.stop,
            metadata_of(message.metadata),
        )
        for message in messages
    ]


def mined_window_messages(windows: Iterable[MinedWindow]) -> list[MinedWindowMessage]:
    """Return a tree of windows as it is sent."""
    return [
        MinedWindowMessage(
            number=window.number,
            parent=window.parent,
            level=window.level,
            start=window.start,
            stop=window.stop,
            metadata=metadata_message(window.metadata),
        )
        for window in windows
    ]


def quality_record(message: QualityMessage | None) -> QualityRecord | None:
    """Return a quality as it is stored."""
    if message is None:
        return None
    # Version and embedder say how it was measured; the parts are the measure.
    parts = message.model_dump(exclude={"version", "embedder"})
    return QualityRecord(message.version, message.embedder, Quality(**parts))


def quality_message(record: QualityRecord | None) -> QualityMessage | None:
    """Return a quality as it is sent."""
    if record is None:
        return None
    return QualityMessage(
        version=record.version, embedder=record.embedder, **asdict(record.quality)
    )


def window_message(
    index: int,
    seed: int,
    rule_version: str,
    background: Iterable[WindowReference],
    answers: Iterable[ScoredAnswer],
) -> WindowMessage:
    """Return a scored window as it is sent."""
    return WindowMessage(
        index=index,
        seed=seed,
        rule_version=rule_version,
        background=[(r.conversation_id, r.start, r.stop) for r in background],
        answers=[answer_message(answer) for answer in answers],
    )


def window_result(message: WindowMessage) -> WindowResult:
    """Return a scored window as it is stored; standings stay with the validator that made them."""
    return WindowResult(
        index=message.index,
        seed=message.seed,
        background=[WindowReference(*reference) for reference in message.background],
        answers=[_scored_answer(answer) for answer in message.answers],
        # Without standings: another validator's are not this store's to keep.
        changes=StandingChanges(message.rule_version),
    )


def answer_message(record: ScoredAnswer) -> AnswerMessage:
    """Return an answer and its score as they are sent; texts are cut to the message's limits."""
    return AnswerMessage(
        hotkey=record.hotkey,
        uid=record.uid,
        # Peers' records stay out: they are of use to the validator that scored, and long.
        **_answer_fields(record.answer),
        score=_score_message(record.score),
        seconds=record.seconds,
        evidence=dict(record.evidence),
        body_hash=record.body_hash,
    )


def _answer_fields(answer: Answer | NoAnswer) -> dict[str, Any]:
    if isinstance(answer, NoAnswer):
        return {"failure": answer.kind, "detail": answer.detail[:2000]}
    profiles = Metadata(profiles=answer.profiles).to_json()["profiles"]
    return {"tags": list(answer.tags), "profiles": profiles}


def _score_message(score: Score) -> ScoreMessage:
    return ScoreMessage(
        value=score.value,
        valid=score.valid,
        reason=score.reason[:2000],
        components=dict(score.components),
        tags=[
            VerdictMessage(
                text=tag.text, credit=tag.credit, verdict=tag.verdict, reason=tag.reason[:2000]
            )
            for tag in score.tags
        ],
    )


def _scored_answer(message: AnswerMessage) -> ScoredAnswer:
    answer: Answer | NoAnswer
    if message.failure:
        answer = NoAnswer.read(message.failure, message.detail)
    else:
        profiles = [profile.model_dump() for profile in message.profiles]
        answer = Answer(tuple(message.tags), Metadata.from_json({"profiles": profiles}).profiles)
    score = message.score
    return ScoredAnswer(
        hotkey=message.hotkey,
        uid=message.uid,
        answer=answer,
        score=Score(
            score.value,
            score.valid,
            score.reason,
            score.components,
            tuple(TagVerdict(t.text, t.credit, t.verdict, t.reason) for t in score.tags),
        ),
        seconds=message.seconds,
        evidence=message.evidence,
        body_hash=message.body_hash,
    )
