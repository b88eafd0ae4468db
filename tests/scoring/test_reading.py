"""What was read of a window is kept, and never changes a score."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import numpy as np

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Metadata, Tag
from cgp.scoring import Answer, ScoringSettings, ScoringTask, default_rule
from cgp.scoring.reading import Reader
from cgp.scoring.similarity import exact_rows

SAID = ("the kettle boils in the harbor", "a piano stands by the harbor wall")
ELSEWHERE = ("the budget of the school", "teachers ask for a new budget")


def talk(name: str, *texts: str) -> Conversation:
    return Conversation(name, "t", (Participant("A"),), tuple(Turn(0, text) for text in texts))


def task(*texts: str) -> ScoringTask:
    truth = Metadata((Tag("harbor"), Tag("piano")))
    return ScoringTask(talk("w", *texts), truth, (talk("b", *ELSEWHERE),))


def test_equal_turns_are_read_once_and_other_turns_anew():
    reader = Reader(default_embedder(), ScoringSettings().window)
    first = reader.read(talk("a", *SAID))
    assert reader.read(talk("another id", *SAID)) is first
    assert reader.read(talk("a", SAID[0])) is not first
    assert reader.read(talk("a", " ".join(SAID))) is not first


def test_old_readings_are_forgotten_when_there_are_many():
    reader = Reader(default_embedder(), ScoringSettings().window)
    first = reader.read(talk("a", *SAID))
    for number in range(300):
        reader.read(talk("a", f"word{number}"))
    assert reader.read(talk("a", *SAID)) is not first


def test_a_rule_that_has_read_before_scores_as_a_new_one_does_in_any_thread():
    answers = [Answer(("harbor", "kettle")), Answer(("budget",)), Answer(("piano", "harbor wall"))]
    used = default_rule(default_embedder())
    tasks = [task(*SAID), replace(task(*ELSEWHERE), background=(talk("w", *SAID),))] * 8
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(lambda each: used.score(each, answers), tasks))
    for each, found in zip(tasks, scores, strict=True):
        expected = default_rule(default_embedder()).score(each, answers)
        assert [asdict(score) for score in found] == [asdict(score) for score in expected]


def test_each_turn_has_the_row_that_it_has_alone():
    embedder = default_embedder()
    long = " ".join(f"word{number}" for number in range(60))
    reading = Reader(embedder, ScoringSettings().window).read(talk("a", "Yes.", long, "", "Yes."))
    assert len(reading.text.segments) > len(reading.text.turns)
    assert np.array_equal(reading.turns, exact_rows(embedder.embed(reading.text.turns)))


def test_a_background_is_pooled_once_and_empty_windows_have_no_segments():
    reader = Reader(default_embedder(), ScoringSettings().window)
    windows = [talk("a", "The ferry is late."), talk("b", "The late bus."), talk("c", "...")]
    background = reader.background(windows)
    assert background.counts["the"] == background.counts["late"] == 2
    assert background.total == 7
    assert len(background.segments) == 2
    assert reader.background([talk("x", "The ferry is late."), *windows[1:]]) is background
    assert reader.background(windows[:1]) is not background
    assert reader.background([]).total == 0
