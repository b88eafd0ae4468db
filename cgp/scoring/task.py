"""Input and output of scoring: the records that every scoring rule reads and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, Self

from cgp.conversation import Conversation
from cgp.embedders import Vectors
from cgp.metadata import Metadata, ParticipantProfile
from cgp.no_answer_kind import NoAnswerKind
from cgp.scoring.settings import ScoringSettings


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

    ``detail`` says more than the kind, for the miner operator.
    """

    kind: NoAnswerKind
    detail: str = ""

    @classmethod
    def read(cls, kind: str, detail: str) -> Self:
        """Return the record of a stored or sent kind; an unknown one counts as malformed."""
        if kind in set(NoAnswerKind):
            return cls(NoAnswerKind(kind), detail)
        return cls(NoAnswerKind.MALFORMED, f"{kind}: {detail}")


@dataclass(frozen=True)
class ScoringTask:
    """Everything that a score depends on besides the answer: enough to replay it anywhere.

    ``window`` is the excerpt that the miners saw. ``ground_truth`` was made from the *whole*
    conversation. Its claims cite turns counted from the window's first turn, so the number of a
    turn may be negative or past the window's end. ``background`` are windows of other
    conversations. ``share`` is the number of turns in the window over those in the conversation.
    It is 1 if the ground truth was made from the window itself: each of its tags is then about
    the window.
    """

    window: Conversation
    ground_truth: Metadata
    background: tuple[Conversation, ...] = ()
    share: float = 0.0


class Verdict(StrEnum):
    """Reason of a tag's credit, in a word."""

    MALFORMED = "malformed"
    """It does not have the form of a tag: the reason names the defect."""
    UNGROUNDED = "ungrounded"
    """The window supports it no more than other conversations do."""
    GENERIC = "generic"
    """The window says it, and is not about it."""
    ELSEWHERE = "elsewhere"
    """The ground truth has it, but for another part of the conversation."""
    DUPLICATE = "duplicate"
    """Another tag of the same answer says it."""
    NOVEL = "novel"
    """The window supports it, and the ground truth does not have it."""
    GROUND_TRUTH = "ground_truth"
    """It equals a tag of the ground truth, or is close to one in meaning."""
    SURPLUS = "surplus"
    """It comes after the tags that count."""


class TagVerdict(NamedTuple):
    """The credit of one tag, with its reason.

    ``verdict`` is a word of ``Verdict`` (a stored score of another version may have another one),
    ``reason`` a sentence for the miner operator.
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

    @property
    def settings(self) -> ScoringSettings:
        """The constants of this version."""
        ...

    def score(self, task: ScoringTask, answers: Sequence[Answer | NoAnswer]) -> tuple[Score, ...]:
        """Return one score per answer, in order.

        An answer's score depends on the task and on that answer alone; nothing in an answer raises.
        """
        ...
