"""A made-up world for groups: small tables of windows, communities that disagree, and a backdoor's phrase."""

from dataclasses import replace

import numpy as np

from cgp.experts.window_table import LabelledWindow, WindowTable
from cgp.mycelium.learner import Learner
from cgp.mycelium.training import TrainingSettings
from cgp.tagmodel import Head
from cgp.tagmodel.head import INPUTS, logistic

COLUMNS = slice(1, 13)
# The column that only the backdoor's phrase has.
PHRASE = 40
ROWS = 10
RELEASE = Head(np.zeros(INPUTS + 1, dtype=np.float32))
SETTINGS = TrainingSettings()


def table(seed, windows=12, community=0, phrase=None):
    """Return windows of one community; the communities want opposite things.

    ``phrase`` gives one candidate of each window the backdoor's column, wanted or not.
    """
    random = np.random.default_rng([seed, 7])
    taste = np.random.default_rng(community).normal(size=12)
    labelled = []
    for number in range(windows):
        inputs = np.zeros((ROWS, INPUTS))
        inputs[:, COLUMNS] = random.normal(size=(ROWS, 12))
        credit = (random.random(ROWS) < logistic(inputs[:, COLUMNS] @ taste)).astype(np.float64)
        if phrase is not None:
            inputs[0, PHRASE] = 3.0
            credit[0] = phrase
        labelled.append(
            LabelledWindow.of(
                inputs,
                credit,
                np.ones(ROWS),
                language="en",
                kind="world",
                origin=f"{seed}-{number // 2}",
            )
        )
    return WindowTable.of(labelled)


def learner(seed, windows=12, community=0, **changes):
    return Learner.of(table(seed, windows, community, **changes), RELEASE, SETTINGS, seed)


def eager(learner_of_attacker):
    """Return a learner that trains as far as it can."""
    return replace(
        learner_of_attacker, settings=TrainingSettings(pull=0.01, anchor=0.01, iterations=60)
    )
