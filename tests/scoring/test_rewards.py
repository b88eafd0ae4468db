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
from cgp.scoring.rewards import centre_and_spread
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


def test_the_curve_is_the_normal_distribution_function_to_a_power():
    values = np.array([0.6, 0.9, 1.0, 1.1])
    centre, spread = centre_and_spread(values)

    def phi(value: float) -> float:
        z = (value - centre) / spread + SETTINGS.lead
        return (0.5 * (1 + math.erf(z / math.sqrt(2)))) ** SETTINGS.steepness

    expected = [phi(v) - phi(SETTINGS.floor) for v in values]
    assert bell(values) == pytest.approx(expected)


def test_equal_miners_are_paid_equally_however_many_they_are(template):
    for count in (1, 2, 3, 17):
        shares = rewards(field(template, *[1.0] * count))
        assert list(shares.values()) == pytest.approx([1 / count] * count)


def test_a_lone_mediocre_miner_is_still_paid(template):
    assert rewards(field(template, 0.5)) == {"m0": 1.0}


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
    standings = field(template, 1.0, 0.5, 0.1, 1.0)
    shares = rewards(standings, {"m0": 0, "m1": 0, "m2": 0, "m3": 1})
    assert shares["m0"] > shares["m1"] > shares["m2"] == 0
    assert shares["m0"] + shares["m1"] == pytest.approx(shares["m3"])


def test_the_scale_is_robust_and_bounded():
    same = np.full(9, 0.9)
    assert centre_and_spread(same) == (0.9, SETTINGS.least_spread)
    centre, spread = centre_and_spread(np.array([1.0] * 5 + [0.26] * 40))
    assert centre == 1.0
    assert SETTINGS.least_spread <= spread <= SETTINGS.most_spread


def test_the_centre_is_halfway_where_half_of_the_merit_is_reached_exactly():
    floor = SETTINGS.floor
    # Merit is the square of what is above the floor: 9 on one side, 4 + 4 + 1 on the other.
    values = np.array([floor + 0.3, floor + 0.2, floor + 0.2, floor + 0.1])
    assert centre_and_spread(values)[0] == pytest.approx(floor + 0.25)
    assert centre_and_spread(values[[0, 1]])[0] == pytest.approx(floor + 0.3)
    assert centre_and_spread(np.full(4, floor + 0.2))[0] == pytest.approx(floor + 0.2)


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
