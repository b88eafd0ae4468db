"""Claims of parts become claims of the whole: equal ones unite, and none denies another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.profiles import (
    Claim,
    ClaimKind,
    ParticipantProfile,
    is_share,
    said_by,
    talk_shares,
    unite_claims,
    with_talk_shares,
    without_contradictions,
)

TALK = Conversation(
    "c",
    "test",
    (Participant("Ana"), Participant("Ben"), Participant("Sue")),
    (Turn(0, "abcdef"), Turn(1, "ab"), Turn(0, "ab"), Turn(1, "")),
)


def stance(value, *turns, confidence=None):
    return Claim(ClaimKind.STANCE, value, turns, confidence)


def test_a_share_is_of_all_characters_and_cites_the_speakers_turns():
    shares = talk_shares(TALK)
    assert {who: (claim.value, claim.turns) for who, claim in shares.items()} == {
        0: ("80% of the talk", (0, 2)),
        1: ("20% of the talk", (1, 3)),
    }
    assert talk_shares(TALK.excerpt(2, 3)) == {}, "one person shares with nobody"


def test_a_part_of_a_conversation_has_its_own_shares_that_cite_the_whole():
    profiles = with_talk_shares(
        (ParticipantProfile(0, (Claim("talk_share", "99% of the talk", (0,)),)),),
        TALK.excerpt(1, 3),
        first_turn=1,
    )
    assert [(p.participant, p.claims[0].value, p.claims[0].turns) for p in profiles] == [
        (0, "50% of the talk", (2,)),
        (1, "50% of the talk", (1,)),
    ]


def test_equal_claims_unite_and_shares_of_parts_go():
    found = unite_claims(
        [
            stance("likes trams", 3, confidence=0.7),
            Claim("talk_share", "40% of the talk", (3,)),
            stance("Likes trams", 1, confidence=0.9),
            Claim("talk_share", "60% of the talk", (1,)),
        ]
    )
    assert found == (stance("likes trams", 1, 3, confidence=0.9),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("likes the new tram", "does not like the new tram"),
        ("likes the new tram", "dislikes the new tram"),
        ("agrees with the budget", "disagrees with the budget"),
        ("will attend the meeting", "will not attend the meeting"),
        ("thinks we need a survey", "does not think we need a survey"),
        ("is 34 years old", "is 35 years old"),
        ("lives in Lyon", "lives in Berlin"),
    ],
)
def test_of_two_claims_that_deny_each_other_the_later_stands(first, second):
    assert without_contradictions([stance(first, 1), stance(second, 5)]) == (stance(second, 5),)
    assert without_contradictions([stance(first, 9), stance(second, 5)]) == (stance(first, 9),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("likes the new tram", "does not like the old bus"),
        ("will attend the meeting", "will skip the meeting"),
        ("has two dogs", "has a cat"),
    ],
)
def test_claims_about_different_things_stand_beside_each_other(first, second):
    both = (stance(first, 1), stance(second, 5))
    assert without_contradictions(both) == both


def test_questions_assert_nothing():
    both = (
        Claim(ClaimKind.QUESTION, 'asks "Does it not work?"', (0,)),
        Claim(ClaimKind.QUESTION, 'asks "Does it work?"', (4,)),
    )
    assert without_contradictions(both) == both


claims = st.lists(
    st.builds(
        Claim,
        st.sampled_from(["stance", "fact", "talk_share", "question"]),
        st.sampled_from(["likes tea", "does not like tea", "Likes tea", "is 3 years old", "is 4 years old"]),
        st.lists(st.integers(0, 9), max_size=3).map(tuple),
        st.none() | st.floats(0, 1),
    ),
    max_size=8,
)  # fmt: skip


@given(claims)
def test_what_is_united_is_free_of_contradictions_and_stays_as_it_is(given_claims):
    found = unite_claims(given_claims)
    assert unite_claims(found) == found
    assert without_contradictions(found) == found
    assert not any(map(is_share, found))
    assert {claim.value.lower() for claim in found} <= {c.value.lower() for c in given_claims}


def test_claims_keep_only_turns_of_their_participant():
    given_claims = (stance("likes trams", 0, 1, 2, 77), stance("likes buses", 1), stance("none"))
    assert said_by(0, given_claims, TALK) == (stance("likes trams", 0, 2),)
