"""The profile score: claims about each participant, held against that participant's own turns.

A claim earns by agreement with the ground truth's claims about the same participant, by cited
turns that exist, are the participant's and support it, and by being supported by the
participant's turns rather than by others'. Profiles of silent participants count as invented, and
claims that give away an identifier (an address, a number) are penalised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.metadata import Claim, ParticipantProfile
from cgp.profiles import is_share
from cgp.scoring.reading import Reader, Reading
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.similarity import Similarity, exact_rows
from cgp.text import normal_form

_IDENTIFIERS = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}"  # e-mail address
    r"|(?<!\d)(?:\+|00)?\d(?:[ ().-]{0,2}\d){8,15}(?!\d)"  # telephone, card or account number
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"  # IPv4 address
)


def leaks_identifier(text: str) -> bool:
    """Tell whether a text gives away an e-mail address, a long number or a network address."""
    return _IDENTIFIERS.search(text) is not None


@dataclass(frozen=True, slots=True)
class ProfileTerms:
    """One answer's profile score, 0..1, and its terms (see ``ProfileScoring.score``)."""

    value: float
    truth: float = 0.0
    citation: float = 0.0
    attribution: float = 0.0
    inventions: int = 0
    leaks: float = 0.0


class ProfileScoring:
    """Profile scores for one window; made once per task."""

    def __init__(
        self,
        window: Conversation,
        truth: Sequence[ParticipantProfile],
        embedder: Embedder,
        settings: ScoringSettings,
        reading: Reading | None = None,
    ) -> None:
        self._settings = settings.profiles
        self._embedder = embedder
        self._similarity = Similarity(settings.similarity)
        self._speaker_of = np.array([turn.speaker for turn in window.turns], dtype=np.intp)
        reading = reading or Reader(embedder, settings.window).read(window)
        self._transcript = reading.text.transcript
        self._turns = reading.turns
        length = len(window.turns)
        claims = {profile.participant: _said_here(profile.claims, length) for profile in truth}
        self._speakers = {
            speaker: sum(len(turn.text) for turn in window.turns if turn.speaker == speaker)
            for speaker in window.speakers
            if claims.get(speaker)
        }
        self._silent = set(range(len(window.participants))) - set(window.speakers)
        self._participants = len(window.participants)
        self._truth = {
            speaker: exact_rows(embedder.embed([_name(claim) for claim in claims[speaker]]))
            for speaker in self._speakers
        }

    @property
    def applies(self) -> bool:
        """True if the ground truth has a claim about a speaker of this window."""
        return bool(self._speakers)

    def score(self, answers: Sequence[Sequence[ParticipantProfile]]) -> tuple[ProfileTerms, ...]:
        """Return one ``ProfileTerms`` per answer, all claims of all answers embedded in one batch.

        The mean over the participants about whom the ground truth tells something, by how much
        they say, of the weighted terms ``truth`` (harmonic mean of both ways' best matches),
        ``citation`` and ``attribution``; times the share of profiles that are not invented; less
        the share of leaks.
        """
        if not any(answers):
            return (ProfileTerms(0.0),) * len(answers)
        claims_by_answer = [self._claims_that_count(profiles) for profiles in answers]
        names = dict.fromkeys(
            _name(claim)
            for claims_by_participant in claims_by_answer
            for claims in claims_by_participant.values()
            for claim in claims
        )
        row = {name: index for index, name in enumerate(names)}
        vectors = exact_rows(self._embedder.embed(list(names)))
        # A line repeated word for word proves no reading: no turn supports it.
        own_words = np.array([not self._repeats(name) for name in names], dtype=np.float64)
        support = self._similarity.support(vectors, self._turns) * own_words[:, None]
        return tuple(
            self._terms_of_answer(profiles, claims, row, vectors, support)
            for profiles, claims in zip(answers, claims_by_answer, strict=True)
        )

    def _claims_that_count(
        self, profiles: Sequence[ParticipantProfile]
    ) -> dict[int, tuple[Claim, ...]]:
        """Return the claims that count, by participant: distinct, short enough, the first few.

        A share of the talk does not: it is counted, not read.
        """
        claims: dict[int, dict[str, Claim]] = {}
        for profile in profiles:
            distinct = claims.setdefault(profile.participant, {})
            for claim in profile.claims:
                name = _name(claim)
                if is_share(claim):
                    continue
                if len(distinct) < self._settings.claims and len(name) <= self._settings.characters:
                    distinct.setdefault(name, claim)
        return {p: tuple(distinct.values()) for p, distinct in claims.items()}

    def _repeats(self, name: str) -> bool:
        """Tell whether a claim is a line of the window, word for word, and no claim."""
        return name.count(" ") + 1 >= self._settings.repeated and f" {name} " in self._transcript

    def _terms_of_answer(
        self,
        profiles: Sequence[ParticipantProfile],
        claims: Mapping[int, tuple[Claim, ...]],
        row: Mapping[str, int],
        vectors: NDArray[np.float32],
        support: Floats,
    ) -> ProfileTerms:
        everything = [claim for group in claims.values() for claim in group]
        if not self._speakers or not everything:
            return ProfileTerms(0.0)
        terms = np.zeros(3)
        for speaker, length in self._speakers.items():
            if mine := claims.get(speaker, ()):
                rows = np.array([row[_name(claim)] for claim in mine], dtype=np.intp)
                terms += length * self._terms(speaker, mine, vectors[rows], support[rows])
        truth, citation, attribution = (
            float(term) for term in terms / sum(self._speakers.values())
        )
        participants = {profile.participant for profile in profiles}
        inventions = sum(
            1 for p in participants if p in self._silent or not 0 <= p < self._participants
        )
        leaks = sum(leaks_identifier(claim.value) for claim in everything) / len(everything)
        settings = self._settings
        value = settings.truth * truth + settings.cited * citation + settings.own * attribution
        value *= (len(participants) - inventions) / len(participants)
        # Profiles that leak much are worth nothing, so that leaking never pays.
        value *= 0.0 if leaks > settings.leaks else 1.0 - leaks
        return ProfileTerms(value, truth, citation, attribution, inventions, leaks)

    def _terms(
        self, speaker: int, claims: Sequence[Claim], rows: NDArray[np.float32], support: Floats
    ) -> Floats:
        """Return the three terms of one participant's claims, each 0..1, shape ``(3,)``."""
        alike = self._similarity.tags(rows, self._truth[speaker]).astype(np.float64)
        precision, recall = float(alike.max(axis=1).mean()), float(alike.max(axis=0).mean())
        total = precision + recall
        truth = 2 * precision * recall / total if total > 0 else 0.0
        mine = self._speaker_of == speaker
        own_support = support[:, mine].max(axis=1, initial=0.0)
        other_support = support[:, ~mine].max(axis=1, initial=0.0)
        larger = np.maximum(own_support, other_support)
        # Own support, lowered as far as the others' turns support the claim better.
        margin = np.divide(
            own_support * own_support, larger, out=np.zeros_like(own_support), where=larger > 0
        )
        citation = sum(
            self._citation(claim, speaker, turn_support)
            for claim, turn_support in zip(claims, support, strict=True)
        )
        # A single safe claim is not a full profile: terms are means over a least number of claims.
        denominator = max(len(claims), self._settings.expected)
        return np.array([truth, citation / denominator, float(margin.sum()) / denominator])

    def _citation(self, claim: Claim, speaker: int, support: Floats) -> float:
        """Return the share of right citations times the support of the best of them."""
        turns = tuple(dict.fromkeys(claim.turns))
        right = [t for t in turns if 0 <= t < len(support) and self._speaker_of[t] == speaker]
        if not right:
            return 0.0
        return len(right) / len(turns) * float(support[right].max())


def _said_here(claims: Sequence[Claim], length: int) -> tuple[Claim, ...]:
    """Return the claims that rest on a turn of the window; shares of the talk need no reading."""
    return tuple(
        claim
        for claim in claims
        if not is_share(claim) and any(0 <= turn < length for turn in claim.turns)
    )


def _name(claim: Claim) -> str:
    return normal_form(claim.value)
