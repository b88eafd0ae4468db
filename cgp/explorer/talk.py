"""Analytics of one conversation: shares of talk, topics, open questions, decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

from cgp.conversation import Conversation
from cgp.explorer.highlights import Highlighter
from cgp.metadata import Metadata
from cgp.profiles import Claim, ClaimKind

_QUESTION_MARKS = ("?", "？", "؟", "\u037e")
"""Marks at the end of a question; the last is the Greek one (U+037E)."""

_ANSWER_TURNS = 3
"""Turns of others within which a question counts as answered."""

_MOST_TOPICS = 12
_BINS = 24


@dataclass(frozen=True, slots=True)
class TalkShare:
    """One participant's part of the talk. ``share`` is of all characters, 0 to 1."""

    participant: int
    name: str
    turns: int
    words: int
    share: float
    median_response: float | None
    """Median time in seconds to answer another participant's turn, None without times."""


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A tag's mentions in 24 equal parts of a conversation, as shares of the greatest count."""

    tag: str
    parts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that no other participant took up."""

    turn: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class CitedClaim:
    """A decision or a commitment, with the participant and the turns that it cites."""

    name: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class TalkAnalytics:
    """The analytics of one conversation."""

    shares: tuple[TalkShare, ...]
    topics: tuple[TopicLine, ...]
    open_questions: tuple[OpenQuestion, ...]
    commitments: tuple[CitedClaim, ...]


def analytics_of(conversation: Conversation, metadata: Metadata | None) -> TalkAnalytics:
    """Return the analytics of a conversation with its tags and profiles (None: neither)."""
    metadata = metadata or Metadata()
    return TalkAnalytics(
        shares=_shares(conversation),
        topics=_topics(conversation, [tag.text for tag in metadata.tags]),
        open_questions=_open_questions(conversation),
        commitments=_commitments(conversation, metadata),
    )


def _shares(conversation: Conversation) -> tuple[TalkShare, ...]:
    turns: dict[int, int] = defaultdict(int)
    words: dict[int, int] = defaultdict(int)
    characters: dict[int, int] = defaultdict(int)
    for turn in conversation.turns:
        turns[turn.speaker] += 1
        words[turn.speaker] += len(turn.text.split())
        characters[turn.speaker] += len(turn.text)
    # A conversation of empty turns has no characters, and each share is 0.
    total = sum(characters.values()) or 1
    responses = _response_times(conversation)
    shares = [
        TalkShare(
            participant=speaker,
            name=conversation.participants[speaker].name,
            turns=count,
            words=words[speaker],
            share=characters[speaker] / total,
            median_response=median(responses[speaker]) if speaker in responses else None,
        )
        for speaker, count in turns.items()
    ]
    return tuple(sorted(shares, key=lambda item: -item.share))


def _response_times(conversation: Conversation) -> dict[int, list[float]]:
    """Return, by participant, the seconds from another's turn to the participant's own next one."""
    times: dict[int, list[float]] = defaultdict(list)
    for before, turn in zip(conversation.turns, conversation.turns[1:], strict=False):
        if before.speaker == turn.speaker or before.at is None or turn.at is None:
            continue
        # Clocks of exports go back now and then; such a pair says nothing.
        if turn.at >= before.at:
            times[turn.speaker].append(turn.at - before.at)
    return times


def _topics(conversation: Conversation, tags: Sequence[str]) -> tuple[TopicLine, ...]:
    bins = min(_BINS, len(conversation.turns)) or 1
    lines = []
    for tag in tags[:_MOST_TOPICS]:
        counts = [0] * bins
        # Each tag by itself: a word that belongs to two tags speaks for both.
        highlighter = Highlighter([tag])
        for number, turn in enumerate(conversation.turns):
            mentions = sum(1 for span in highlighter.spans(turn.text) if span.tag)
            counts[number * bins // len(conversation.turns)] += mentions
        if greatest := max(counts):
            lines.append(TopicLine(tag, tuple(count / greatest for count in counts)))
    return tuple(lines)


def _open_questions(conversation: Conversation) -> tuple[OpenQuestion, ...]:
    """Return questions after which no other participant says anything, or only asks in turn.

    A question counts as taken up if another participant says something that is not a question
    within the next three turns of others.
    """
    questions = []
    turns = conversation.turns
    for number, turn in enumerate(turns):
        if not turn.text.rstrip().endswith(_QUESTION_MARKS):
            continue
        later_turns = (
            later for later in islice(turns, number + 1, None) if later.speaker != turn.speaker
        )
        replies = islice(later_turns, _ANSWER_TURNS)
        if not all(reply.text.rstrip().endswith(_QUESTION_MARKS) for reply in replies):
            continue
        name = conversation.participants[turn.speaker].name
        questions.append(OpenQuestion(number, name, turn.text))
    return tuple(questions)


def _commitments(conversation: Conversation, metadata: Metadata) -> tuple[CitedClaim, ...]:
    kinds = {ClaimKind.DECISION, ClaimKind.COMMITMENT}
    return tuple(
        CitedClaim(conversation.participants[profile.participant].name, claim)
        for profile in metadata.profiles
        if 0 <= profile.participant < len(conversation.participants)
        for claim in profile.claims
        if claim.attribute in kinds
    )
