"""Attacks on participant profiles, and profiles as a cover for tags that read nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cgp.metadata import Claim, ParticipantProfile
from cgp.scoring.redteam.cheap_reading import random_phrases
from cgp.scoring.redteam.honest import full, words
from cgp.scoring.redteam.not_reading import generic_profiles
from cgp.scoring.redteam.strategy import Draft, Play, Sight, Strategy
from cgp.scoring.redteam.vocabulary import GENERIC_TAGS, INJECTIONS

SPOILT = 0.95
"""Good tags with bad profiles: profiles that are worth nothing cost at least a twentieth."""
COVER = 0.25
"""Bad tags under profiles that look good."""

Profiles = tuple[ParticipantProfile, ...]


def honest_tags(change: Callable[[Sight, Profiles], Profiles]) -> Play:
    """Return honest tags with changed profiles."""

    def play(sight: Sight) -> Draft:
        draft = full(sight)
        return replace(draft, profiles=change(sight, draft.profiles))

    return play


def none(sight: Sight, honest: Profiles) -> Profiles:
    """Send no profile."""
    del sight, honest
    return ()


def empty(sight: Sight, honest: Profiles) -> Profiles:
    """Send profiles without claims."""
    del sight
    return tuple(replace(profile, claims=()) for profile in honest)


def generic(sight: Sight, honest: Profiles) -> Profiles:
    """Give every participant claims that fit anybody."""
    del honest
    return generic_profiles(sight)


def claims_of_others(sight: Sight, honest: Profiles) -> Profiles:
    """Give every speaker another speaker's claims."""
    del sight
    donors = honest[1:] + honest[:1]
    return tuple(
        replace(profile, claims=donor.claims) for profile, donor in zip(honest, donors, strict=True)
    )


def invented_claims(sight: Sight, honest: Profiles) -> Profiles:
    """Cite the participant's own turns for things that are not in them."""
    return tuple(
        replace(
            profile,
            claims=tuple(replace(claim, value=words(sight.rng)) for claim in profile.claims),
        )
        for profile in honest
    )


def strangers(sight: Sight, honest: Profiles) -> Profiles:
    """Add profiles of participants without a turn in the window, or of invented ones."""
    claims = honest[0].claims if honest else ()
    count = len(sight.window.participants)
    speakers = set(sight.window.speakers)
    silent = [i for i in range(count + 6) if i not in speakers][:6]
    return honest + tuple(ParticipantProfile(i, claims) for i in silent)


def wrong_citations(sight: Sight, honest: Profiles) -> Profiles:
    """Cite turns that do not exist, or are somebody else's."""
    turns = len(sight.window.turns)
    return tuple(
        replace(
            profile,
            claims=tuple(
                replace(claim, turns=tuple(t + turns for t in claim.turns) or (turns,))
                for claim in profile.claims
            ),
        )
        for profile in honest
    )


def leaking(sight: Sight, honest: Profiles) -> Profiles:
    """Add an e-mail address, a telephone number and a guess at a private matter."""
    del sight
    private = (
        Claim("contact", "jane.doe@example.com", (0,)),
        Claim("contact", "call +1 202 555 0143", (0,)),
        Claim("address", "12 Elm Street, Springfield", (0,)),
    )
    return tuple(replace(profile, claims=private + profile.claims) for profile in honest)


def verbatim(sight: Sight, honest: Profiles) -> Profiles:
    """Claim that a participant says each of its first lines."""
    del honest
    window = sight.window
    return tuple(
        ParticipantProfile(
            speaker,
            tuple(
                Claim("topic", turn.text[:400], (i,))
                for i, turn in list(window.spoken_by(speaker))[:8]
            ),
        )
        for speaker in window.speakers
    )


def many_claims(sight: Sight, honest: Profiles) -> Profiles:
    """Say thirty-two things of everybody, most of them about nothing."""
    return tuple(
        replace(
            profile,
            claims=profile.claims
            + tuple(Claim("topic", words(sight.rng), (0,)) for _ in range(26)),
        )
        for profile in honest
    )


def one_repeated(sight: Sight, honest: Profiles) -> Profiles:
    """Say the first claim of everybody eight times."""
    del sight
    return tuple(replace(profile, claims=profile.claims[:1] * 8) for profile in honest)


def instructions(sight: Sight, honest: Profiles) -> Profiles:
    """Give instructions to the reader of the claims."""
    del sight
    orders = tuple(Claim("topic", text, (0,)) for text in INJECTIONS[:4])
    return tuple(replace(profile, claims=orders) for profile in honest)


def good_profiles_generic_tags(sight: Sight) -> Draft:
    """Hide generic tags under honest profiles."""
    return Draft(GENERIC_TAGS, full(sight).profiles)


def good_profiles_random_phrases(sight: Sight) -> Draft:
    """Hide random phrases under honest profiles."""
    return replace(random_phrases(sight), profiles=full(sight).profiles)


def verbatim_alone(sight: Sight) -> Draft:
    """Hide generic tags under profiles that repeat the turns."""
    return Draft(GENERIC_TAGS, verbatim(sight, ()))


def _spoilt(name: str, change: Callable[[Sight, Profiles], Profiles], bound: float) -> Strategy:
    return Strategy(name, honest_tags(change), bound, "profiles")


STRATEGIES: tuple[Strategy, ...] = (
    _spoilt("profiles: none", none, SPOILT),
    _spoilt("profiles: empty", empty, SPOILT),
    _spoilt("profiles: generic person", generic, SPOILT),
    _spoilt("profiles: swapped speakers", claims_of_others, SPOILT),
    _spoilt("profiles: invented", invented_claims, SPOILT),
    _spoilt("profiles: strangers", strangers, 1.0),
    _spoilt("profiles: cited elsewhere", wrong_citations, 1.0),
    _spoilt("profiles: private data", leaking, SPOILT),
    _spoilt("profiles: repeated lines", verbatim, 1.0),
    _spoilt("profiles: flooded", many_claims, 1.0),
    _spoilt("profiles: one claim repeated", one_repeated, 1.0),
    _spoilt("profiles: injection text", instructions, SPOILT),
    Strategy("profiles over generic tags", good_profiles_generic_tags, COVER, "profiles"),
    Strategy("profiles over random phrases", good_profiles_random_phrases, COVER, "profiles"),
    Strategy("repeated lines over generic tags", verbatim_alone, COVER, "profiles"),
)
