"""Profiles: claims that rest on a speaker's own words."""

import pytest

from cgp.annotators.embedded import annotate
from cgp.annotators.embedded.speech import questions, roles, stances
from cgp.annotators.embedded.stop_words import stop_words
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder

TALK = Conversation(
    "c",
    "test",
    (Participant("Ada"), Participant("Ben"), Participant("Silent Sue")),
    (
        Turn(0, "I'm a marine biologist, and I love the tidal pools behind the harbour."),
        Turn(1, "I prefer football stadiums. How do tidal pools even survive a winter storm?"),
        Turn(0, "The anemones close up. Tidal pools are full of anemones and tiny crabs."),
        Turn(1, "Football stadiums close up too! Our stadium has a sliding roof."),
    ),
)


@pytest.fixture(scope="module")
def claims():
    found = annotate(TALK, default_embedder(), 8)
    return {
        profile.participant: {
            (claim.attribute, claim.value): claim.turns for claim in profile.claims
        }
        for profile in found.profiles
    }


def test_only_speakers_have_profiles(claims):
    assert set(claims) == {0, 1}


def test_a_role_named_outright_is_claimed_with_its_turn(claims):
    assert claims[0]["role", "marine biologist"] == (0,)
    assert not [key for key in claims[1] if key[0] == "role"]


def test_topics_are_those_that_the_speaker_owns(claims):
    own = " ".join(value for attribute, value in claims[0] if attribute == "topic").casefold()
    theirs = " ".join(value for attribute, value in claims[1] if attribute == "topic").casefold()
    assert "tidal pools" in own
    assert "football stadiums" in theirs
    assert "stadium" not in own


def test_a_stance_is_told_briefly(claims):
    assert claims[0]["stance", "loves the tidal pools"] == (0,)
    assert claims[1]["stance", "prefers football stadiums"] == (1,)


def test_questions_are_told_of_who_asks(claims):
    asked = {
        value: turns for (attribute, value), turns in claims[1].items() if attribute == "question"
    }
    assert len(asked) == 1
    assert list(asked.values()) == [(1,)]
    assert not [key for key in claims[0] if key[0] == "question"]


def test_the_share_of_talk_is_told_when_there_is_somebody_to_share_with(claims):
    shares = [
        value for speaker in (0, 1) for kind, value in claims[speaker] if kind == "talk_share"
    ]
    assert len(shares) == 2
    assert sum(int(value.split("%")[0]) for value in shares) in {99, 100, 101}
    alone = Conversation("c", "test", TALK.participants, TALK.turns[:1])
    (profile,) = annotate(alone, default_embedder(), 8).profiles
    assert "talk_share" not in {claim.attribute for claim in profile.claims}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("As a nurse, I see it daily.", "en", ["nurse"]),
        ("I'm the project manager here", "en", ["project manager"]),
        ("I'm a bit better. I am the other one.", "en", []),
        ("He is a doctor.", "en", []),
        ("Soy ingeniera y trabajo aquí", "es", ["ingeniera"]),
        ("Ich bin Lehrerin an einer Schule", "de", ["Lehrerin"]),
        ("Je suis médecin à Lyon", "fr", ["médecin"]),
        ("我是医生", "zh", []),
    ],
)
def test_roles_are_read_only_where_they_are_named(text, language, expected):
    assert list(roles(text, stop_words(language))) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I really love hiking, you know.", "en", ["loves hiking"]),
        ("I don't like crowded beaches.", "en", ["does not like crowded beaches"]),
        ("I like that.", "en", []),
        ("You like jazz.", "en", []),
        ("Me encanta el queso fresco.", "es", ["Me encanta el queso fresco"]),
    ],
)
def test_stances_are_the_speakers_own_and_about_something(text, language, expected):
    assert list(stances(text, stop_words(language))) == expected


def test_questions_are_found_in_every_script():
    assert questions("Fine. Where is it? There!") == ["Where is it"]
    assert questions("¿Dónde está la parada?") == ["Dónde está la parada"]
    assert questions("你去哪里？我在家。") == ["你去哪里"]
    assert questions("أين المحطة؟") == ["أين المحطة"]
    assert questions("???") == []
