"""The API's public documents.

Titles, names and words are given of finished conversations alone, redacted as in the export; of
others only where they stand. Beside them is the data that miners need to check their scores. Times
are ISO 8601 in UTC. Turns are counted from 0; ``stop`` is the turn after the last.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from cgp.api.messages import (
    AnswerMessage,
    MetadataMessage,
    MinedWindowMessage,
    QualityMessage,
)
from cgp.api.moments import Moment


class ApiStatus(BaseModel):
    """Name and version of this API. ``address`` is the receiver that validators
    sign requests for.
    """

    name: str = "Conversation Genome"
    version: str
    address: str = Field(examples=["5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX"])


class ConversationItem(BaseModel):
    """A conversation in a list. ``seal`` is there as soon as its ground truth is sealed."""

    conversation_id: str = Field(examples=["sample-podcast-tidal-energy"])
    source: str = Field(examples=["podcast"])
    language: str = Field(examples=["en"], description="As the source names it; empty without")
    language_recognised: str = Field(
        examples=["en"], description="As the software recognises it in the turns; empty in doubt"
    )
    content_hash: str
    turns: int = Field(examples=[48])
    state: Literal["waiting", "leased", "done", "failed"]
    attempts: int
    added_at: Moment
    finished_at: Moment | None
    seal: str | None
    windows: int
    windows_done: int


class ConversationPage(BaseModel):
    """Conversations in order of arrival. ``next`` is the cursor of the next page,
    null at the end.
    """

    items: list[ConversationItem]
    next: str | None = Field(examples=["WzI1XQ"])


class ConversationDetail(ConversationItem):
    """One conversation; ``metadata`` (tags and profiles) is there when it is done, and so are its
    title, its participants' names (as the privacy policy leaves them) and its time.

    ``quality`` is there where it was measured, as every validator of today does.
    """

    title: str | None
    participants: list[str]
    started_at: Moment | None
    metadata: MetadataMessage | None
    quality: QualityMessage | None


class TurnItem(BaseModel):
    """One turn of a finished conversation, redacted; ``at`` is seconds from the start."""

    turn: int
    participant: str
    text: str
    at: float | None


class TurnPage(BaseModel):
    """Turns in order."""

    items: list[TurnItem]
    next: str | None = Field(examples=["WzQ5XQ"])


class Reference(BaseModel):
    """Turns ``start`` to ``stop`` of a stored conversation."""

    conversation_id: str
    start: int
    stop: int


class WindowItem(BaseModel):
    """A window of a conversation: turns ``start`` (included) to ``stop`` (excluded)."""

    index: int
    start: int
    stop: int
    done: bool
    done_at: Moment | None


class WindowPage(BaseModel):
    """Windows in order."""

    items: list[WindowItem]
    next: str | None = Field(examples=["WzQ5XQ"])


class MinedWindowPage(BaseModel):
    """Windows of a conversation's tree in pre-order: number 0 is the whole."""

    items: list[MinedWindowMessage]
    next: str | None = Field(examples=["WzQ5XQ"])


class WindowAnswers(BaseModel):
    """The answers to one window, their scores, and the other input of the scores.

    With the sealed ground truth, the windows in ``background`` and the conversation, the scores can
    be computed again.
    """

    conversation_id: str
    index: int
    start: int
    stop: int
    seed: int | None
    rule_version: str
    background: list[Reference]
    answers: list[AnswerMessage]


class GroundTruthDocument(BaseModel):
    """A sealed ground truth.

    ``seal`` is published before the first miner is asked. It is the SHA-256 of ``document``,
    which is published when the conversation is done (or has failed), so that a miner cannot copy
    it.
    """

    conversation_id: str
    validator: str
    sealed_at: Moment
    seal: str
    annotator: str
    embedder: str
    rule_version: str
    document: str | None


class MinerItem(BaseModel):
    """Summary of a hotkey's answers: windows asked about, answers given, mean score."""

    hotkey: str
    windows: int
    answers: int
    mean_score: float


class MinerList(BaseModel):
    """All miners that were ever asked, by hotkey."""

    items: list[MinerItem]


class StandingItem(BaseModel):
    """Standing of a hotkey with a validator under one version of the scoring rule."""

    validator: str
    hotkey: str
    registered_at: int
    rule_version: str
    standing: dict[str, Any]
    updated_at: Moment


class StandingPage(BaseModel):
    """Standings by validator and hotkey."""

    items: list[StandingItem]
    next: str | None


class WeightsItem(BaseModel):
    """One attempt of a validator to set weights: rewards by hotkey, weights by uid."""

    validator: str
    block: int
    set_at: Moment
    rewards: dict[str, float]
    weights: dict[str, float]
    success: bool
    code: str


class WeightsPage(BaseModel):
    """Weights, the latest first."""

    items: list[WeightsItem]
    next: str | None


class Stats(BaseModel):
    """Counts of conversations by state, and of windows."""

    conversations: dict[str, int] = Field(
        examples=[{"waiting": 3, "leased": 1, "done": 40, "failed": 0}]
    )
    windows: int
    windows_done: int


class Imported(BaseModel):
    """Result of an import: conversations added, and conversations already known by
    id or content.
    """

    added: int
    known: int


class SearchHit(BaseModel):
    """One result: a window or a conversation (``tag`` is null), or a tag (only ``tag`` is set).

    ``score`` is explained at the search. Title, names and words are those of a finished
    conversation; null for others.
    """

    score: float
    conversation_id: str | None = Field(None, examples=["sample-podcast-tidal-energy"])
    title: str | None = None
    participants: list[str] = []
    source: str | None = None
    started_at: Moment | None = None
    start: int | None = None
    stop: int | None = None
    tags: list[str] = []
    text: str | None = Field(None, description="Words of the window, redacted")
    tag: str | None = None
    conversations: int | None = Field(None, description="How many conversations have the tag")
    repeats: int = Field(0, description="Windows of the same passage that are left out")


class SearchResults(BaseModel):
    """Results, the best first."""

    items: list[SearchHit]
    did_you_mean: str | None = Field(
        None,
        description="Where nothing is found: the query with words that are said, if that finds",
    )
    advice: list[str] = Field(
        [], description="Where nothing is found: what is known of the reasons"
    )
