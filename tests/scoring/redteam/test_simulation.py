"""The simulated subnet pays with the validator's own functions, and only what was earned."""

import pytest

from cgp.embedders import default_embedder
from cgp.scoring.redteam.honest import full
from cgp.scoring.redteam.playing import Round, hotkey_of
from cgp.scoring.redteam.remembering import RememberingEmbedder
from cgp.scoring.redteam.simulation import simulate
from cgp.scoring.redteam.strategy import Strategy
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.task import Score

GOOD = Strategy("good", full, 1.0, "test", seats=4)
BAD = Strategy("bad", full, 1.0, "test")
NEW = Strategy("new", full, 1.0, "test", lifetime=5)


def rounds(count, values):
    return [
        Round(f"w{n}", 0.5, {seat: Score(value, value > 0) for seat, value in values.items()}, {})
        for n in range(count)
    ]


def values(**scores):
    return {
        (strategy.name, seat): scores[strategy.name]
        for strategy in (GOOD, BAD, NEW)
        for seat in range(strategy.seats)
        if strategy.name in scores
    }


def test_income_is_a_share_of_all_that_is_paid():
    outcome = simulate(
        rounds(40, values(good=0.5, bad=0.0)), (GOOD, BAD), default_embedder(), ScoringSettings()
    )
    assert sum(outcome.income.values()) == pytest.approx(1)
    assert outcome.total(BAD) == 0
    assert outcome.total(GOOD) == pytest.approx(1)


def test_a_new_hotkey_leaves_its_standing_behind():
    outcome = simulate(
        rounds(40, values(good=0.5, new=0.5)), (GOOD, NEW), default_embedder(), ScoringSettings()
    )
    kept = [hotkey for hotkey in outcome.standings if hotkey.startswith("new/")]
    assert kept == [hotkey_of("new", 0, 7)]
    assert outcome.standings[kept[0]].asked == 5


def test_a_remembering_embedder_gives_the_rows_of_the_one_behind_it():
    remembering = RememberingEmbedder(default_embedder())
    texts = ["budget", "remote control", "budget"]
    for _ in range(2):
        assert (remembering.embed(texts) == default_embedder().embed(texts)).all()
    assert remembering.embed([]).shape == (0, default_embedder().dimension)
    right = default_embedder()
    assert (remembering.id, remembering.dimension) == (right.id, right.dimension)
    assert (remembering.embed_tags([" Remote-Control "]) == right.embed(["remote control"])).all()
