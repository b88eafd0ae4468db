"""Profiles of a conversation's speakers, as claims that cite each speaker's own turns.

Sentences are read one by one (``claims``): a claim is a clause of the speaker's own, told in the
third person, or a question as it was asked. Clauses that make no whole claim are left out.
Besides, each speaker has a share of the talk.
"""

from __future__ import annotations

from cgp.annotators.embedded.claims.reading import Reading
from cgp.annotators.embedded.claims.readings import read_claims
from cgp.annotators.embedded.claims.selection import select_claims
from cgp.conversation import Conversation
from cgp.profiles import ParticipantProfile, talk_shares

_CHARACTERS_OF_A_WORD = 6


def profile_speakers(conversation: Conversation) -> tuple[ParticipantProfile, ...]:
    """Return one profile for each speaker, in the order of their first turns.

    A profile's claims are distinct and free of contradictions, the surest first; a longer talk has
    room for more of them.
    """
    readings: dict[int, list[Reading]] = {speaker: [] for speaker in conversation.speakers}
    for speaker, reading in read_claims(conversation):
        readings[speaker].append(reading)
    shares = talk_shares(conversation)
    characters = dict.fromkeys(readings, 0)
    for turn in conversation.turns:
        characters[turn.speaker] += len(turn.text)
    profiles = []
    for speaker, readings_of_speaker in readings.items():
        claims = select_claims(readings_of_speaker, characters[speaker] // _CHARACTERS_OF_A_WORD)
        if speaker in shares:
            claims = (*claims, shares[speaker])
        profiles.append(ParticipantProfile(speaker, claims))
    return tuple(profiles)
