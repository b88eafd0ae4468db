"""Results: the answers and scores of a window, and the finished metadata of a conversation.

Everything that a window yields (answers, scores, standings, the window's own state) is one
transaction, and a window that is done is never written again: killed at any point, a validator
loses no window and counts none twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation
from cgp.metadata import Metadata, ParticipantProfile
from cgp.mining import MinedWindow
from cgp.scoring.task import Answer, NoAnswer, Score, TagVerdict
from cgp.store.conversations import DONE, WindowReference
from cgp.store.database import atomic, storable
from cgp.store.leases import Lease, end_lease, require_lease
from cgp.store.mined_windows import MinedWindows
from cgp.store.qualities import Qualities, QualityRecord
from cgp.store.schema import (
    answers,
    conversation_metadata,
    conversations,
    profiles,
    scores,
    windows,
)
from cgp.store.standings import StandingChanges, Standings
from cgp.store_errors import StoreError


@dataclass(frozen=True, eq=False)
class ScoredAnswer:
    """One miner's answer (or silence) to a window, and its score.

    ``seconds`` is the time to the answer. With ``evidence`` and the body's SHA-256 ``body_hash``
    (hex) a third party can check the miner's signature; both are empty without a signed body.
    Scoring compares ``peer_record`` with the records of other miners' answers. Embeddings are not
    kept: the agreed embedder recomputes them from the tags.
    """

    hotkey: str
    uid: int
    answer: Answer | NoAnswer
    score: Score
    seconds: float = 0.0
    evidence: Mapping[str, str] = field(default_factory=dict)
    body_hash: str = ""
    peer_record: str = ""


class WindowCounts(NamedTuple):
    """Number of windows that are done, and of all windows."""

    done: int
    total: int


class ScoreSummary(NamedTuple):
    """One miner's past: windows it was asked about, valid answers, mean score over all of them."""

    hotkey: str
    asked: int
    answers: int
    mean_score: float


@dataclass(frozen=True, eq=False)
class WindowResult:
    """All that one scored window yields. ``seed`` and ``background`` make the scores replayable."""

    index: int
    seed: int
    background: Sequence[WindowReference]
    answers: Sequence[ScoredAnswer]
    changes: StandingChanges


class StoredProfile(NamedTuple):
    """Profile of a participant, and the conversation that shows it."""

    conversation_id: str
    profile: ParticipantProfile


@dataclass(frozen=True, slots=True)
class ConversationResult:
    """All that a whole conversation yields: ``mined_windows`` is its tree of windows.

    ``quality`` is there where it was measured.
    """

    metadata: Metadata
    mined_windows: Sequence[MinedWindow] = ()
    quality: QualityRecord | None = None


class Results(Standings, MinedWindows, Qualities):
    """The part of the store that holds answers, scores and finished metadata."""

    @atomic
    def commit_window(self, lease: Lease, result: WindowResult) -> bool:
        """Store a window's result whole; False (and no change) where the window is done already.

        Raises:
            LeaseLost: if somebody else holds the conversation.
        """
        conversation_id = lease.conversation.id
        with self._writing() as connection:
            require_lease(connection, lease)
            if not self._mark_done(connection, conversation_id, result):
                return False
            key = {"conversation_id": conversation_id, "window": result.index}
            if result.answers:
                now = self._now(connection)
                connection.execute(
                    sa.insert(answers),
                    [
                        {**key, **_answer_row(record), "received_at": now}
                        for record in result.answers
                    ],
                )
                version = result.changes.rule_version
                connection.execute(
                    sa.insert(scores),
                    [
                        {**key, "rule_version": version, **_score_row(record)}
                        for record in result.answers
                    ],
                )
            self._save_changes(connection, lease.holder, result.changes)
        return True

    @atomic
    def finish(self, lease: Lease, result: ConversationResult) -> None:
        """Store a conversation's result and mark it done; ends the lease.

        Raises:
            LeaseLost: if somebody else holds the conversation, or it is done already.
            StoreError: if a window is not done.
        """
        conversation_id = lease.conversation.id
        with self._writing() as connection:
            require_lease(connection, lease)
            remaining = _windows_left(connection, conversation_id)
            if remaining:
                raise StoreError(f"conversation {conversation_id!r} has {remaining} windows to do")
            self._put_result(connection, lease.conversation, result)
            end_lease(connection, lease, DONE)
            connection.execute(
                sa.update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(finished_at=self._now(connection), reason="")
            )

    def _put_result(
        self,
        connection: Connection,
        conversation: Conversation,
        result: ConversationResult,
        *,
        annotator: str = "",
    ) -> None:
        """Store the result of a conversation; ``annotator`` made it, if no miners did."""
        row = {
            "conversation_id": conversation.id,
            "metadata": result.metadata.to_json(),
            "made_at": self._now(connection),
            "annotator": annotator,
        }
        connection.execute(self._upsert(conversation_metadata), row)
        if rows := _profile_rows(conversation, result.metadata):
            connection.execute(self._upsert(profiles), rows)
        self._put_mined_windows(connection, conversation.id, result.mined_windows)
        if result.quality is not None:
            self._put_quality(connection, conversation.id, result.quality)

    def metadata_of(self, conversation_id: str) -> Metadata | None:
        """Return the merged metadata of a finished conversation."""
        c = conversation_metadata.c
        query = sa.select(c.metadata).where(c.conversation_id == conversation_id)
        with self._reading() as connection:
            document = connection.execute(query).scalar_one_or_none()
        return None if document is None else Metadata.from_json(document)

    def profiles_of(self, name: str, limit: int = 1000) -> list[StoredProfile]:
        """Return the profiles of participants of one name, from finished conversations.

        The latest finished conversation comes first. Two people may share a name.
        """
        query = (
            sa.select(profiles.c.conversation_id, profiles.c.profile)
            .join(
                conversation_metadata,
                conversation_metadata.c.conversation_id == profiles.c.conversation_id,
            )
            .where(profiles.c.name == storable(name, 200))
            .order_by(
                conversation_metadata.c.made_at.desc(),
                profiles.c.conversation_id,
                profiles.c.participant,
            )
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            StoredProfile(row[0], Metadata.from_json({"profiles": [row[1]]}).profiles[0])
            for row in rows
        ]

    def answers_of(self, conversation_id: str, window: int | None = None) -> list[ScoredAnswer]:
        """Return the stored answers of a conversation (or one of its windows), by
        window and uid.
        """
        query = (
            sa.select(answers, scores.c.value, scores.c.valid, scores.c.reason)
            .add_columns(scores.c.components, scores.c.tags.label("verdicts"))
            .join(
                scores,
                sa.and_(
                    scores.c.conversation_id == answers.c.conversation_id,
                    scores.c.window == answers.c.window,
                    scores.c.hotkey == answers.c.hotkey,
                ),
            )
            .where(answers.c.conversation_id == conversation_id)
            .order_by(answers.c.window, answers.c.uid)
        )
        if window is not None:
            query = query.where(answers.c.window == window)
        with self._reading() as connection:
            return [_scored_answer(row) for row in connection.execute(query)]

    def count_windows(self) -> WindowCounts:
        """Count the windows of all conversations."""
        done_count = sa.func.count().filter(windows.c.state == DONE)
        with self._reading() as connection:
            row = connection.execute(
                sa.select(done_count, sa.func.count()).select_from(windows)
            ).one()
        return WindowCounts(*row)

    def score_summaries(self) -> Iterator[ScoreSummary]:
        """Yield the summary of each miner that was ever asked, by hotkey."""
        query = (
            sa.select(
                answers.c.hotkey,
                sa.func.count(),
                sa.func.count().filter(answers.c.failure == ""),
                sa.func.avg(scores.c.value),
            )
            .join(
                scores,
                sa.and_(
                    scores.c.conversation_id == answers.c.conversation_id,
                    scores.c.window == answers.c.window,
                    scores.c.hotkey == answers.c.hotkey,
                ),
            )
            .group_by(answers.c.hotkey)
            .order_by(answers.c.hotkey)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        # PostgreSQL averages to a decimal number.
        return (ScoreSummary(row[0], row[1], row[2], float(row[3])) for row in rows)

    def _mark_done(
        self, connection: Connection, conversation_id: str, result: WindowResult
    ) -> bool:
        update = (
            sa.update(windows)
            .where(
                windows.c.conversation_id == conversation_id,
                windows.c.window == result.index,
                windows.c.state != DONE,
            )
            .values(
                state=DONE,
                seed=result.seed,
                background=[[r.conversation_id, r.start, r.stop] for r in result.background],
                done_at=self._now(connection),
            )
        )
        return connection.execute(update).rowcount == 1


def _windows_left(connection: Connection, conversation_id: str) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(windows)
        .where(windows.c.conversation_id == conversation_id, windows.c.state != DONE)
    )
    return connection.execute(query).scalar_one()


def _profile_rows(conversation: Conversation, metadata: Metadata) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": conversation.id,
            "participant": profile["participant"],
            "name": storable(conversation.participants[profile["participant"]].name, 200),
            "profile": profile,
        }
        for profile in metadata.to_json()["profiles"]
        if 0 <= profile["participant"] < len(conversation.participants)
    ]


def _answer_row(record: ScoredAnswer) -> dict[str, Any]:
    return {
        "hotkey": record.hotkey,
        "uid": record.uid,
        **answer_columns(record.answer),
        "seconds": record.seconds,
        "evidence": dict(record.evidence),
        "body_hash": record.body_hash,
        "peer_record": storable(record.peer_record, len(record.peer_record)),
    }


def answer_columns(answer: Answer | NoAnswer) -> dict[str, Any]:
    """Return an answer as it is stored; ``answer_from`` reads it."""
    if isinstance(answer, NoAnswer):
        return {
            "failure": storable(answer.kind, 32),
            "detail": storable(answer.detail),
            "tags": [],
            "profiles": [],
        }
    profiles = Metadata(profiles=answer.profiles).to_json()["profiles"]
    return {"failure": "", "detail": "", "tags": list(answer.tags), "profiles": profiles}


def answer_from(columns: Mapping[str, Any]) -> Answer | NoAnswer:
    """Return a stored answer."""
    if columns["failure"]:
        return NoAnswer.read(columns["failure"], columns["detail"])
    profiles = Metadata.from_json({"profiles": columns["profiles"]}).profiles
    return Answer(tuple(columns["tags"]), profiles)


def _score_row(record: ScoredAnswer) -> dict[str, Any]:
    return {"hotkey": record.hotkey, **score_columns(record.score)}


def score_columns(score: Score) -> dict[str, Any]:
    """Return a score as it is stored; ``score_from`` reads it."""
    return {
        "value": score.value,
        "valid": score.valid,
        "reason": storable(score.reason),
        "components": dict(score.components),
        "tags": [[tag.text, tag.credit, tag.verdict, tag.reason] for tag in score.tags],
    }


def score_from(columns: Mapping[str, Any], verdicts: Sequence[Sequence[Any]]) -> Score:
    """Return a stored score; ``verdicts`` are the verdicts of its tags."""
    return Score(
        columns["value"],
        columns["valid"],
        columns["reason"],
        columns["components"],
        tuple(TagVerdict(*verdict) for verdict in verdicts),
    )


def _scored_answer(row: sa.Row[Any]) -> ScoredAnswer:
    columns: dict[str, Any] = row._asdict()
    return ScoredAnswer(
        hotkey=row.hotkey,
        uid=row.uid,
        answer=answer_from(columns),
        score=score_from(columns, row.verdicts),
        seconds=row.seconds,
        evidence=row.evidence,
        body_hash=row.body_hash,
        peer_record=row.peer_record,
    )
