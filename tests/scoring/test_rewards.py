"""Rewards: a bell curve over standings, one seat a cluster, and weights the chain always takes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.scoring import Observation, Standing, bell, rewards, update, weights
from cgp.scoring.rewards import membership
from cgp.scoring.settings import RewardSettings

SETTINGS = RewardSettings()
QUALITIES = st.lists(st.floats(0, 1.5), min_size=1, max_size=24)


def standing(hotkey: str, quality: float, answers: int = 200) -> Standing:
    """Return the standing of a miner that always scores ``quality`` times the baseline."""
    made: Standing | None = None
    for block in range(answers):
        made = update(made, Observation(hotkey, 0, quality * 0.5, 0.5, answered=True, block=block))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def template() -> Standing:
    return standing("template", 1.0)


def field(template: Standing, *qualities: float) -> dict[str, Standing]:
    """Return miners of these qualities, each as sure as after 200 answers."""
    long, recent = template.long, template.recent
    made = {}
    for i, quality in enumerate(qualities):
        name = f"m{i}"
        sums = [
            replace(s, x=s.r * quality, xx=s.rr * quality**2, xr=s.rr * quality)
            for s in (long, recent)
        ]
        made[name] = replace(template, hotkey=name, long=sums[0], recent=sums[1])
    return made


@given(QUALITIES)
def test_rewards_are_monotone_in_standing_and_sum_to_one_or_nothing(template, qualities):
    standings = field(template, *qualities)
    shares = rewards(standings)
    assert list(shares) == list(standings)
    total = sum(shares.values())
    assert total == pytest.approx(1.0) or total == 0.0
    ranked = sorted(standings, key=lambda name: standings[name].value)
    paid = [shares[name] for name in ranked]
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(paid))


def test_the_curve_is_the_mean_comparison_with_the_field_to_a_power():
    values = np.array([0.3, 0.6, 1.0, 1.1])
    above = [max(0.0, value - SETTINGS.floor) / SETTINGS.member for value in values]
    seats = [
        (value, min(1.0, each) ** 2) for value, each in zip(values.tolist(), above, strict=True)
    ]

    def mean(value: float) -> float:
        compared = [
            member * 0.5 * (1 + math.erf(z / math.sqrt(2)))
            for seat, member in seats
            for z in [(value - seat) / SETTINGS.spread + SETTINGS.lead]
        ]
        return sum(compared) / sum(member for _, member in seats)

    floor = mean(SETTINGS.floor) ** SETTINGS.steepness
    # What stands at the floor is no member, and paid nothing.
    expected = [
        max(0.0, mean(v) ** SETTINGS.steepness - floor) * member
        for v, (_, member) in zip(values, seats, strict=True)
    ]
    assert bell(values) == pytest.approx(expected)


@pytest.mark.parametrize(("low", "high", "share"), [(0.75, 1.0, 2 / 3), (0.6, 1.4, 1 / 6)])
@given(data=st.data())
def test_no_miner_can_take_most_of_anothers_pay_by_rising(template, low, high, share, data):
    others = data.draw(st.lists(st.floats(low, high), min_size=8, max_size=24))
    rise = sorted(data.draw(st.tuples(st.floats(0, 3), st.floats(0, 3))))
    # Prepare: the same field before and after one more miner becomes better.
    before, after = (rewards(field(template, *others, each)) for each in rise)
    # Execute
    kept = [after[f"m{i}"] / before[f"m{i}"] for i in range(len(others))]
    # Assert: among eight or more about as good everybody keeps two thirds. Among unequal ones
    # it is a sixth: eight that are hardly paid (.6 each) keep .18 beside one that rises to 3.
    assert min(kept) >= share


def test_one_outstanding_miner_leaves_the_others_four_fifths_of_their_pay(template):
    honest = (1.0, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6)
    before, after = (rewards(field(template, *honest, each)) for each in (0.8, 2.4))
    assert all(after[f"m{i}"] > 0.8 * before[f"m{i}"] for i in range(len(honest)))
    assert after["m16"] > 1.5 * after["m4"]


def test_equal_miners_are_paid_equally_however_many_they_are(template):
    for count in (1, 2, 3, 17):
        shares = rewards(field(template, *[1.0] * count))
        assert list(shares.values()) == pytest.approx([1 / count] * count)


def test_a_lone_mediocre_miner_is_still_paid(template):
    assert rewards(field(template, 0.6)) == {"m0": 1.0}


def test_miners_at_or_below_what_needs_no_reading_get_nothing(template):
    shares = rewards(field(template, 1.0, SETTINGS.floor, 0.1, 0.0))
    assert list(shares.values()) == [1.0, 0.0, 0.0, 0.0]


def test_the_best_is_paid_at_least_five_times_a_noisy_one(template):
    shares = rewards(field(template, 1.0, 0.95, 0.8, 0.55, 0.33))
    assert shares["m0"] >= 5 * shares["m4"]


def test_silent_hotkeys_change_nothing(template):
    few = field(template, 1.0, 0.8, 0.5)
    many = few | {
        f"s{i}": replace(s, hotkey=f"s{i}") for i, s in enumerate([standing("s", 0.0, 3)] * 50)
    }
    shares = rewards(many)
    assert {name: shares[name] for name in few} == rewards(few)


def test_decoys_do_not_help_a_favourite(template):
    honest = (1.0, 1.0, 0.95, 0.9)
    before = rewards(field(template, *honest))
    after = rewards(field(template, *honest, *[0.3] * 20))
    assert after["m0"] / after["m3"] == pytest.approx(before["m0"] / before["m3"], rel=0.05)


def test_eight_clones_earn_one_seat(template):
    standings = field(template, *[1.0] * 8, 1.0, 0.9, 0.8, 1.0)
    clusters = {f"m{i}": 0 if i < 8 else i for i in range(12)}
    shares = rewards(standings, clusters)
    clones = sum(shares[f"m{i}"] for i in range(8))
    assert clones == pytest.approx(shares["m8"])
    unjoined = rewards(standings)
    assert sum(unjoined[f"m{i}"] for i in range(8)) > 6 * unjoined["m8"]


def test_a_seat_is_shared_by_merit_and_worth_its_best_member(template):
    standings = field(template, 1.0, 0.6, 0.1, 1.0)
    shares = rewards(standings, {"m0": 0, "m1": 0, "m2": 0, "m3": 1})
    assert shares["m0"] > shares["m1"] > shares["m2"] == 0
    assert shares["m0"] + shares["m1"] == pytest.approx(shares["m3"])


def test_membership_is_full_for_the_good_and_next_to_none_for_decoys():
    floor, member = SETTINGS.floor, SETTINGS.member
    values = np.array([0.0, floor, floor + 0.1 * member, floor + member, 5.0])
    assert membership(values) == pytest.approx([0.0, 0.0, 0.01, 1.0, 1.0])


def test_more_steepness_pays_the_best_more(template):
    standings = field(template, 1.0, 0.8)
    gentle, steep = (
        rewards(standings, settings=replace(SETTINGS, steepness=gamma)) for gamma in (1.0, 4.0)
    )
    assert steep["m0"] > gentle["m0"] > 0.5


def test_weights_are_by_uid_and_sum_to_one():
    shares = {"a": 0.5, "b": 0.25, "gone": 0.25, "poor": 0.0}
    vector = weights(shares, {"b": 1, "a": 7, "poor": 3, "new": 9}, owner_uid=0)
    assert vector == {1: pytest.approx(1 / 3), 7: pytest.approx(2 / 3)}


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(allow_nan=True, allow_infinity=True)))
def test_weights_are_always_valid_for_the_chain(shares):
    vector = weights(shares, {name: uid for uid, name in enumerate("abcd")}, owner_uid=9)
    assert all(math.isfinite(w) and w > 0 for w in vector.values())
    assert sum(vector.values()) == pytest.approx(1.0)


def test_nobody_eligible_falls_back_to_the_owner_or_to_nothing():
    assert weights({}, {}, owner_uid=4) == {4: 1.0}
    assert weights({"a": 0.0}, {"a": 1}, owner_uid=4) == {4: 1.0}
    assert weights({"a": 1.0}, {}, owner_uid=None) == {}
    assert rewards({}) == {}
