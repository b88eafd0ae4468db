"""Honest miners of graded quality, and the pieces of an honest answer that attacks build on.

Honest miners differ: each ranks the annotator's tags a little differently (a perturbed ranking,
as different models and temperatures give), so that two equally good miners are not copies.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cgp.metadata import Claim, Metadata, ParticipantProfile
from cgp.scoring.redteam.strategy import HONEST_TAGS, Draft, Play, Sense, Sight, Strategy, own_tags
from cgp.scoring.redteam.vocabulary import COMMON_WORDS

RANK_SPREAD = 7.0
"""Standard deviation, in ranks, of an honest miner's disagreement with the annotator's order. Two
such miners agree by 0.6, and score 0.8 of the annotator's own choice (with 10 ranks they agree by
0.5 and score 0.7, since ``embedded/3`` gives fewer tags than the annotators before it).
"""


def honest_draft(
    notes: Metadata,
    rng: np.random.Generator,
    *,
    count: int = HONEST_TAGS,
    spread: float = RANK_SPREAD,
) -> Draft:
    """Return an honest answer: tags of the perturbed ranking, and most of the claims.

    As many tags as the annotator itself would answer, at most ``count``.
    """
    count = min(count, len(own_tags(notes)))
    ranks = np.arange(len(notes.tags)) + rng.normal(0.0, spread, len(notes.tags))
    order = np.argsort(ranks, kind="stable")[:count]
    return Draft(
        tags=tuple(notes.tags[i].text for i in order),
        profiles=tuple(_most_claims(profile, rng) for profile in notes.profiles),
    )


def _most_claims(profile: ParticipantProfile, rng: np.random.Generator) -> ParticipantProfile:
    """Leave one claim in six out: two honest miners do not say the same of a person."""
    claims = tuple(claim for claim in profile.claims if rng.random() > 1 / 6)
    return replace(profile, claims=claims or profile.claims)


def full(sight: Sight) -> Draft:
    """Read the window and answer as well as the annotator can."""
    return honest_draft(sight.notes, sight.work)


def coarse(sight: Sight) -> Draft:
    """Read the window and answer at a coarser grain: eight tags."""
    return honest_draft(sight.notes, sight.work, count=8)


def plain(sight: Sight) -> Draft:
    """Answer exactly with the annotator's tags."""
    return Draft(own_tags(sight.notes), sight.notes.profiles)


def noisy(noise: float) -> Play:
    """Return honest play with a share of the tags and of the claims replaced by noise."""

    def play(sight: Sight) -> Draft:
        return with_junk(full(sight), noise, sight.rng)

    play.__doc__ = f"Answer honestly, with {noise:.0%} noise."
    return play


def with_junk(draft: Draft, share: float, rng: np.random.Generator) -> Draft:
    """Replace a share of the tags, and as many claims, by words that have nothing to do with it."""
    junk_places = rng.random(len(draft.tags)) < share
    tags = tuple(
        words(rng) if junk else tag for tag, junk in zip(draft.tags, junk_places, strict=True)
    )
    return replace(draft, tags=tags, profiles=_junk_claims(draft.profiles, share, rng))


def _junk_claims(
    profiles: tuple[ParticipantProfile, ...], share: float, rng: np.random.Generator
) -> tuple[ParticipantProfile, ...]:
    def maybe(claim: Claim) -> Claim:
        return replace(claim, value=words(rng)) if rng.random() < share else claim

    return tuple(
        replace(profile, claims=tuple(maybe(claim) for claim in profile.claims))
        for profile in profiles
    )


def words(rng: np.random.Generator) -> str:
    """Return one to three common words: a phrase about nothing in particular."""
    choice = rng.integers(len(COMMON_WORDS), size=int(rng.integers(1, 4)))
    return " ".join(COMMON_WORDS[i] for i in choice)


def half_precision(sight: Sight) -> Draft:
    """Answer honestly with vectors that went through half precision, as some
    servers compute them.
    """
    return replace(full(sight), forge=lambda right: right.astype(np.float16).astype(np.float32))


def in_capitals(sight: Sight) -> Draft:
    """Answer honestly in capitals, with hyphens: the same tags to everybody."""
    draft = full(sight)
    return replace(draft, tags=tuple(tag.upper().replace(" ", "-") for tag in draft.tags))


def _honest(
    name: str, play: Play, bound: float, *, miners: int = 1, sense: Sense = Sense.AT_MOST
) -> Strategy:
    return Strategy(name, play, bound, "honest", seats=miners, kind="honest", sense=sense)


FULL = _honest("honest full", full, 1.0, miners=6)
LEVELS: tuple[Strategy, ...] = (
    FULL,
    _honest("honest 20 % noise", noisy(0.2), 1.0, miners=3),
    _honest("honest 40 % noise", noisy(0.4), 1.0, miners=3),
    _honest("honest 60 % noise", noisy(0.6), 0.2, miners=3),
)
"""Honest miners in order of quality. Their ratio is that of one miner, the mean of its level."""

FIELD: tuple[Strategy, ...] = (*LEVELS, _honest("honest coarse, 8 tags", coarse, 1.0))
"""The honest miners that every attack is measured among: 16 in all."""

GUESTS: tuple[Strategy, ...] = (
    _honest("honest annotator, unchanged", plain, 0.9, sense=Sense.AT_LEAST),
    _honest("honest half-precision vectors", half_precision, 0.9, sense=Sense.AT_LEAST),
    _honest("honest in capitals", in_capitals, 0.9, sense=Sense.AT_LEAST),
)
"""Honest miners measured one at a time, like the attacks."""

TWINS: tuple[Strategy, ...] = tuple(
    _honest(f"honest twin {place}", full, 1.0) for place in range(8)
)
"""Full miners, each with the chance of the strategies that are measured in the same place of a
group.

A strategy's pay is divided by its twin's pay, so that luck in honest work cancels out.
Eight is a third of the subnet, with the field of 16.
"""
