"""Replies: one miner's reaction to one window, and the reason of a missing answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cgp.scoring.task import Answer, NoAnswer, Score
from cgp.store import ScoredAnswer
from validator.selection import MinerCandidate


class Failure(StrEnum):
    """Why nothing signed by the miner came back. Scoring counts each of them as silence."""

    SILENT = "silent"
    UNREACHABLE = "unreachable"
    STALE = "stale"
    """The miner's clock and ours differ."""
    CLOCK_STEPPED = "clock stepped"
    """As ``STALE``, and our clock was set since a miner last took our signature:
    the fault is ours.
    """
    NOT_ADMITTED = "not admitted"
    BUSY = "busy"
    REFUSED = "refused"
    GARBLED = "garbled"
    """Something came back, but no miner's signature is on it."""
    RESTING = "resting"
    """Not asked: the miner was silent too often lately."""


@dataclass(frozen=True, eq=False)
class Reply:
    """One miner's reaction to one window.

    ``task_id`` is in both logs, the miner's and ours. ``failure`` is None where the miner signed
    the answer, good or bad. ``seconds`` is the time from the request to the whole
    answer. ``evidence`` and ``body_hash`` let a third party check the signature of an answer (see
    ``cgp.signing.verify_answer``).
    """

    miner: MinerCandidate
    answer: Answer | NoAnswer
    failure: Failure | None = None
    retry_after: float | None = None
    task_id: str = ""
    seconds: float = 0.0
    evidence: Mapping[str, str] = field(default_factory=dict)
    body_hash: str = ""


def scored_answer(reply: Reply, score: Score, *, peer_record: str = "") -> ScoredAnswer:
    """Return a reply and its score as they are stored."""
    return ScoredAnswer(
        hotkey=reply.miner.hotkey,
        uid=reply.miner.uid,
        answer=reply.answer,
        score=score,
        seconds=reply.seconds,
        evidence=reply.evidence,
        body_hash=reply.body_hash,
        peer_record=peer_record,
    )


def failure_of_refusal(status: int, body: str) -> Failure:
    """Return the failure for an HTTP status other than 200 and the start of its body."""
    if status == 401 and _error_name(body) == "StaleRequest":
        return Failure.STALE
    if status == 403:
        return Failure.NOT_ADMITTED
    if status in {429, 503}:
        return Failure.BUSY
    return Failure.REFUSED


def _error_name(body: str) -> str:
    """Return the one-word ``error`` of a miner's refusal, empty where there is none."""
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    return str(document.get("error", "")) if isinstance(document, dict) else ""
