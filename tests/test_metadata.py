"""Metadata merges upwards: tags gain support, profiles gain turns."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag, merge

tags = st.builds(
    Tag, st.sampled_from(["Tram", "tram", "bus line", "bus-line", "fares"]), st.just(1.0)
)
claims = st.builds(
    Claim,
    st.sampled_from(["topic", "role"]),
    st.sampled_from(["trams", "Trams", "driver"]),
    st.lists(st.integers(0, 9), max_size=3, unique=True).map(lambda turns: tuple(sorted(turns))),
    st.none() | st.sampled_from([0.5, 0.75]),
)
profiles = st.builds(ParticipantProfile, st.integers(0, 2), st.lists(claims, max_size=3).map(tuple))
metadata = st.builds(
    Metadata, st.lists(tags, max_size=4).map(tuple), st.lists(profiles, max_size=2).map(tuple)
)


def support(merged):
    return {tag.text.lower().replace("-", " "): tag.support for tag in merged.tags}


def cited(merged):
    return {
        (profile.participant, claim.attribute, claim.value.lower()): claim.turns
        for profile in merged.profiles
        for claim in profile.claims
    }


def test_the_same_tag_in_other_spelling_gains_support():
    parts = [
        Metadata((Tag("Tram"), Tag("fares"))),
        Metadata((Tag("tram"), Tag("delays"))),
        Metadata((Tag("tram"),)),
    ]
    merged = merge(parts)
    assert merged.tags[0] == Tag("tram", 3.0)
    assert {tag.text for tag in merged.tags} == {"tram", "fares", "delays"}


def test_equal_claims_unite_their_turns():
    first = ParticipantProfile(1, (Claim("topic", "tram delays", (0, 2)),))
    second = ParticipantProfile(1, (Claim("topic", "Tram delays", (0,)),))
    merged = merge([Metadata(profiles=(first,)), Metadata(profiles=(second,)).shift(10)])
    assert merged.profiles == (ParticipantProfile(1, (Claim("topic", "tram delays", (0, 2, 10)),)),)


@given(st.lists(metadata, max_size=5), st.integers(0, 5))
def test_merging_in_steps_is_merging_at_once(parts, split):
    at_once = merge(parts)
    in_steps = merge([merge(parts[:split]), merge(parts[split:])])
    assert support(in_steps) == support(at_once)
    assert cited(in_steps) == cited(at_once)


@given(metadata)
def test_json_gives_equal_metadata_back(value):
    assert Metadata.from_json(json.loads(json.dumps(value.to_json()))) == value


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"tags": "tram"},
        {"tags": [3]},
        {"tags": [{"text": "x", "support": "much"}]},
        {"profiles": [{}]},
        {"profiles": [{"participant": 0, "claims": [{"attribute": "topic"}]}]},
        {
            "profiles": [
                {
                    "participant": 0,
                    "claims": [{"attribute": "a", "value": "b", "turns": [], "confidence": "high"}],
                }
            ]
        },
        {
            "profiles": [
                {"participant": 0, "claims": [{"attribute": "a", "value": "b", "turns": ["c"]}]}
            ]
        },
    ],
)
def test_what_is_not_metadata_is_refused(value):
    with pytest.raises(ValueError, match=r"must be|is a|is an|has"):
        Metadata.from_json(value)
