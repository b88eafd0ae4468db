"""Figures of profiles on annotated windows."""

import pytest

from cgp.gold import gold_from_json
from cgp.gold.profiles import matches, measure_profiles, stems_of, support
from cgp.metadata import Claim, ParticipantProfile

WINDOW = gold_from_json(
    {
        "id": "w",
        "turns": [
            {"speaker": "Ada", "text": "I sold my old sailing boat, the engine was rusty."},
            {"speaker": "Ben", "text": "Will you buy another boat in spring?"},
            {"speaker": "Ada", "text": "No, I prefer hiking in the mountains now."},
        ],
        "tags": [{"text": "sailing boat", "weight": 3}],
        "profiles": [
            {
                "speaker": "Ada",
                "claims": [
                    {"attribute": "fact", "value": "sold an old boat", "turns": [0]},
                    {"attribute": "stance", "value": "likes hiking in the mountains", "turns": [2]},
                ],
            },
            {
                "speaker": "Ben",
                "claims": [
                    {
                        "attribute": "question",
                        "value": "whether Ada buys another boat",
                        "turns": [1],
                    }
                ],
            },
        ],
    }
)


def test_the_figures_count_what_matches_by_kind():
    measured = measure_profiles(
        [WINDOW],
        [
            (
                ParticipantProfile(
                    0,
                    (
                        Claim("fact", "sold their old sailing boat", (0,)),
                        Claim("fact", "owns a castle", (0, 1)),
                        Claim("talk_share", "60% of the talk", (0, 2)),
                        Claim("talk_share", "50% of the talk", (0,)),
                    ),
                ),
            )
        ],
    )
    fact = measured.by_kind["fact"]
    assert (fact.claims, fact.wanted_claims, fact.match_share, fact.coverage) == (2, 1, 0.5, 1.0)
    assert (fact.support, fact.own_share) == (0.5, 0.5)
    assert measured.by_kind["stance"].coverage == 0.0
    assert measured.overall.wanted_claims == 3
    assert measured.overall.coverage == pytest.approx(1 / 3)
    assert (measured.contradictions, measured.second_shares) == (0, 1)


def test_contradictions_are_counted():
    profile = ParticipantProfile(
        0, (Claim("stance", "likes boats", (0,)), Claim("stance", "does not like boats", (2,)))
    )
    assert measure_profiles([WINDOW], [(profile,)]).contradictions == 1


def test_a_claim_matches_by_common_words_in_a_common_turn():
    wanted = Claim("fact", "sold an old boat with a rusty engine", (0,))
    assert matches(Claim("fact", "sells boats with rusty engines", (0,)), wanted)
    assert not matches(Claim("fact", "sold an old boat", (2,)), wanted), "another turn"
    assert not matches(Claim("fact", "says the boat sank yesterday", (0,)), wanted), "one word"


def test_support_is_the_share_of_words_that_were_said():
    assert support(Claim("fact", "sold their boat", (0,)), WINDOW.window) == 1.0
    assert support(Claim("fact", "sold their castle", (0,)), WINDOW.window) == 0.5
    assert support(Claim("fact", "sold their boat", (2,)), WINDOW.window) == 0.0


def test_scripts_without_spaces_are_compared_by_pairs_of_characters():
    assert stems_of("猫と話す") == {"猫と", "と話", "話す"}
    assert matches(Claim("fact", "猫を飼っている", (0,)), Claim("fact", "猫を飼う", (0,)))


def test_each_window_needs_an_answer():
    with pytest.raises(ValueError, match="shorter"):
        measure_profiles([WINDOW], [])
