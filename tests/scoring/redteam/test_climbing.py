"""Climbers: they do climb, they give what the window says, and without a truth there is little to climb."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cgp.metadata import Metadata
from cgp.scoring import Answer
from cgp.scoring.redteam.climbing import Pieces, climb, heaviest_words


def value(bench, tags, truth: Metadata) -> float:
    task = replace(bench.task, ground_truth=truth)
    return bench.rule.score(task, [Answer(tags)])[0].value


@pytest.mark.parametrize("pieces", Pieces)
def test_a_climber_climbs_higher_than_a_list_of_heavy_words(bench, pieces):
    window, background = bench.task.window, bench.task.background
    tags = climb(bench.rule, window, background, pieces=pieces)
    assert 3 <= len(tags) <= 12
    said = " ".join(bench.prepared.evidence.text.turns)
    assert all(tag in said or tag in bench.prepared.evidence.unit_names for tag in tags)
    if pieces is Pieces.PAIRS:
        assert all(" " in tag for tag in tags)
    heavy = heaviest_words(bench.rule, bench.task)
    assert sum(bench.supported(*tags)) > sum(bench.supported(*heavy)[: len(tags)])


def test_there_is_nothing_to_climb_without_a_truth(bench):
    window, background = bench.task.window, bench.task.background
    blind = climb(bench.rule, window, background)
    seeing = climb(bench.rule, window, background, bench.task.ground_truth)
    assert value(bench, blind, Metadata()) == 0.0
    truth = bench.task.ground_truth
    assert value(bench, seeing, truth) > 1.2 * value(bench, blind, truth)
