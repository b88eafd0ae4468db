"""The claims of one speaker that a profile holds: distinct, consistent, the surest of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.annotators.embedded.claims.content import content_words
from cgp.annotators.embedded.claims.reading import Reading
from cgp.profiles import Claim, ClaimKind, without_contradictions
from cgp.text import normal_form

_MOST_TURNS = 16
_WORDS_OF_A_WINDOW = 300
_MOST_WINDOWS = 40  # windows' worth of claims in one profile, of however long a talk
# Claims of a kind in one window's profile; a talk of several windows' length has room for as many
# more.
_PLACES = {
    ClaimKind.ROLE: 2,
    ClaimKind.DECISION: 2,
    ClaimKind.COMMITMENT: 2,
    ClaimKind.STANCE: 3,
    ClaimKind.FACT: 3,
    ClaimKind.QUESTION: 2,
}
_TELLING_WORDS = 8  # words of content beyond which a claim tells no more


@dataclass(frozen=True, slots=True)
class _Candidate:
    claim: Claim
    content: frozenset[str]
    rank: float


def select_claims(readings: Sequence[Reading], words: int) -> tuple[Claim, ...]:
    """Return a speaker's claims, the surest first; ``words`` is how many the speaker says.

    Claims with equal values are one, with the turns of both; one whose words of content another
    of its kind has too is left out.
    """
    # The surest first: a repetition never takes the place of the better wording.
    candidates = sorted(_candidates(readings), key=lambda candidate: -candidate.rank)
    # Room in proportion to the talk, from one window to ``_MOST_WINDOWS``.
    room = min(max(1.0, words / _WORDS_OF_A_WINDOW), _MOST_WINDOWS)
    counts: Counter[str] = Counter()
    choice: list[_Candidate] = []
    for candidate in candidates:
        kind = candidate.claim.attribute
        if counts[kind] >= int(_PLACES[ClaimKind(kind)] * room) or _repeats(candidate, choice):
            continue
        counts[kind] += 1
        choice.append(candidate)
    claims = without_contradictions(candidate.claim for candidate in choice)
    return tuple(sorted(claims, key=lambda claim: (-(claim.confidence or 0), claim.turns)))


def _candidates(readings: Sequence[Reading]) -> list[_Candidate]:
    by_value: dict[tuple[str, str], list[Reading]] = {}
    for reading in readings:
        by_value.setdefault((reading.pattern.kind, normal_form(reading.value)), []).append(reading)
    candidates = []
    for (kind, _), readings_of_value in by_value.items():
        first = max(readings_of_value, key=lambda reading: reading.pattern.confidence)
        turns = tuple(sorted({turn for reading in readings_of_value for turn in reading.turns}))[
            :_MOST_TURNS
        ]
        claim = Claim(ClaimKind(kind), first.value, turns, first.pattern.confidence)
        content = frozenset(content_words(first.value))
        telling = min(len(content), _TELLING_WORDS) / 100
        candidates.append(_Candidate(claim, content, first.pattern.confidence + telling))
    return candidates


def _repeats(candidate: _Candidate, choice: Sequence[_Candidate]) -> bool:
    return bool(candidate.content) and any(
        candidate.claim.attribute == earlier.claim.attribute
        and candidate.content <= earlier.content
        for earlier in choice
    )
