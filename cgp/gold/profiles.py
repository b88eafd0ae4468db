"""Quality of profiles, measured on annotated windows: by kind of claim, without a model.

A claim *matches* a reader's claim about the same participant when both rest on a common turn and
share their words: at least two stems, and at least half of the stems of the one that has fewer
(words of three letters and less, and the words that only introduce a claim, do not count; scripts
without spaces count pairs of characters). So *matched* is a lower bound of precision, for a
reader notes the few things that matter most, and a claim may be true without being among them.
*Supported* is the share of a claim's stems that stand in the turns it cites: words from elsewhere
were not said there. Whether a claim is true, a person has to read (``docs/profiles.md``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cgp.conversation import Conversation
from cgp.gold.gold_file import GoldWindow
from cgp.gold.matching import word_form
from cgp.metadata import Claim, ParticipantProfile
from cgp.profiles import is_share, without_contradictions
from cgp.words import PLAIN_WORDS

LEAST_COMMON = 2
"""Stems that a matching claim shares at least."""
LEAST_SHARE = 0.5
"""Share of the shorter claim's stems that a matching claim has at least."""

_LETTERS = 4  # of the shortest word that counts
_SPACELESS = re.compile(r"[぀-ヿ㐀-鿿฀-๿]")
# Words that introduce a claim and say nothing of its content.
_FRAME = frozenset(
    {
        "says",
        "asks",
        "thinks",
        "believes",
        "wants",
        "would",
        "should",
        "could",
        "will",
        "that",
        "this",
        "they",
        "their",
        "them",
        "what",
        "when",
        "where",
        "which",
        "whether",
        "with",
        "have",
        "from",
        "about",
        "been",
        "were",
        "does",
        "there",
        "then",
        "than",
        "sagt",
        "fragt",
        "demande",
        "dice",
        "pregunta",
        "pergunta",
        "話す",
        "尋ねる",
    }
)


@dataclass(frozen=True, slots=True)
class ProfileFigures:
    """Figures of the claims of one kind, or of all.

    ``claims`` counts the answer's claims, ``wanted_claims`` the readers'. ``match_share`` is the
    share of the answer's claims that match a reader's, of any kind; ``support`` the mean share of
    their stems that stand in the turns cited; ``own_share`` the share that cite turns of the
    participant only. ``coverage`` is the share of the readers' claims of this kind that a claim of
    any kind matches. Shares of nothing are 0.
    """

    claims: int
    wanted_claims: int
    match_share: float
    support: float
    own_share: float
    coverage: float


@dataclass(frozen=True, slots=True)
class MeasuredProfiles:
    """The figures of all claims and of each kind, and the claims that must not be in a profile.

    ``contradictions`` counts the claims that another claim about the same person denies;
    ``second_shares`` the shares of the talk beyond a person's first. Shares of the talk are counted
    nowhere else: they are computed, not read.
    """

    overall: ProfileFigures
    by_kind: Mapping[str, ProfileFigures]
    contradictions: int
    second_shares: int


@dataclass(slots=True)
class _Tally:
    claims: int = 0
    wanted_claims: int = 0
    matches: int = 0
    support: float = 0.0
    own_claims: int = 0
    claims_found: int = 0

    def figures(self) -> ProfileFigures:
        claims, wanted_claims = max(1, self.claims), max(1, self.wanted_claims)
        return ProfileFigures(
            claims=self.claims,
            wanted_claims=self.wanted_claims,
            match_share=self.matches / claims,
            support=self.support / claims,
            own_share=self.own_claims / claims,
            coverage=self.claims_found / wanted_claims,
        )


def measure_profiles(
    gold: Sequence[GoldWindow], answers: Sequence[Sequence[ParticipantProfile]]
) -> MeasuredProfiles:
    """Measure profiles of annotated windows; ``answers`` has those of each window of ``gold``, in
    order.

    Raises:
        ValueError: if there is not one answer for each window.
    """
    overall, kinds = _Tally(), defaultdict[str, _Tally](_Tally)
    contradictions = second_shares = 0
    for window, profiles in zip(gold, answers, strict=True):
        wanted_claims = {profile.participant: profile.claims for profile in window.profiles}
        claims_given: dict[int, list[Claim]] = {}
        for profile in profiles:
            shares = sum(map(is_share, profile.claims))
            second_shares += max(0, shares - 1)
            claims = [claim for claim in profile.claims if not is_share(claim)]
            contradictions += len(claims) - len(without_contradictions(claims))
            claims_given.setdefault(profile.participant, []).extend(claims)
        for participant in {*wanted_claims, *claims_given}:
            for claim in claims_given.get(participant, ()):
                _count_claim(
                    claim, participant, wanted_claims.get(participant, ()), window, overall
                )
                _count_claim(
                    claim,
                    participant,
                    wanted_claims.get(participant, ()),
                    window,
                    kinds[claim.attribute],
                )
            for claim in wanted_claims.get(participant, ()):
                is_covered = any(
                    matches(claim_given, claim) for claim_given in claims_given.get(participant, ())
                )
                for tally in (overall, kinds[claim.attribute]):
                    tally.wanted_claims += 1
                    tally.claims_found += is_covered
    return MeasuredProfiles(
        overall.figures(),
        {str(kind): kinds[kind].figures() for kind in sorted(kinds)},
        contradictions,
        second_shares,
    )


def matches(claim: Claim, wanted_claim: Claim) -> bool:
    """Tell whether two claims about one participant say the same, as the module defines it."""
    # Claims that rest on different turns are different statements, even in the same words.
    if wanted_claim.turns and not set(claim.turns) & set(wanted_claim.turns):
        return False
    ours, theirs = stems_of(claim.value), stems_of(wanted_claim.value)
    common, shorter = len(ours & theirs), min(len(ours), len(theirs))
    # The last comparison is for claims without stems: none of none in common shows nothing.
    return common >= min(LEAST_COMMON, shorter) and common >= LEAST_SHARE * shorter > 0


def support(claim: Claim, window: Conversation) -> float:
    """Return the share of a claim's stems that stand in the turns that it cites."""
    stems = stems_of(claim.value)
    if not stems:
        return 1.0
    texts = (window.turns[turn].text for turn in claim.turns if 0 <= turn < len(window.turns))
    return len(stems & stems_of(" ".join(texts))) / len(stems)


def stems_of(text: str) -> frozenset[str]:
    """Return the stems that count in comparing claims."""
    stems: set[str] = set()
    for word in PLAIN_WORDS.words(text.casefold()):
        if _SPACELESS.search(word):
            # Such scripts put no spaces between words, so pairs of characters stand for stems.
            stems.update(word[i : i + 2] for i in range(len(word) - 1))
        elif (len(word) >= _LETTERS or word.isdigit()) and word not in _FRAME:
            stems |= word_form(word)
    return frozenset(stems)


def _count_claim(
    claim: Claim,
    participant: int,
    wanted_claims: Sequence[Claim],
    window: GoldWindow,
    tally: _Tally,
) -> None:
    turns = window.window.turns
    tally.claims += 1
    tally.matches += any(matches(claim, wanted_claim) for wanted_claim in wanted_claims)
    tally.support += support(claim, window.window)
    tally.own_claims += bool(claim.turns) and all(
        0 <= turn < len(turns) and turns[turn].speaker == participant for turn in claim.turns
    )
