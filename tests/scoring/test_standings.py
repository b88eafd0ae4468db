"""Standings: unbiased at once, cautious, patient with noise, quick with those who stop working."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.scoring import (
    Observation,
    Score,
    Standing,
    observe,
    reference_of,
    standing_value,
    still_registered,
    update,
)
from cgp.scoring.settings import StandingSettings

UNIT = st.floats(0, 1)
OUTCOMES = st.lists(st.tuples(UNIT, st.floats(0.05, 1)), min_size=1, max_size=60)


def play(outcomes, hotkey: str = "h", registered_at: int = 5, before: Standing | None = None):
    """Return the standing after (score, reference) outcomes."""
    standing = before
    for block, (score, reference) in enumerate(outcomes):
        seen = Observation(hotkey, registered_at, score, reference, answered=True, block=block)
        standing = update(standing, seen)
    assert standing is not None
    return standing


def noisy(quality: float, count: int, seed: int, spread: float = 0.25):
    rng = random.Random(seed)
    outcomes = []
    for _ in range(count):
        worth = rng.uniform(0.2, 0.7)
        outcomes.append((min(1.0, max(0.0, worth * rng.gauss(quality, spread))), worth))
    return outcomes


def test_the_estimate_is_unbiased_from_the_first_answer_on():
    for count in (1, 2, 10, 100, 1000):
        assert play([(0.4, 0.5)] * count).mean == pytest.approx(0.8)


def test_difficulty_is_divided_out():
    easy, hard = play([(0.72, 0.9)] * 30), play([(0.08, 0.1)] * 30)
    assert easy.value == pytest.approx(hard.value)


@given(OUTCOMES, UNIT, st.floats(0.05, 1))
def test_silence_is_never_better_than_answering_badly(outcomes, score, reference):
    past = play(outcomes)
    silent = play([(0.0, reference)], before=past)
    answered = play([(score, reference)], before=past)
    assert silent.mean <= answered.mean


@given(OUTCOMES, UNIT, UNIT)
def test_a_better_answer_never_lowers_the_mean(outcomes, a, b):
    past = play(outcomes)
    low, high = (play([(score, 0.5)], before=past).mean for score in sorted((a, b)))
    assert low <= high


def test_answering_only_easy_windows_stays_below_answering_all():
    rng = random.Random(0)
    windows = [(worth := rng.uniform(0.1, 0.8), worth) for _ in range(200)]
    selective = [(score if worth > 0.45 else 0.0, worth) for score, worth in windows]
    assert play(selective).value < 0.85 * play(windows).value


def test_invalid_and_silent_answers_are_zeros_at_full_weight():
    void = Score(0.0, valid=False, reason="forged")
    seen = observe("h", 1, void, 0.5, 7, peer=1.0, peer_weight=0.1)
    assert seen == Observation("h", 1, 0.0, 0.5, answered=False, block=7)
    standing = update(update(None, observe("h", 1, Score(0.5, valid=True), 0.5, 6)), seen)
    assert standing.mean == pytest.approx(0.5, abs=0.01)
    assert (standing.asked, standing.answered) == (2, 1)


def test_peer_agreement_moves_an_observation_a_little_and_never_below_nothing():
    def seen(peer):
        return observe("h", 1, Score(0.5, valid=True), 0.5, 0, peer=peer, peer_weight=0.1).score

    assert seen(None) == 0.5
    assert seen(1.0) == pytest.approx(0.55)
    assert seen(0.0) == seen(-1.0) == pytest.approx(0.45)


def test_a_new_good_miner_reaches_nine_tenths_of_its_standing_within_twenty_answers():
    final = sum(play(noisy(1.0, 400, seed)).value for seed in range(20)) / 20
    early = sum(play(noisy(1.0, 20, seed)).value for seed in range(20)) / 20
    assert early > 0.9 * final


def test_what_is_not_known_yet_is_not_paid():
    values = [play([(0.5, 0.5)] * count).value for count in (1, 2, 5, 20, 100)]
    assert values == sorted(values)
    assert values[0] < 0.8 < 0.95 < values[-1] <= 1.0


def test_uncertainty_shrinks_with_answers_and_grows_with_noise():
    assert play(noisy(1, 100, 0)).uncertainty < play(noisy(1, 10, 0)).uncertainty
    assert play(noisy(1, 50, 0, 0.05)).uncertainty < play(noisy(1, 50, 0, 0.4)).uncertainty


@pytest.mark.parametrize(("missed", "least", "most"), [(5, 0.85, 1.0), (25, 0.4, 0.8)])
def test_an_outage_costs_in_proportion_to_the_windows_missed(missed, least, most):
    good = play(noisy(1.0, 300, 0))
    back = play([(0.0, 0.5)] * missed, before=good)
    assert least * good.value <= back.value < most * good.value


def test_who_stops_working_is_soon_paid_nothing():
    good = play(noisy(1.0, 300, 0))
    assert play([(0.0, 0.5)] * 40, before=good).value < 0.5 * good.value
    assert play([(0.0, 0.5)] * 80, before=good).value < 0.25


def test_a_miner_that_works_again_recovers():
    broken = play([(0.0, 0.5)] * 10, before=play(noisy(1.0, 100, 0)))
    assert play(noisy(1.0, 60, 1), before=broken).value > 0.8


def test_quality_is_ordered_after_sixty_windows():
    right = [
        play(noisy(better, 60, seed)).value > play(noisy(better - 0.2, 60, seed + 999)).value
        for better in (1.0, 0.8, 0.6)
        for seed in range(100)
    ]
    assert sum(right) / len(right) >= 0.99


def test_a_hotkey_registered_anew_starts_fresh():
    old = play([(0.5, 0.5)] * 50, registered_at=5)
    new = play([(0.1, 0.5)], registered_at=900, before=old)
    assert new == play([(0.1, 0.5)], registered_at=900)


def test_observations_of_another_hotkey_are_refused():
    with pytest.raises(ValueError, match="observed for the standing of"):
        play([(0.5, 0.5)], hotkey="other", before=play([(0.5, 0.5)]))


def test_only_hotkeys_that_kept_their_registration_keep_their_standing():
    standings = {name: play([(0.5, 0.5)], name, 5) for name in ("stays", "left", "returned")}
    present = {"stays": 5, "returned": 80, "newcomer": 90}
    assert list(still_registered(standings, present)) == ["stays"]


@given(OUTCOMES)
def test_standings_survive_storage_to_the_last_bit(outcomes):
    standing = play(outcomes)
    stored = Standing.from_json(standing.to_json())
    assert stored == standing
    assert play(outcomes, before=stored) == play(outcomes, before=standing)


@pytest.mark.parametrize("text", ["[]", "{}", '{"long": 1, "recent": 2}', "nonsense"])
def test_a_broken_record_is_refused(text):
    with pytest.raises(ValueError, match=r"not a stored standing|Expecting value"):
        Standing.from_json(text)


def test_a_window_is_worth_what_the_baseline_scores_on_it():
    assert reference_of(Score(0.4, valid=True)) == 0.4
    assert reference_of(Score(0.0, valid=True)) > 0
    typical = StandingSettings().typical_reference
    assert reference_of(None) == reference_of(Score(0.0, valid=False)) == typical


@pytest.mark.parametrize("seed", range(8))
def test_windows_on_which_the_baseline_earns_nothing_decide_nothing(seed):
    # Prepare: a miner with the baseline's own answers, on talk of which it earns by a third.
    draw = random.Random(seed)
    scores = [draw.choice((0.0, 0.0, 0.2)) for _ in range(300)]

    # Execute
    standing = play([(score, reference_of(Score(score, valid=True))) for score in scores])

    # Assert
    assert 0.85 <= standing.value <= 1.0


@given(OUTCOMES)
def test_values_are_finite_and_not_negative(outcomes):
    value = standing_value(play(outcomes))
    assert math.isfinite(value)
    assert value >= 0


@given(OUTCOMES)
def test_a_window_that_counts_once_counts_as_it_did(outcomes):
    weighted = None
    for block, (score, reference) in enumerate(outcomes):
        seen = Observation("h", 5, score, reference, answered=True, block=block, weight=1.0)
        weighted = update(weighted, seen)

    assert weighted == play(outcomes)


@given(st.integers(2, 8), UNIT, UNIT, st.floats(0.05, 1))
def test_a_gold_window_moves_the_mean_as_often_as_it_counts(weight, before, score, reference):
    lasting = StandingSettings(memory=1.0)
    first = Observation("h", 5, before, 0.5, answered=True, block=0)
    gold = Observation("h", 5, score, reference, answered=True, block=1, weight=float(weight))
    ordinary = Observation("h", 5, score, reference, answered=True, block=1)

    once = update(update(None, first, lasting), gold, lasting)
    often = update(None, first, lasting)
    for _ in range(weight):
        often = update(often, ordinary, lasting)

    assert once.mean == pytest.approx(often.mean)
    assert once.asked == 2
    # One observation tells less about the spread than many: it is not taken for more answers.
    assert once.effective_answers <= often.effective_answers


def test_silence_on_a_gold_window_costs_as_often_as_it_counts():
    settings = StandingSettings()
    past = play([(0.4, 0.5)] * 50)
    silent = Observation("h", 5, 0.0, 0.5, answered=False, block=60, weight=settings.gold_weight)

    drop = past.mean - update(past, silent).mean

    once = past.mean - update(past, Observation("h", 5, 0.0, 0.5, answered=False, block=60)).mean
    assert drop > 3 * once


def test_a_standing_is_worth_what_the_settings_say_that_it_was_made_under():
    # Prepare: the same answers under the usual settings and under bolder ones.
    bold = StandingSettings(caution=0.0, prior_spread=0.01)
    seen = Observation("h", 5, 0.4, 0.5, answered=True, block=1)

    # Execute
    usual, bolder = update(None, seen), update(None, seen, bold)

    # Assert: the value follows the settings, also after a restart, and the usual form is unchanged.
    assert bolder.value == standing_value(bolder, bold) > usual.value
    assert bolder.uncertainty < usual.uncertainty
    assert Standing.from_json(bolder.to_json()) == bolder
    assert Standing.from_json(bolder.to_json()).value == bolder.value
    assert "settings" not in usual.to_json()
    assert Standing.from_json(usual.to_json()).settings == StandingSettings()
