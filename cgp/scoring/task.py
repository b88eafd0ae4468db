"""Input and output of scoring: the records that every scoring rule reads and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from cgp.conversation import Conversation
from cgp.embedders import Vectors
from cgp.metadata import Metadata, ParticipantProfile


@dataclass(frozen=True, eq=False)
class Answer:
    """One miner's answer to a window, parsed and within the limits of the protocol.

    ``tags`` in the miner's order, as sent. ``embeddings`` has shape ``(len(tags), dimension)``,
    float32: row i is the miner's vector of tag i; None where embeddings were not asked for
    (offline scoring). Claims cite turns counted from the window's first turn.
    """

    tags: tuple[str, ...]
    profiles: tuple[ParticipantProfile, ...] = ()
    embeddings: Vectors | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A miner's silence, refusal or unusable answer: scored zero at full weight.

    ``kind`` is one of ``timeout``, ``unreachable``, ``refused``, ``malformed``, ``too_large``,
    ``unsigned``, ``wrong_task``; ``detail`` says more, for the miner operator.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class ScoringTask:
    """Everything that a score depends on besides the answer: enough to replay it anywhere.

    ``window`` is the excerpt that the miners saw; ``ground_truth`` was made from the *whole*
    conversation (cited turns counted from the window's first turn, so they may be negative or
    past its end); ``background`` are windows of other conversations. ``share`` is the share of
    its conversation, in turns, that the window is: 1 where the ground truth was made from the
    window itself, so that every tag of it is about the window.
    """

    window: Conversation
    ground_truth: Metadata
    background: tuple[Conversation, ...] = ()
    share: float = 0.0


class TagVerdict(NamedTuple):
    """The credit of one tag, with its reason.

    ``verdict`` is one word (``ground_truth``, ``novel``, ``duplicate``, ``ungrounded``,
    ``generic``, ``malformed``, ``surplus``, ...), ``reason`` a sentence for the miner operator.
    """

    text: str
    credit: float
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """One answer's score, 0..1, and its components.

    ``valid`` is False for silence and for answers that failed the gate; ``reason`` then says why.
    ``components`` names each term of the formula.
    """

    value: float
    valid: bool
    reason: str = ""
    components: Mapping[str, float] = field(default_factory=dict)
    tags: tuple[TagVerdict, ...] = ()


class ScoringRule(Protocol):
    """One version of the scoring formula."""

    @property
    def version(self) -> str:
        """Stored with each score, so that it can be replayed."""
        ...

    def score(self, task: ScoringTask, answers: Sequence[Answer | NoAnswer]) -> tuple[Score, ...]:
        """Return one score per answer, in order.

        An answer's score depends on the task and on that answer alone; nothing in an answer raises.
        """
        ...
