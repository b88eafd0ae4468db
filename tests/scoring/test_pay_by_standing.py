"""The table of docs/incentive.md that says what a standing earns, computed again."""

import re
from pathlib import Path

import numpy as np
import pytest

from cgp.scoring.rewards import bell

PAGE = Path(__file__).parents[2] / "docs" / "incentive.md"
ROWS = [
    tuple(map(float, row))
    for row in re.findall(
        r"^\| (\d\.\d\d) \| (\d\.\d\d) \| (\d\.\d\d) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
]


def pay(standing, honest):
    """Return the pay of one miner beside honest ones, relative to their mean."""
    own, *others = bell(np.array([standing, *honest]))
    return own / np.mean(others)


def test_the_table_has_the_standings_that_a_miner_asks_for():
    assert [row[0] for row in ROWS] == [0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.5]


@pytest.mark.parametrize(("standing", "beside_equals", "beside_others"), ROWS)
def test_a_standing_earns_what_the_table_says(standing, beside_equals, beside_others):
    assert pay(standing, np.ones(16)) == pytest.approx(beside_equals, abs=0.0051)
    assert pay(standing, np.linspace(0.8, 1.2, 16)) == pytest.approx(beside_others, abs=0.0051)


@pytest.mark.parametrize(("honest", "most"), [(8, 0.125), (64, 0.095)])
def test_the_number_of_honest_miners_changes_little(honest, most):
    changes = [abs(pay(row[0], np.ones(honest)) - pay(row[0], np.ones(16))) for row in ROWS]
    assert max(changes) <= most
