"""The picture of rewards."""

from __future__ import annotations

import sys

import pytest

from cgp.scoring import Observation, update
from cgp.scoring.plot import plot_rewards


@pytest.fixture
def standings():
    made = {}
    for hotkey, quality in (("5Best", 0.5), ("5Good", 0.4), ("5Junk", 0.02)):
        standing = None
        for block in range(12):
            seen = Observation(hotkey, 0, quality, 0.5, answered=True, block=block)
            standing = update(standing, seen)
        made[hotkey] = standing
    return made


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_standings_curve_and_weights_are_drawn_the_same_each_time(tmp_path, standings, ending):
    pytest.importorskip("matplotlib")
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    plot_rewards(standings, first, weights={"5Best": 1.0})
    plot_rewards(standings, second, weights={"5Best": 1.0})
    assert first.stat().st_size > 5_000
    if ending == "png":
        assert first.read_bytes() == second.read_bytes()


def test_an_empty_subnet_is_drawn_too(tmp_path):
    pytest.importorskip("matplotlib")
    plot_rewards({}, tmp_path / "empty.png")
    assert (tmp_path / "empty.png").exists()


def test_another_ending_is_refused(tmp_path, standings):
    with pytest.raises(ValueError, match="a plot is written as one of"):
        plot_rewards(standings, tmp_path / "rewards.xyz")


def test_without_matplotlib_the_message_says_what_to_install(tmp_path, standings, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(RuntimeError, match=r"plots need matplotlib: .*\bplot\b"):
        plot_rewards(standings, tmp_path / "rewards.png")
