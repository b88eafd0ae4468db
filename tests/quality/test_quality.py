"""``Quality``: what it takes, its summary, its JSON."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.quality import PARTS, QUALITY_VERSION, Quality

parts = st.floats(0, 1, allow_nan=False)
qualities = st.builds(Quality, parts, parts, parts, parts, parts)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", [-0.001, 1.001, math.nan, math.inf, "0.5", None, True])
def test_a_part_outside_0_to_1_is_refused_by_name(part, value):
    with pytest.raises(ValueError, match=part):
        replace(Quality(0.5, 0.5, 0.5, 0.5, 0.5), **{part: value})


@pytest.mark.parametrize("value", [0.1, 0.5, 1.0])
def test_the_summary_of_equal_parts_is_that_part(value):
    assert Quality(*[value] * 5).summary == pytest.approx(value, abs=1e-6)


def test_the_summary_is_the_geometric_mean_with_a_least_of_two_hundredths():
    assert Quality(0, 1, 1, 1, 1).summary == round(0.02**0.2, 6)
    assert Quality(0.5, 1, 0.25, 1, 0.8).summary == round(0.1**0.2, 6)
    assert Quality(0, 0, 0, 0, 0).summary == 0.0


@given(qualities)
def test_the_summary_is_between_0_and_1_and_below_the_best_part(quality):
    assert 0 <= quality.summary <= 1
    assert quality.summary <= max(0.02, *(getattr(quality, part) for part in PARTS)) + 1e-6


@pytest.mark.parametrize("part", PARTS)
@given(quality=qualities)
def test_every_part_raises_the_summary(part, quality):
    low, high = replace(quality, **{part: 0.3}), replace(quality, **{part: 0.9})
    assert low.summary < high.summary


@given(qualities)
def test_json_gives_an_equal_quality_back(quality):
    document = quality.to_json()
    assert set(document) == {"version", "summary", *PARTS}
    assert document["version"] == QUALITY_VERSION
    assert Quality.from_json(document) == quality


def test_the_summary_in_json_is_not_believed():
    document = {**Quality(0.5, 0.5, 0.5, 0.5, 0.5).to_json(), "summary": 1.0}
    assert Quality.from_json(document).summary == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "0"}, "version"),
        ({"novelty": 2}, "novelty"),
        ({"fluency": "high"}, "fluency"),
    ],
)
def test_wrong_json_is_refused(change, message):
    document = {**Quality(0.5, 0.5, 0.5, 0.5, 0.5).to_json(), **change}
    with pytest.raises(ValueError, match=message):
        Quality.from_json(document)


@pytest.mark.parametrize("value", [None, [], "quality", {"version": QUALITY_VERSION}])
def test_json_of_another_form_is_refused(value):
    with pytest.raises(ValueError, match="quality"):
        Quality.from_json(value)
