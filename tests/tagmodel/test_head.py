"""The head: bounded, finite, of one schema; fitted from rows alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.tagmodel.head import INPUTS, MAX_PARAMETERS, SCHEMA, Head, logistic
from cgp.tagmodel.training import HeadRows, fit_head


def head(**changes):
    return Head(**({"weights": np.zeros(INPUTS + 1, dtype=np.float32)} | changes))


def test_a_head_fits_into_the_bound_that_nodes_exchange():
    assert INPUTS + 1 <= MAX_PARAMETERS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "0" * 16}, "train it again"),
        ({"weights": np.zeros(3, dtype=np.float32)}, "float32 numbers"),
        ({"weights": np.zeros(INPUTS + 1)}, "float32"),
        ({"weights": np.full(INPUTS + 1, np.nan, dtype=np.float32)}, "finite"),
        ({"weights": np.full(INPUTS + 1, np.inf, dtype=np.float32)}, "finite"),
    ],
)
def test_a_head_of_another_kind_is_refused_with_the_reason(changes, message):
    with pytest.raises(ValueError, match=message):
        head(**changes)


def test_a_head_of_zeros_knows_nothing():
    assert head().probability(np.ones((3, INPUTS))).tolist() == [0.5] * 3
    assert head().schema == SCHEMA


@given(st.floats(-1e6, 1e6))
def test_the_logistic_function_stays_between_0_and_1(value):
    share = logistic(np.array([value, -value]))

    assert ((share >= 0) & (share <= 1)).all()
    assert share.sum() == pytest.approx(1.0)


def test_fitting_finds_the_input_that_tells_wanted_candidates():
    # Prepare: the third input decides, all others are noise.
    random = np.random.default_rng(1)
    rows = []
    for _ in range(40):
        inputs = random.normal(size=(16, INPUTS))
        wanted = inputs[:, 2] > 0
        rows.append(HeadRows(inputs, wanted.astype(np.float64), np.ones(16)))

    # Execute
    fitted = fit_head(rows, np.zeros(INPUTS + 1), pull=0.1)

    # Assert
    assert int(np.argmax(np.abs(fitted.weights[:-1]))) == 2
    assert fitted.weights[2] > 0


def test_a_strong_pull_keeps_the_head_where_it_starts():
    random = np.random.default_rng(2)
    start = random.normal(size=INPUTS + 1)
    rows = [
        HeadRows(
            random.normal(size=(16, INPUTS)),
            (random.random(16) > 0.5).astype(np.float64),
            np.ones(16),
        )
    ]

    fitted = fit_head(rows, start, pull=1e9)

    assert np.allclose(fitted.weights[:-1], start[:-1], atol=1e-3)
