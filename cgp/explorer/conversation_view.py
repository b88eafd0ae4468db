"""One conversation as its page shows it: turns, tree, answers, profiles, quality. All redacted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cgp.annotators.embedded.language import recognise_language
from cgp.conversation import Conversation
from cgp.explorer.highlights import Highlighter, Span
from cgp.explorer.pictures import Point, radar
from cgp.explorer.store_reads import ExplorerStore
from cgp.metadata import Metadata, ParticipantProfile
from cgp.mining import MinedWindow
from cgp.privacy import Gate
from cgp.profiles import Claim, is_share, talk_percentages
from cgp.quality import PARTS
from cgp.scoring.task import Answer, TagVerdict
from cgp.store import DONE, FAILED, State, WindowRecord

COLOURS = 8
"""Participants' colours; a ninth participant has the first one's again."""

TURNS_ON_A_PAGE = 200
MAX_TREE = 1000
"""Windows of the tree that are shown."""

_RADAR = 70.0
_TREE_TAGS = 4


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn: its number (from 0), speaker and text in spans."""

    number: int
    speaker: int
    name: str
    colour: int
    spans: Sequence[Span]
    at: float | None


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One window of the tree.

    ``leaf`` is its number among the windows that miners were asked about, None for an inner one.
    """

    level: int
    start: int
    stop: int
    tags: tuple[str, ...]
    leaf: int | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One miner's answer to the chosen window, or the kind of its failure."""

    hotkey: str
    uid: int
    score: float
    seconds: float
    failure: str
    reason: str
    components: Mapping[str, float]
    tags: tuple[TagVerdict, ...]


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One participant and the claims about them."""

    participant: int
    name: str
    colour: int
    talk_percent: int | None
    """Share of the talk in per cent; None where only one person speaks."""
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class QualityView:
    """Quality as numbers and as corners of a radar of radius 70 around (0, 0)."""

    summary: float
    parts: Mapping[str, float]
    polygon: Sequence[Point]
    outline: Sequence[Point]


@dataclass(frozen=True, slots=True)
class ConversationView:
    """All that the page of one conversation shows."""

    conversation: Conversation
    state: State
    turns: Sequence[TurnView]
    start: int
    next_start: int | None
    metadata: Metadata | None
    tree: Sequence[TreeNode]
    windows: Sequence[WindowRecord]
    choice: WindowRecord | None
    truth: Metadata | None
    answers: Sequence[AnswerView]
    profiles: Sequence[ProfileView]
    quality: QualityView | None

    @property
    def starts(self) -> Mapping[int, int]:
        """The first turn of each window, by its number."""
        return {window.index: window.start for window in self.windows}

    @property
    def language_recognised(self) -> str | None:
        """The language of the turns, None in doubt; the source may name another."""
        return recognise_language(turn.text for turn in self.conversation.turns)


def view_of(
    store: ExplorerStore, gate: Gate, *, start: int | None = None, window: int | None = None
) -> ConversationView:
    """Return one conversation for its page. Blocks: reads the store.

    Args:
        store: where the conversation is.
        gate: the conversation's gate.
        start: the first turn to show, None for the page of turns where the window begins.
        window: the window whose answers to show, None for none.
    """
    conversation = gate.conversation
    identifier = conversation.id
    state = store.state_of(identifier) or FAILED
    record = store.metadata_of(identifier)
    metadata = None if record is None else gate.metadata(record)
    windows = store.windows_of(identifier)
    choice = next((item for item in windows if item.index == window), None)
    if start is None:
        start = choice.start // TURNS_ON_A_PAGE * TURNS_ON_A_PAGE if choice else 0
    # Before it is done, verdicts would tell miners the ground truth.
    final = state in {DONE, FAILED}
    truth_record = store.ground_truth(identifier) if choice is not None and final else None
    # The conversation's own tags are marked; a window's tags are among them.
    highlighter = Highlighter([tag.text for tag in metadata.tags] if metadata else ())
    return ConversationView(
        conversation=conversation,
        state=state,
        turns=_turns(conversation, highlighter, start),
        start=start,
        next_start=(
            start + TURNS_ON_A_PAGE if start + TURNS_ON_A_PAGE < len(conversation.turns) else None
        ),
        metadata=metadata,
        tree=_tree(store, gate),
        windows=windows,
        choice=choice,
        truth=None if truth_record is None else gate.metadata(truth_record.metadata),
        answers=_answers(store, gate, identifier, choice.index) if choice and final else (),
        profiles=profiles_of(conversation, metadata),
        quality=_quality(store, identifier),
    )


def _turns(conversation: Conversation, highlighter: Highlighter, start: int) -> list[TurnView]:
    page_turns = conversation.turns[start : start + TURNS_ON_A_PAGE]
    return [
        TurnView(
            number=number,
            speaker=turn.speaker,
            name=conversation.participants[turn.speaker].name,
            colour=turn.speaker % COLOURS,
            spans=highlighter.spans(turn.text),
            at=turn.at,
        )
        for number, turn in enumerate(page_turns, start)
    ]


def _tree(store: ExplorerStore, gate: Gate) -> list[TreeNode]:
    nodes = store.mined_windows(gate.conversation.id, -1, MAX_TREE)
    gate.learn(tag.text for node in nodes for tag in node.metadata.tags[:_TREE_TAGS])
    inner = {node.parent for node in nodes}
    # Miners get a leaf with some turns of its neighbours, so bounds differ; the order is the same.
    leaves = iter(range(len(nodes)))
    return [_node(node, gate, None if node.number in inner else next(leaves)) for node in nodes]


def _node(node: MinedWindow, gate: Gate, leaf: int | None) -> TreeNode:
    tags = tuple(gate(tag.text) for tag in node.metadata.tags[:_TREE_TAGS])
    return TreeNode(node.level, node.start, node.stop, tags, leaf)


def _answers(
    store: ExplorerStore, gate: Gate, identifier: str, window: int
) -> tuple[AnswerView, ...]:
    record = store.answers_of(identifier, window)
    gate.learn(tag.text for item in record for tag in item.score.tags)
    views = [
        AnswerView(
            hotkey=item.hotkey,
            uid=item.uid,
            score=item.score.value,
            seconds=item.seconds,
            failure="" if isinstance(item.answer, Answer) else str(item.answer.kind),
            reason=gate(item.score.reason),
            components=item.score.components,
            tags=tuple(
                tag._replace(text=gate(tag.text), reason=gate(tag.reason))
                for tag in item.score.tags
            ),
        )
        for item in record
    ]
    return tuple(sorted(views, key=lambda view: -view.score))


def has_claims(profile: ParticipantProfile) -> bool:
    """Tell if a profile claims more than its participant's share of the talk."""
    return not all(is_share(claim) for claim in profile.claims)


def profiles_of(conversation: Conversation, metadata: Metadata | None) -> list[ProfileView]:
    """Return the profiles of clean metadata with their participants' names; shares stand apart."""
    views = []
    # Counted here, since a claim's words are English whatever the page's language is.
    percentages = talk_percentages(conversation)
    for profile in metadata.profiles if metadata else ():
        claims = tuple(claim for claim in profile.claims if not is_share(claim))
        if not 0 <= profile.participant < len(conversation.participants):
            continue
        views.append(
            ProfileView(
                participant=profile.participant,
                name=conversation.participants[profile.participant].name,
                colour=profile.participant % COLOURS,
                talk_percent=percentages.get(profile.participant),
                claims=claims,
            )
        )
    return views


def _quality(store: ExplorerStore, identifier: str) -> QualityView | None:
    record = store.quality_of(identifier)
    if record is None:
        return None
    parts = {name: float(getattr(record.quality, name)) for name in PARTS}
    return QualityView(
        summary=record.quality.summary,
        parts=parts,
        polygon=radar(list(parts.values()), _RADAR),
        outline=radar([1.0] * len(parts), _RADAR),
    )
