"""Profiles: claims about participants, and how claims of parts become claims of the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cgp.conversation import Conversation
from cgp.text import normal_form

MOST_SHARE_TURNS = 64
"""Turns that a share of the talk cites, the longest: as many as an answer may carry."""


class ClaimKind(StrEnum):
    """The attributes of claims that this program makes; peers may send others."""

    FACT = "fact"
    ROLE = "role"
    STANCE = "stance"
    QUESTION = "question"
    DECISION = "decision"
    COMMITMENT = "commitment"
    TOPIC = "topic"
    TALK_SHARE = "talk_share"


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement about a participant, with the turns (indices) that it rests on.

    ``attribute`` is the kind of the claim (see ``ClaimKind``), ``value`` its content in words.
    ``confidence`` is between 0 and 1 if the claim was weighed, else None.
    """

    attribute: str
    value: str
    turns: tuple[int, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ParticipantProfile:
    """Claims of a conversation about one participant (an index into its participants)."""

    participant: int
    claims: tuple[Claim, ...] = ()


def talk_shares(conversation: Conversation) -> dict[int, Claim]:
    """Return each speaker's share of the talk, by characters; none where only one person speaks.

    A share belongs to one stretch of talk. A part's share says nothing about the whole, so a merge
    of parts computes it anew.
    """
    turns_of: dict[int, list[tuple[int, int]]] = {}
    for number, turn in enumerate(conversation.turns):
        turns_of.setdefault(turn.speaker, []).append((len(turn.text), number))
    shares = {}
    for speaker, percent in talk_percentages(conversation).items():
        longest = sorted(turns_of[speaker], key=lambda turn: -turn[0])[:MOST_SHARE_TURNS]
        turn_numbers = tuple(sorted(number for _, number in longest))
        shares[speaker] = Claim(ClaimKind.TALK_SHARE, f"{percent}% of the talk", turn_numbers, 1.0)
    return shares


def talk_percentages(conversation: Conversation) -> dict[int, int]:
    """Return each speaker's part of all characters, in per cent; none where only one speaks."""
    characters: dict[int, int] = {}
    for turn in conversation.turns:
        characters[turn.speaker] = characters.get(turn.speaker, 0) + len(turn.text)
    everything = sum(characters.values())
    if len(characters) < 2 or everything == 0:
        return {}
    return {speaker: round(100 * length / everything) for speaker, length in characters.items()}


def with_talk_shares(
    profiles: Sequence[ParticipantProfile], conversation: Conversation, first_turn: int = 0
) -> tuple[ParticipantProfile, ...]:
    """Return profiles with each speaker's one share of the talk in ``conversation``.

    ``conversation`` may be a part of a longer one that begins at its turn ``first_turn``: the
    shares cite turns of the longer one then.
    """
    claims = {profile.participant: _without_share(profile.claims) for profile in profiles}
    for speaker, share in talk_shares(conversation).items():
        turns = tuple(turn + first_turn for turn in share.turns)
        claims[speaker] = (*claims.get(speaker, ()), replace(share, turns=turns))
    return tuple(
        ParticipantProfile(speaker, speaker_claims)
        for speaker, speaker_claims in sorted(claims.items())
    )


def said_by(
    participant: int, claims: Iterable[Claim], conversation: Conversation
) -> tuple[Claim, ...]:
    """Return the claims that rest on turns of ``participant``, citing only these turns."""
    turns = conversation.turns
    with_own_turns = (
        replace(
            claim,
            turns=tuple(
                turn
                for turn in claim.turns
                if 0 <= turn < len(turns) and turns[turn].speaker == participant
            ),
        )
        for claim in claims
    )
    return tuple(claim for claim in with_own_turns if claim.turns)


def unite_claims(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims about one participant from several parts as claims of the whole.

    Equal claims (in normal form) become one with the turns of all and the greatest confidence.
    Shares of the talk are left out (see ``with_talk_shares``), and so are claims that a later one
    contradicts (see ``without_contradictions``). The order is that of first appearance.
    """
    by_identity: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        if is_share(claim):
            continue
        identity = (normal_form(claim.attribute), normal_form(claim.value))
        earlier = by_identity.get(identity)
        by_identity[identity] = claim if earlier is None else _join(earlier, claim)
    return without_contradictions(
        replace(claim, turns=tuple(sorted(set(claim.turns)))) for claim in by_identity.values()
    )


def is_share(claim: Claim) -> bool:
    """Tell whether a claim is a share of the talk."""
    return normal_form(claim.attribute) == normal_form(ClaimKind.TALK_SHARE)


def without_contradictions(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return claims about one participant of which none denies another.

    Two claims contradict each other when they say the same of the same thing and one is negated
    ("likes", "does not like", "dislikes"), or give two values where there is one (an age, a
    home). The claim with the later turn stands, since people change their minds; then the one
    with more turns, then the surer one. The order stays.
    """
    all_claims = list(claims)
    subjects: dict[str, list[tuple[str, Claim]]] = {}
    for claim in all_claims:
        if (assertion := _assertion(claim)) is not None:
            subjects.setdefault(assertion[0], []).append((assertion[1], claim))
    contradictions: set[int] = set()
    for versions in subjects.values():
        if len({version for version, _ in versions}) > 1:
            standing, _ = max(versions, key=lambda version: _weight(version[1]))
            contradictions.update(id(claim) for version, claim in versions if version != standing)
    return tuple(claim for claim in all_claims if id(claim) not in contradictions)


def _weight(claim: Claim) -> tuple[int, int, float]:
    return max(claim.turns, default=-1), len(claim.turns), claim.confidence or 0.0


def _join(first: Claim, second: Claim) -> Claim:
    sure = [claim.confidence for claim in (first, second) if claim.confidence is not None]
    return replace(
        first,
        turns=tuple(sorted({*first.turns, *second.turns})),
        confidence=max(sure, default=None),
    )


def _without_share(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(claim for claim in claims if not is_share(claim))


# One value at a time: a person has one age and lives in one place.
_SINGLE = re.compile(
    r"(?:(?:is )?(?P<age>\d{1,3}) years old|(?:lives|is living) in (?P<home>.+)|is from (?P<origin>.+)"
    r"|was born in (?P<birth>.+))$"
)
_NEGATIONS = frozenset(
    {
        "not",
        "never",
        "no",
        "cannot",
        "nor",
        "n't",
        "nicht",
        "kein",
        "keine",
        "keinen",
        "keiner",
        "nie",
        "ne",
        "pas",
        "jamais",
        "nunca",
        "não",
        "nao",
        "non",
        "mai",
        "niet",
        "geen",
    }
)
_OPPOSITES = {
    "dislike": "like",
    "hate": "love",
    "disagree": "agree",
    "oppose": "support",
    "against": "for",
    "unable": "able",
    "reject": "accept",
    "doubt": "believe",
}
_HELPERS = frozenset(
    {
        "do",
        "does",
        "did",
        "is",
        "are",
        "am",
        "was",
        "were",
        "has",
        "have",
        "had",
        "will",
        "would",
        "to",
        "be",
        "an",
        "the",
        "a",
    }
)


def _assertion(claim: Claim) -> tuple[str, str] | None:
    """Return the subject of a claim and its assertion about it, None if it asserts nothing."""
    if claim.attribute in {ClaimKind.QUESTION, ClaimKind.TALK_SHARE, ClaimKind.TOPIC}:
        return None
    value = normal_form(claim.value)
    if match := _SINGLE.match(value):
        return str(match.lastgroup), str(match[str(match.lastgroup)])
    positive, words = True, []
    for word in value.replace("n't ", " not ").split():
        if word in _NEGATIONS:
            positive = not positive
            continue
        # "likes" and "like" assert the same; words as short as "is" and "was" keep their ending.
        stem = word.removesuffix("s") if len(word) > 3 else word
        if stem in _OPPOSITES:
            positive, stem = not positive, _OPPOSITES[stem]
        if word not in _HELPERS:
            words.append(stem)
    return " ".join(words), "yes" if positive else "no"
