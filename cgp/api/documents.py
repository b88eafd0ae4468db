"""The API's public documents.

They hold no words and no names of a conversation: only the metadata found for it, and the data that
miners need to check their scores. Times are seconds since the epoch.
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


class ApiStatus(BaseModel):
    """Name and version of this API. ``address`` is the receiver that validators
    sign requests for.
    """

    name: str = "Conversation Genome"
    version: str
    address: str = Field(examples=["5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX"])


class ConversationItem(BaseModel):
    """A conversation in a list. ``seal`` is there as soon as its ground truth is sealed."""

    id: str = Field(examples=["sample-podcast-tidal-energy"])
    source: str = Field(examples=["podcast"])
    language: str = Field(examples=["en"])
    content_hash: str
    turns: int = Field(examples=[48])
    state: Literal["waiting", "leased", "done", "failed"]
    attempts: int
    added_at: float
    finished_at: float | None
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
    """One conversation; ``metadata`` (tags and profiles) is there when it is done.

    ``quality`` is there where it was measured, as every validator of today does.
    """

    metadata: MetadataMessage | None
    quality: QualityMessage | None


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
    done_at: float | None


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
    sealed_at: float
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
    updated_at: float


class StandingPage(BaseModel):
    """Standings by validator and hotkey."""

    items: list[StandingItem]
    next: str | None


class WeightsItem(BaseModel):
    """One attempt of a validator to set weights: rewards by hotkey, weights by uid."""

    validator: str
    block: int
    set_at: float
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

    ``score`` is 1 for the best window of a query; for tags and similar conversations it is a
    cosine.
    """

    score: float
    conversation_id: str | None = Field(None, examples=["sample-podcast-tidal-energy"])
    source: str | None = None
    started_at: float | None = None
    start: int | None = None
    stop: int | None = None
    tags: list[str] = []
    tag: str | None = None
    conversations: int | None = Field(None, description="How many conversations have the tag")


class SearchResults(BaseModel):
    """Results, the best first."""

    items: list[SearchHit]
