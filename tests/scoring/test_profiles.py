"""Profiles: whose claims, from whose turns, and at what price of inventions and leaks."""

from __future__ import annotations

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.scoring import Answer, ScoringTask

WINDOW = Conversation(
    "c",
    "test",
    (Participant("Ana"), Participant("Ben"), Participant("Absent")),
    (
        Turn(0, "The greenhouse heating bill doubled, so I want solar panels on the roof."),
        Turn(1, "I keep bees, and my hives need a windbreak of hazel along the fence."),
        Turn(0, "Solar panels would pay for the greenhouse heating within six years."),
        Turn(1, "The bees suffered from mites last winter; the hazel would help the hives."),
    ),
)
TRUTH = Metadata(
    (Tag("greenhouse heating"), Tag("solar panels"), Tag("hazel windbreak"), Tag("bees")),
    (
        ParticipantProfile(
            0,
            (
                Claim("topic", "greenhouse heating bill", (0, 2)),
                Claim("wish", "solar panels on the roof", (0,)),
            ),
        ),
        ParticipantProfile(
            1,
            (Claim("hobby", "keeps bees in hives", (1, 3)), Claim("wish", "hazel windbreak", (1,))),
        ),
    ),
)
TAGS = ("greenhouse heating", "solar panels", "hazel windbreak", "bees")
GOOD = TRUTH.profiles


def swapped(profiles):
    return tuple(ParticipantProfile(1 - p.participant, p.claims) for p in profiles)


def recited(profiles, turns):
    return tuple(
        ParticipantProfile(
            p.participant, tuple(Claim(c.attribute, c.value, turns) for c in p.claims)
        )
        for p in profiles
    )


@pytest.fixture
def profile_score(bench):
    task = ScoringTask(WINDOW, TRUTH, bench.task.background)

    def score(profiles, tags=TAGS):
        return bench.rule.score(task, [Answer(tags, tuple(profiles))])[0]

    return score


def test_good_profiles_raise_the_score_and_none_cost_a_share(profile_score):
    good, none = profile_score(GOOD), profile_score(())
    assert good.components["profiles"] > 0.8
    assert none.components["profiles"] == 0
    assert none.value == pytest.approx(0.75 * none.components["tags"])
    assert good.value > 1.2 * none.value


def test_profiles_earn_nothing_without_tags(profile_score):
    assert profile_score(GOOD, ()).value == 0
    assert profile_score(GOOD, ("people talking",)).value == 0


def test_swapped_speakers_earn_little(profile_score):
    good, wrong = profile_score(GOOD), profile_score(swapped(GOOD))
    assert wrong.components["profiles"] < 0.2 * good.components["profiles"]


def test_a_generic_person_earns_about_nothing(profile_score):
    generic = tuple(
        ParticipantProfile(p, (Claim("role", "takes part in the conversation", (p,)),))
        for p in (0, 1)
    )
    assert profile_score(generic).components["profiles"] < 0.1


@pytest.mark.parametrize("turns", [(), (1, 3), (-1,), (99,), (10**12,)])
def test_citations_must_exist_and_be_the_participants_own(profile_score, turns):
    anas = recited(GOOD[:1], turns)
    assert profile_score(anas).components["profile_cited"] == 0
    assert profile_score(GOOD[:1]).components["profile_cited"] > 0


def test_citing_everything_dilutes_the_citation(profile_score):
    precise = profile_score(recited(GOOD[:1], (0,))).components["profile_cited"]
    broad = profile_score(recited(GOOD[:1], (0, 1, 2, 3, 4, 5))).components["profile_cited"]
    assert broad < 0.5 * precise


@pytest.mark.parametrize("stranger", [2, 7, -1])
def test_invented_participants_cost(profile_score, stranger):
    invented = (*GOOD, ParticipantProfile(stranger, (Claim("role", "sells solar panels", (0,)),)))
    before, after = (profile_score(p).components["profiles"] for p in (GOOD, invented))
    assert after == pytest.approx(before * 2 / 3)


@pytest.mark.parametrize(
    "secret",
    [
        "write to ana@example.org",
        "call +44 20 7946 0958",
        "card 4111 1111 1111 1111",
        "at 10.20.30.40",
    ],
)
def test_leaked_identifiers_cost_and_many_of_them_cost_all(profile_score, secret):
    once = (ParticipantProfile(0, (*GOOD[0].claims, Claim("contact", secret, (0,)))), GOOD[1])
    leak = ParticipantProfile(0, (Claim("contact", secret, (0,)),))
    honest = profile_score(GOOD).components["profiles"]
    assert 0 < profile_score(once).components["profiles"] < honest
    assert profile_score((leak, *GOOD[1:])).components["profiles"] == 0


def test_repeating_what_was_said_is_no_claim(profile_score):
    lines = tuple(
        ParticipantProfile(turn.speaker, (Claim("topic", turn.text, (i,)),))
        for i, turn in enumerate(WINDOW.turns)
    )
    repeated = profile_score(lines).components
    assert repeated["profile_cited"] == repeated["profile_own"] == 0


def test_a_few_words_of_a_line_are_a_claim_and_more_of_them_are_not(profile_score, bench):
    enough = bench.rule.settings.profiles.repeated
    words = ["solar", "panels", "would", "pay", "for", "the", "greenhouse"]

    def cited(count: int) -> float:
        claim = Claim("topic", " ".join(words[:count]), (2,))
        return profile_score([ParticipantProfile(0, (claim,))]).components["profile_cited"]

    assert cited(enough - 1) > 0
    assert cited(enough) == 0


def test_repeated_claims_and_participants_add_nothing(profile_score):
    double = tuple(ParticipantProfile(p.participant, p.claims * 3) for p in GOOD) * 2
    assert profile_score(double).components == profile_score(GOOD).components


def test_a_window_about_which_the_truth_claims_nothing_is_scored_by_tags_alone(bench):
    bare = ScoringTask(WINDOW, Metadata(TRUTH.tags), bench.task.background)
    [score] = bench.rule.score(bare, [Answer(TAGS)])
    assert score.value == score.components["tags"] > 0.5
    assert "profiles" not in score.components
