"""Conversations too long for one request: cut into parts, annotated one by one, and merged.

Nothing is truncated: a turn longer than a request is cut into pieces too. The turns that the parts'
claims cite are mapped back to the turns of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cgp.annotators.quotation import quoted_length
from cgp.conversation import Conversation, Turn
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag, merge
from cgp.text import normal_form

_TURN_OVERHEAD = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a conversation; ``origin[i]`` is the whole's index of the part's turn ``i``."""

    conversation: Conversation
    origin: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    origin: int
    turn: Turn
    size: int


def length(conversation: Conversation) -> int:
    """Return the characters that a conversation takes up when quoted."""
    return sum(quoted_length(turn.text) + _TURN_OVERHEAD for turn in conversation.turns)


def split(conversation: Conversation, characters: int) -> list[Part]:
    """Cut a conversation into parts of about equal length, each at most ``characters`` when quoted.

    A conversation that fits is one part, as it is. Turns without text are left out of longer ones.
    """
    if length(conversation) <= characters:
        return [Part(conversation, tuple(range(len(conversation.turns))))]
    pieces = [
        _Piece(i, replace(turn, text=text), quoted_length(text) + _TURN_OVERHEAD)
        for i, turn in enumerate(conversation.turns)
        if turn.text.strip()
        for text in _cut_text(turn.text, characters - _TURN_OVERHEAD - 2)
    ]
    return [
        Part(
            replace(conversation, turns=tuple(piece.turn for piece in group)),
            tuple(piece.origin for piece in group),
        )
        for group in _groups(pieces, characters)
    ]


def combine(parts: Sequence[tuple[Part, Metadata]], max_tags: int) -> Metadata:
    """Merge the parts' metadata into one annotation of the whole, of at most ``max_tags`` tags.

    A tag that more parts have comes first, then one that ranks higher in its part. The result is
    one annotation again, so every tag's support is 1.
    """
    metadata_of_all = merge(_in_whole_conversation(part, metadata) for part, metadata in parts)
    best_rank: dict[str, int] = {}
    for _, metadata in parts:
        for rank, tag in enumerate(metadata.tags):
            name = normal_form(tag.text)
            best_rank[name] = min(rank, best_rank.get(name, rank))
    # Tags of more parts come first; among equals the best place in any part decides.
    tags = sorted(
        metadata_of_all.tags, key=lambda tag: (-tag.support, best_rank[normal_form(tag.text)])
    )
    return Metadata(tuple(Tag(tag.text) for tag in tags[:max_tags]), metadata_of_all.profiles)


def _in_whole_conversation(part: Part, metadata: Metadata) -> Metadata:
    return replace(
        metadata,
        profiles=tuple(
            ParticipantProfile(
                profile.participant,
                tuple(_with_turns_of_whole(claim, part.origin) for claim in profile.claims),
            )
            for profile in metadata.profiles
        ),
    )


def _with_turns_of_whole(claim: Claim, origin: Sequence[int]) -> Claim:
    return replace(claim, turns=tuple(sorted({origin[turn] for turn in claim.turns})))


def _groups(pieces: Sequence[_Piece], characters: int) -> list[list[_Piece]]:
    """Group neighbouring pieces, each of which fits, into few groups of about equal size that fit.

    With ``n`` groups a piece goes where its middle is. From ``n = 2 * total / characters`` on every
    grouping fits: two pieces with their middles in one share are together smaller than two shares.
    """
    total = sum(piece.size for piece in pieces)
    count = math.ceil(total / characters)
    while True:
        groups = _shares(pieces, total / count)
        if all(sum(piece.size for piece in group) <= characters for group in groups):
            return groups
        count += max(1, count // 20)


def _shares(pieces: Sequence[_Piece], share: float) -> list[list[_Piece]]:
    groups: dict[int, list[_Piece]] = {}
    position = 0
    for piece in pieces:
        groups.setdefault(int((position + piece.size / 2) / share), []).append(piece)
        position += piece.size
    return list(groups.values())


def _cut_text(text: str, characters: int) -> Iterator[str]:
    """Yield pieces whose quoted form fits ``characters``, cut after a space where one is near."""
    start = 0
    while start < len(text):
        stop = min(len(text), start + characters)
        while quoted_length(text[start:stop]) > characters + 2 and stop - start > 1:
            stop = start + (stop - start) // 2
        if stop < len(text):
            space = text.rfind(" ", start + (stop - start) * 4 // 5, stop)
            stop = space + 1 if space > start else stop
        yield text[start:stop]
        start = stop
