"""Profiles: claims that rest on a speaker's own turns, and one share of the talk."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.annotators.embedded import annotate
from cgp.annotators.embedded.profiles import profile_speakers
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.gold import bundled_gold
from cgp.profiles import ClaimKind, is_share, without_contradictions

TALK = Conversation(
    "c",
    "test",
    (Participant("Ada"), Participant("Ben"), Participant("Silent Sue")),
    (
        Turn(0, "I'm a marine biologist, and I love the tidal pools behind the harbour."),
        Turn(1, "I prefer football stadiums. How do tidal pools even survive a winter storm?"),
        Turn(0, "The anemones close up. I'll send you my photographs of the anemones tomorrow."),
        Turn(1, "Okay. Thank you! You know what I mean?"),
    ),
)


@pytest.fixture(scope="module")
def claims():
    return {
        profile.participant: {
            (claim.attribute, claim.value): claim.turns for claim in profile.claims
        }
        for profile in annotate(TALK, default_embedder(), 8).profiles
    }


def test_only_speakers_have_profiles(claims):
    assert set(claims) == {0, 1}


def test_each_claim_cites_the_turn_that_it_is_said_in(claims):
    assert claims[0]["role", "is a marine biologist"] == (0,)
    assert claims[0]["stance", "loves the tidal pools behind the harbour"] == (0,)
    assert claims[0]["commitment", "will send you their photographs of the anemones tomorrow"] == (
        2,
    )
    assert claims[1]["stance", "prefers football stadiums"] == (1,)
    assert claims[1]["question", 'asks "How do tidal pools even survive a winter storm?"'] == (1,)


def test_courtesies_and_backchannels_make_no_claims(claims):
    assert {turn for kind, _ in claims[1] for turn in claims[1][kind, _]} - {1} <= {3}
    assert not [
        value for kind, value in claims[1] if 3 in claims[1][kind, value] and kind != "talk_share"
    ]


def test_each_speaker_has_one_share_of_the_talk_where_there_is_somebody_to_share_with(claims):
    shares = [value for who in (0, 1) for kind, value in claims[who] if kind == "talk_share"]
    assert len(shares) == 2
    assert sum(int(value.split("%")[0]) for value in shares) in {99, 100, 101}
    alone = Conversation("c", "test", TALK.participants, TALK.turns[:1])
    (profile,) = profile_speakers(alone)
    assert not [claim for claim in profile.claims if is_share(claim)]


def test_the_surest_claims_come_first():
    profile = profile_speakers(TALK)[0]
    sure = [claim.confidence for claim in profile.claims if not is_share(claim)]
    assert sure == sorted(sure, reverse=True)
    assert all(0.5 < each <= 1 for each in sure)


def test_a_mark_of_redaction_leaves_no_hole_in_a_claim():
    talk = Conversation(
        "c",
        "test",
        (Participant("A"), Participant("B")),
        (
            Turn(0, "My email is [EMAIL_1], send me the budget. I'm a marine biologist."),
            Turn(1, "I'll send the yearly budget report to [EMAIL_1] tomorrow."),
        ),
    )
    values = [c.value for p in profile_speakers(talk) for c in p.claims if not is_share(c)]
    assert values == ["is a marine biologist"]


def test_a_sentence_that_goes_on_after_a_listeners_sound_is_one():
    talk = Conversation(
        "c",
        "test",
        (Participant("A"), Participant("B")),
        (
            Turn(0, "So I think we should move the meeting"),
            Turn(1, "Mm-hmm."),
            Turn(0, "to the new library building,"),
            Turn(1, "Right."),
            Turn(0, "because the old hall is too cold."),
        ),
    )
    # The first and second turn break off with no comma and no link word: nothing says that they go on.
    assert profile_speakers(talk)[0].participant == 0
    joined = Conversation(
        "c",
        "test",
        talk.participants,
        (Turn(0, "I think the meeting should move to"), *talk.turns[1:]),
    )
    stances = [c for c in profile_speakers(joined)[0].claims if c.attribute == ClaimKind.STANCE]
    assert stances[0].turns == (0, 2, 4)
    assert stances[0].value.startswith(
        "thinks the meeting should move to to the new library building"[:40]
    )


def test_on_the_bundled_gold_windows_every_claim_cites_its_own_speaker_and_none_denies_another():
    for gold in bundled_gold():
        for profile in profile_speakers(gold.window):
            assert sum(map(is_share, profile.claims)) <= 1
            assert without_contradictions(profile.claims) == profile.claims
            for claim in profile.claims:
                speakers = {gold.window.turns[turn].speaker for turn in claim.turns}
                assert speakers == {profile.participant}, claim


texts = st.lists(
    st.sampled_from(
        ["I think", "we", "will", "should", "um,", "uh", "my", "dog", "?", ".", ",", "--", "I'm", "I",
         "because", "\n", "don't", "L_C_D_", "the", "a", '"', "[laughs]", "你好，我觉得", "ich", "。", "..."]
    )
    | st.text(max_size=8),
    max_size=30,
).map(" ".join)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 2), texts), max_size=8))
def test_no_text_is_too_strange(said):
    people = tuple(Participant(name) for name in ("Ada", "", "I think"))
    talk = Conversation("c", "test", people, tuple(Turn(*turn) for turn in said))
    for profile in profile_speakers(talk):
        for claim in profile.claims:
            assert claim.value.strip()
            assert {talk.turns[turn].speaker for turn in claim.turns} == {profile.participant}


@pytest.mark.parametrize(
    "piece",
    ["I think ", "a ", "um, ", "um um ", "I'm , uh , ", "[", "((", "no. ", "no ", "L_", "kind of ", ", like, ",
     "should ", "is good ", "and I ", ", it ", "x", "1", "what is? ", '"', "the the ", "I will I will ", "- ",
     "e", "Mr. ", "ich wir ", "我觉得", "I think it, ", "\n", "-", ".", "!", "…"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "x"])
def test_the_time_is_proportional_to_the_text(piece, end):
    def seconds(size):
        turns = (Turn(0, (piece * size)[: 5 * size] + end), Turn(1, "Okay."))
        talk = Conversation("c", "test", (Participant("A"), Participant("B")), turns)
        started = time.process_time()
        profile_speakers(talk)
        return time.process_time() - started

    seconds(100)
    # Eight times the text takes eight times as long; quadratic work would take 64 times.
    small, large = min(seconds(1000) for _ in range(3)), min(seconds(8000) for _ in range(3))
    assert large < 24 * small + 0.05
