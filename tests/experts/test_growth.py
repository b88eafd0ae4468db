"""A fractal expert over the tag model's numbers: it learns, and grows by the judge's test alone."""

import numpy as np

from cgp.experts.mixture import Layer
from cgp.experts.training import TrainingPlan
from cgp.experts.upgrade import grow_expert
from cgp.experts.window_table import added_log_odds, base_log_odds
from cgp.fractal import FractalNetwork
from tests.experts.test_judge import change
from tests.experts.world import head, table


def test_a_fractal_expert_learns_and_does_not_grow_where_the_truth_is_linear():
    learn, test = table(1, 400, strength=2.0), table(2, 300, strength=2.0)
    plan = TrainingPlan(steps=60, rate=0.02, pull=0.01)

    pupil, growth = grow_expert(
        head(), (Layer("language", 2, ()),), "language.german", table=learn, plan=plan
    )

    assert isinstance(pupil.network, FractalNetwork)
    assert not any(step.is_kept for step in growth)
    base = base_log_odds(head(), test)
    layers = change(pupil.network, gate=pupil.frozen_gate()).after
    after = test.losses(base + added_log_odds(layers, test)).mean()
    assert np.isfinite(after)
    assert after < test.losses(base).mean()
