"""Events of a validator at work: small frozen records, for progress bars and dashboards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ConversationReserved:
    """A conversation is being worked on."""

    conversation_id: str
    source: str
    turns: int
    participants: int


@dataclass(frozen=True, slots=True)
class GroundTruthMade:
    """The ground truth is sealed and the windows are cut. ``done`` windows were scored before."""

    conversation_id: str
    tags: int
    windows: int
    done: int
    seal: str


@dataclass(frozen=True, slots=True)
class MinerResult:
    """One miner's part in a window. ``failure`` is empty for an answer that could be read."""

    uid: int
    hotkey: str
    tags: int
    vectors: int
    score: float
    valid: bool
    failure: str
    seconds: float


@dataclass(frozen=True, slots=True)
class WindowScored:
    """A window's answers are scored and stored."""

    conversation_id: str
    window: int
    windows: int
    results: tuple[MinerResult, ...]


@dataclass(frozen=True, slots=True)
class ConversationDone:
    """All windows are scored, the merged metadata is stored."""

    conversation_id: str
    tags: tuple[str, ...]
    windows: int


@dataclass(frozen=True, slots=True)
class ConversationFailed:
    """An attempt failed; ``final`` where it was the last."""

    conversation_id: str
    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class WeightsSet:
    """An attempt to set weights. ``on_chain`` are the weights read back (empty until they are
    revealed).
    """

    block: int
    rewards: Mapping[str, float]
    weights: Mapping[int, float]
    success: bool
    code: str
    on_chain: Mapping[int, float]


Event: TypeAlias = (
    ConversationReserved
    | GroundTruthMade
    | WindowScored
    | ConversationDone
    | ConversationFailed
    | WeightsSet
)
Listener: TypeAlias = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """Listen to nothing."""
