"""Messages of validators and the API: strict records, the same ones on both sides.

Requests refuse unknown fields, so that a misspelt one is reported. Answers ignore unknown fields,
so that the API can add some for newer validators.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cgp.conversation import MAX_TURNS
from cgp.protocol.wire import WireModel

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""A long conversation (a day of talk is 1 MB), a batch of short ones, or a window's answers."""

MAX_ANSWERS: Final = 256
MAX_HELD: Final = 256
MAX_LEASE_SECONDS: Final = 86_400.0
# The largest integer that SQLite and PostgreSQL store.
_BIG: Final = 2**63 - 1


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text holds no NUL character")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[Text, Field(max_length=200)]
ConversationId = Annotated[
    Text, Field(min_length=1, max_length=200, examples=["sample-podcast-tidal-energy"])
]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081884c7d65" * 4])]
Token = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["0123456789abcdef" * 2])]
Session = Annotated[
    str, Field(pattern=r"^[0-9a-f]{32}$", examples=["00112233445566778899aabbccddeeff"])
]
LeaseSeconds = Annotated[float, Field(gt=0, le=MAX_LEASE_SECONDS, examples=[300.0])]
Seed = Annotated[int, Field(ge=-_BIG - 1, le=_BIG)]
TurnIndex = Annotated[int, Field(ge=0, le=MAX_TURNS)]
WindowIndex = Annotated[int, Field(ge=0, lt=MAX_TURNS, examples=[0])]
Share = Annotated[float, Field(ge=0, le=1)]
Cut = tuple[TurnIndex, TurnIndex]


class ApiRequest(WireModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid")


class LeaseRequest(ApiRequest):
    """Names a lease that the caller holds."""

    conversation_id: ConversationId
    token: Token


class SessionRequest(ApiRequest):
    """Names the caller's session: one run of a validator, by a random text of its choice."""

    session: Session


class ReserveRequest(SessionRequest):
    """Asks for a conversation.

    ``holding`` names the conversations whose leases the caller has received. Another lease of the
    caller's was lost on its way and is sent again.
    """

    seconds: LeaseSeconds
    holding: Annotated[list[ConversationId], Field(max_length=MAX_HELD)] = Field(
        default_factory=list
    )


class HeartbeatRequest(LeaseRequest):
    """Keeps a lease."""

    seconds: LeaseSeconds


class ReleaseRequest(LeaseRequest):
    """Gives a conversation back."""


class ClaimRequest(SessionRequest):
    """Starts a session: earlier sessions end, and their leases are given back."""


class ReleaseSessionRequest(SessionRequest):
    """Ends a session: gives back all its leases."""


class FailRequest(LeaseRequest):
    """Records a failed attempt."""

    reason: Annotated[str, Field(max_length=2000)]
    max_attempts: Annotated[int, Field(ge=1, le=100, examples=[3])]


class TruthMessage(WireModel):
    """A sealed ground truth; ``seal`` is the SHA-256 of ``document``."""

    seal: Hash
    document: Annotated[Text, Field(max_length=4_000_000)]
    annotator: Name
    embedder: Name
    rule_version: Name
    seed: Seed


class SealRequest(LeaseRequest):
    """Publishes a ground truth, and the windows (first turn, turn after the last)."""

    truth: TruthMessage
    windows: Annotated[list[Cut], Field(min_length=1, max_length=MAX_TURNS)]


class VerdictMessage(WireModel):
    """The credit of one tag, with its reason."""

    text: Annotated[str, Field(max_length=1000)]
    credit: float
    verdict: Annotated[str, Field(max_length=100)]
    reason: Annotated[str, Field(max_length=2000)]


class ScoreMessage(WireModel):
    """The score of an answer, and its components."""

    value: Annotated[float, Field(ge=0, le=1, examples=[0.62])]
    valid: bool
    reason: Annotated[str, Field(max_length=2000)] = ""
    components: Annotated[dict[Name, float], Field(max_length=100)] = Field(default_factory=dict)
    tags: Annotated[list[VerdictMessage], Field(max_length=1024)] = Field(default_factory=list)


class ClaimMessage(WireModel):
    """One statement about a participant, and the turns that it rests on."""

    attribute: Annotated[str, Field(max_length=1000)]
    value: Annotated[str, Field(max_length=10_000)]
    turns: Annotated[list[Annotated[int, Field(ge=-_BIG - 1, le=_BIG)]], Field(max_length=10_000)]
    confidence: Annotated[float | None, Field(ge=0, le=1)] = None


class ProfileMessage(WireModel):
    """The claims about one participant."""

    participant: Annotated[int, Field(ge=0, le=_BIG)]
    claims: Annotated[list[ClaimMessage], Field(max_length=10_000)] = Field(default_factory=list)


class AnswerMessage(WireModel):
    """A miner's answer (or the kind of its ``failure``), its score, and its proof."""

    hotkey: Annotated[Text, Field(min_length=1, max_length=64)]
    uid: Annotated[int, Field(ge=0, le=65_535)]
    failure: Annotated[Text, Field(max_length=32)] = ""
    detail: Annotated[str, Field(max_length=2000)] = ""
    tags: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=1024)] = Field(
        default_factory=list
    )
    profiles: Annotated[list[ProfileMessage], Field(max_length=1024)] = Field(default_factory=list)
    score: ScoreMessage
    seconds: Annotated[float, Field(ge=0)] = 0.0
    evidence: Annotated[
        dict[Name, Annotated[str, Field(max_length=1000)]], Field(max_length=32)
    ] = Field(default_factory=dict)
    body_hash: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class WindowMessage(WireModel):
    """A scored window. ``background`` names the windows (conversation, start, stop) it was
    measured against.
    """

    index: WindowIndex
    seed: Seed
    rule_version: Name
    background: Annotated[
        list[tuple[ConversationId, TurnIndex, TurnIndex]], Field(max_length=256)
    ] = Field(default_factory=list)
    answers: Annotated[list[AnswerMessage], Field(max_length=MAX_ANSWERS)]

    @model_validator(mode="after")
    def _one_answer_each(self) -> WindowMessage:
        if len({answer.hotkey for answer in self.answers}) != len(self.answers):
            raise ValueError("answers: each hotkey answers once")
        return self


class WindowRequest(LeaseRequest):
    """Pushes a scored window."""

    window: WindowMessage


class WindowAnswersRequest(LeaseRequest):
    """Asks for the answers of a window that an earlier holder has done."""

    index: WindowIndex


class TagMessage(WireModel):
    """A tag, its support and its confidence."""

    text: Annotated[str, Field(max_length=1000)]
    support: Annotated[float, Field(ge=0)] = 1.0
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None


class MetadataMessage(WireModel):
    """Tags and profiles."""

    tags: Annotated[list[TagMessage], Field(max_length=100_000)] = Field(default_factory=list)
    profiles: Annotated[list[ProfileMessage], Field(max_length=10_000)] = Field(
        default_factory=list
    )


class MinedWindowMessage(WireModel):
    """One window of a conversation's tree (numbered in pre-order, 0 is the whole)
    and its metadata.
    """

    number: WindowIndex
    parent: WindowIndex | None
    level: Annotated[int, Field(ge=0, le=64)]
    start: TurnIndex
    stop: TurnIndex
    metadata: MetadataMessage


class QualityMessage(WireModel):
    """Quality of a conversation: five parts between 0 and 1, and the version of the measure."""

    version: Name
    embedder: Name
    relevance: Share
    engagement: Share
    novelty: Share
    coherence: Share
    fluency: Share


class FinishRequest(LeaseRequest):
    """Ends a conversation with its merged metadata, its tree of windows and its quality."""

    metadata: MetadataMessage
    mined: Annotated[list[MinedWindowMessage], Field(max_length=2 * MAX_TURNS)] = Field(
        default_factory=list
    )
    quality: QualityMessage | None = None


class WindowState(WireModel):
    """A window and whether it is scored."""

    index: int
    start: int
    stop: int
    done: bool


class LeaseMessage(WireModel):
    """A lease with its conversation, ground truth and windows."""

    conversation: dict[str, Any]
    token: str
    seconds: float
    attempts: int
    truth: TruthMessage | None
    windows: list[WindowState]


class ReserveAnswer(WireModel):
    """A lease; null where no conversation is free."""

    lease: LeaseMessage | None


class SealAnswer(WireModel):
    """The ground truth in force (that of an earlier holder, if there was one), and the windows."""

    truth: TruthMessage
    windows: list[WindowState]


class WriteResult(WireModel):
    """Result of a write: True if the request changed anything (a repeated one does not)."""

    changed: bool


class ReleasedCount(WireModel):
    """Number of conversations that were given back."""

    released: int


class FailAnswer(WireModel):
    """Result of a failed attempt: True if no further attempt is made."""

    final: bool


class ErrorBody(BaseModel):
    """An error: one word for programs, a sentence that names the fault, the request's id."""

    error: str = Field(examples=["Malformed"])
    detail: str = Field(examples=["limit: Input should be less than or equal to 100"])
    request_id: str = Field(examples=["4f6c0c9d3b7e4c61a3d8f0a1c2b3d4e5"])
