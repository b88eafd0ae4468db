"""Further rewards: a capped part of the weights, conserved, and nothing until it is turned on."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cgp.config import Settings
from cgp.scoring.further_rewards import MOST_SHARE, RewardSourceError, reward_source, with_further

UIDS = {name: uid for uid, name in enumerate("abcdef")}


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from(range(4)), st.floats(1e-6, 1), min_size=1),
    # "x" has left the subnet.
    st.dictionaries(st.sampled_from("cdefx"), st.integers(1, 10**6)),
    st.floats(0, MOST_SHARE),
)
def test_weights_are_conserved_and_no_more_than_the_share_moves(raw, amounts, share):
    total = math.fsum(raw.values())
    vector = {uid: weight / total for uid, weight in raw.items()}

    mixed = with_further(vector, amounts, UIDS, share)

    moved = math.fsum(max(0.0, mixed[uid] - vector.get(uid, 0.0)) for uid in mixed)
    assert math.fsum(mixed.values()) == pytest.approx(1.0)
    assert moved <= share + 1e-9
    assert all(weight >= 0.0 for weight in mixed.values())
    # Each registered hotkey gets its part of the whole pool, however many others have left.
    for hotkey in amounts.keys() & UIDS.keys():
        assert (
            mixed.get(UIDS[hotkey], 0.0) >= share * amounts[hotkey] / sum(amounts.values()) - 1e-12
        )


def test_nothing_changes_until_it_is_turned_on_or_where_nothing_was_earned():
    vector, amounts = {0: 0.25, 1: 0.75}, {"b": 10}

    assert with_further(vector, amounts, UIDS, 0.0) == vector
    assert with_further(vector, {}, UIDS, 0.2) == vector
    assert with_further({}, amounts, UIDS, 0.2) == {}
    assert with_further(vector, amounts, UIDS, 0.2) == pytest.approx({0: 0.2, 1: 0.8})


def test_a_share_above_the_cap_is_refused_in_code_and_in_settings():
    with pytest.raises(ValueError, match=r"0 to 0\.2"):
        with_further({0: 1.0}, {"a": 1}, UIDS, 0.21)
    with pytest.raises(ValidationError, match="weight_share"):
        Settings(experts={"ledger": "x", "weight_share": 0.21})
    with pytest.raises(ValidationError, match="EXPERTS_LEDGER"):
        Settings(experts={"weight_share": 0.1})
    assert Settings().experts.weight_share == 0.0


def test_rewards_that_no_package_brings_are_named():
    with pytest.raises(RewardSourceError, match="'stars'"):
        reward_source("stars", Path())
