"""Annotators side by side: means, intervals, paired differences."""

import math

import numpy as np
import pytest
import scipy.stats  # noqa: F401 - imported by the first interval, which has a deadline here
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cgp.annotators.baselines import baselines, random_phrases
from cgp.gold import bundled_gold, compare, gold_of_truth, intervals_of
from cgp.metadata import Metadata, Tag
from tests.gold.windows import annotated

shares = arrays(
    np.float64, st.tuples(st.integers(2, 12), st.integers(1, 3)), elements=st.floats(0, 1)
)


@settings(max_examples=25)
@given(shares)
def test_an_interval_holds_the_mean_and_lies_within_the_values(values):
    for column, interval in zip(values.T, intervals_of(values), strict=True):
        assert column.min() - 1e-9 <= interval.low <= interval.mean + 1e-9
        assert interval.mean - 1e-9 <= interval.high <= column.max() + 1e-9


@settings(max_examples=25)
@given(shares, st.integers(0, 3))
def test_the_same_seed_gives_the_same_intervals(values, seed):
    assert intervals_of(values, seed=seed) == intervals_of(values, seed=seed)


def test_an_interval_has_the_width_of_the_normal_one_for_many_windows():
    values = np.random.default_rng(5).random((400, 1))

    (interval,) = intervals_of(values)

    error = values.std(ddof=1) / math.sqrt(400)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_one_window_has_no_interval_and_none_has_no_mean():
    (interval,) = intervals_of(np.array([[0.5]]))

    assert interval.mean == 0.5
    assert math.isnan(interval.low)
    with pytest.raises(ValueError, match="no windows"):
        intervals_of(np.empty((0, 1)))


def test_a_better_annotator_is_ahead_window_by_window():
    gold = [annotated((("night bus", 3), ("fares", 1)), identifier=str(i)) for i in range(12)]
    answers = {"good": [["night bus", "fares"]] * 12, "half": [["night bus", "weather"]] * 12}

    good, half = compare(gold, answers)

    assert good.strict["f"].mean == 1.0
    assert good.ahead is None
    assert half.ahead.high < 0
    assert good.strict["f"].above(half.strict["f"])


def test_the_paired_difference_is_narrower_than_the_two_intervals():
    # Windows differ much; the annotators differ by the same little on each.
    gold = [annotated([(f"word{n}", 1) for n in range(8)], identifier=str(i)) for i in range(20)]
    hits = [[f"word{n}" for n in range(i % 7)] for i in range(20)]
    answers = {"a": [[*h, "other"] for h in hits], "b": [[*h, "other", "more"] for h in hits]}

    a, b = compare(gold, answers)

    assert b.ahead.high < 0
    assert not a.strict["f"].above(b.strict["f"])


def test_each_annotator_answers_every_window():
    with pytest.raises(ValueError, match="shorter"):
        compare([annotated((("bus", 1),))], {"a": []})


def test_a_ground_truth_is_taken_for_the_wanted_tags():
    truth = Metadata((Tag("night bus", 1.0), Tag("fares", 0.6), Tag("council", 0.4)))

    window = gold_of_truth(annotated((("weather", 3),), reject=["bus"]), truth)

    assert [(tag.text, int(tag.weight)) for tag in window.tags] == [
        ("night bus", 3),
        ("fares", 2),
        ("council", 1),
    ]
    assert window.reject == ()


async def test_baselines_give_tags_of_the_window_and_the_same_again():
    for gold in bundled_gold():
        for baseline in baselines():
            first = await baseline.annotate(gold.window, max_tags=8)
            again = await baseline.annotate(gold.window, max_tags=8)
            assert first == again
            assert len({tag.text for tag in first.tags}) == 8


def test_random_phrases_differ_from_window_to_window():
    drawn = [tuple(random_phrases(gold.window, 8)) for gold in bundled_gold()]

    assert len(set(drawn)) == len(drawn)
