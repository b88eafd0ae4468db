"""What a slope and an intercept give is no gain that an expert may be paid for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.experts.calibration import fitted
from cgp.experts.gate import GATE_INPUTS, Gate
from cgp.experts.judge import Change, Reason, measure
from cgp.experts.mixture import Layer, Member, with_member
from cgp.experts.network import LinearNetwork
from cgp.experts.window_table import base_log_odds
from cgp.tagmodel.head import INPUTS, Head
from tests.experts.world import head, table

EMPTY = (Layer("language", 2, ()),)


def test_the_slope_and_intercept_of_a_kind_are_found_again():
    windows = table(5, 2000, strength=0.0)
    truth = base_log_odds(head(), windows)
    shifted = 0.5 * truth + 1.5

    result = fitted(shifted, windows, windows.slices)

    assert np.abs(result - truth).mean() < 0.1 * np.abs(shifted - truth).mean()
    # An order of tags is the same.
    assert np.array_equal(np.argsort(result[:8]), np.argsort(shifted[:8]))


@given(st.floats(-1e6, 1e6), st.floats(-50, 50))
def test_a_fit_is_finite_and_no_loss_of_a_kind_grows(scale, shift):
    windows = table(6, 40)
    log_odds = scale * base_log_odds(head(), windows) + shift

    result = fitted(log_odds, windows, windows.slices)

    assert np.isfinite(result).all()
    for kind in ("de", "en"):
        inside = np.asarray(windows.slices) == kind
        before, after = (windows.losses(z)[inside].mean() for z in (log_odds, result))
        assert after <= before + 1e-9


@pytest.mark.parametrize("size", [-0.5, -1.0])
def test_an_expert_that_only_shifts_all_candidates_is_refused(size):
    # Prepare: a head that believes in everything too much; an expert that takes that back.
    hold_out = table(7, 400)
    weights = head().weights.copy()
    weights[-1] += 1.0
    network = LinearNetwork({"w": np.zeros(INPUTS), "b": np.array([size])})
    gate = np.zeros(GATE_INPUTS + 1, dtype=np.float32)
    gate[-1] = 4.0
    member = Member("language.shift", "sha256:s", Gate(gate), lambda: network)
    after = with_member(EMPTY, "language", member)

    # Execute
    change = Change("sha256:s", EMPTY, after, "language", "language.shift")
    measured = measure(Head(weights), change, hold_out)

    # Assert: the loss is much lower, and no tag has another place.
    assert measured.lower > 0.02 * measured.loss_before
    assert measured.reason is Reason.NO_GAIN
