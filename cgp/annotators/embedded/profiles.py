"""What a conversation tells about each speaker, as claims that cite that speaker's own turns.

Claims are told briefly and rest on the speaker's own words: ``role`` (only when named outright),
``topic`` (what this speaker says more than others do), ``stance``, ``question`` and ``talk_share``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cgp.annotators.embedded.candidates import Candidate
from cgp.annotators.embedded.speech import questions, roles, stances
from cgp.annotators.embedded.stop_words import StopWords
from cgp.conversation import Conversation
from cgp.metadata import Claim, ParticipantProfile

MAX_CLAIMS = 8
_MAX_TOPICS = 3
_MAX_STANCES = 2
_MAX_QUESTIONS = 1
_MAX_CITED = 3
_SHORT_QUESTION = range(3, 6)
_OWN_SHARE = 0.8
_ASKS = {
    "en": "asks about {}",
    "es": "pregunta por {}",
    "fr": "demande à propos de {}",
    "de": "fragt nach {}",
    "pt": "pergunta sobre {}",
    "it": "chiede di {}",
    "nl": "vraagt naar {}",
}


@dataclass(frozen=True)
class Said:
    """What profiles are made from: scrubbed turns, scored phrases, and the language's words."""

    conversation: Conversation
    texts: Sequence[str]
    phrases: Sequence[tuple[Candidate, float]]
    stops: StopWords


@dataclass(frozen=True)
class _Own:
    """A phrase as one speaker uses it."""

    phrase: Candidate
    turns: tuple[int, ...]
    score: float


def profile_speakers(said: Said) -> tuple[ParticipantProfile, ...]:
    """Return one profile for each speaker, in order of their first turns."""
    own_turns: dict[int, list[int]] = {}
    words: dict[int, int] = {}
    for number, turn in enumerate(said.conversation.turns):
        own_turns.setdefault(turn.speaker, []).append(number)
        words[turn.speaker] = words.get(turn.speaker, 0) + len(said.texts[number].split())
    own_phrases = _by_speaker(said)
    shares = _shares(words) if len(words) > 1 else {}
    return tuple(
        ParticipantProfile(
            speaker,
            _claims(said, turns, own_phrases.get(speaker, []), shares.get(speaker)),
        )
        for speaker, turns in own_turns.items()
    )


def _shares(words: Mapping[int, int]) -> dict[int, int]:
    """Return each speaker's share of all words, in per cent."""
    everything = max(sum(words.values()), 1)
    return {speaker: round(100 * count / everything) for speaker, count in words.items()}


def _by_speaker(said: Said) -> dict[int, list[_Own]]:
    """Return each speaker's phrases, best first: central ones that others say less."""
    turns = said.conversation.turns
    owned: dict[int, list[_Own]] = {}
    for phrase, score in said.phrases:
        by: dict[int, list[int]] = {}
        for number in phrase.turns:
            by.setdefault(turns[number].speaker, []).append(number)
        for speaker, own in by.items():
            share = _OWN_SHARE * len(own) / len(phrase.turns)
            owned.setdefault(speaker, []).append(_Own(phrase, tuple(own), score + share))
    for phrases in owned.values():
        phrases.sort(key=lambda own: (-own.score, own.phrase.first))
    return owned


def _claims(
    said: Said, turns: Sequence[int], phrases: Sequence[_Own], share: int | None
) -> tuple[Claim, ...]:
    topics = _distinct(phrases, _MAX_TOPICS)
    told = [
        *_cited(
            "role",
            ((role, n) for n in turns for role in roles(said.texts[n], said.stops)),
            1,
        ),
        *(Claim("topic", own.phrase.text, own.turns[:_MAX_CITED]) for own in topics),
        *_cited(
            "stance",
            ((stance, n) for n in turns for stance in stances(said.texts[n], said.stops)),
            _MAX_STANCES,
        ),
        *_cited("question", _questions(said, turns, phrases), _MAX_QUESTIONS),
    ]
    if share is not None and topics:
        value = f"{share}% of the talk, mostly {topics[0].phrase.text}"
        told.append(Claim("talk_share", value, topics[0].turns[:_MAX_CITED]))
    distinct = {claim.value.casefold(): claim for claim in reversed(told)}
    return tuple(reversed(distinct.values()))[:MAX_CLAIMS]


def _distinct(phrases: Sequence[_Own], count: int) -> list[_Own]:
    """Return the best phrases of which no two share a word."""
    picked: list[_Own] = []
    used: set[str] = set()
    for own in phrases:
        if len(picked) == count:
            break
        if used.isdisjoint(own.phrase.key):
            picked.append(own)
            used.update(own.phrase.key)
    return picked


def _cited(attribute: str, found: Iterator[tuple[str, int]], count: int) -> list[Claim]:
    """Return the first ``count`` different values, each with the turns that it is found in."""
    values: dict[str, tuple[str, list[int]]] = {}
    for value, number in found:
        turns = values.setdefault(value.casefold(), (value, []))[1]
        if number not in turns:
            turns.append(number)
    return [
        Claim(attribute, value, tuple(turns[:_MAX_CITED]))
        for value, turns in list(values.values())[:count]
    ]


def _questions(
    said: Said, turns: Sequence[int], phrases: Sequence[_Own]
) -> Iterator[tuple[str, int]]:
    """Yield a speaker's questions, those about the best phrases first, told briefly."""
    found = []
    for number in turns:
        for question in questions(said.texts[number]):
            folded = question.casefold()
            about = (
                (rank, own.phrase.text)
                for rank, own in enumerate(phrases)
                if number in own.turns and own.phrase.text.casefold() in folded
            )
            if (best := next(about, None)) is not None:
                found.append((best[0], number, question, best[1]))
    for _, number, question, phrase in sorted(found):
        if len(question.split()) in _SHORT_QUESTION:
            yield question, number
        else:
            yield _ASKS.get(said.stops.languages[0], "{}?").format(phrase), number
