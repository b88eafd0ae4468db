"""The worked example of docs/incentive.md, number by number."""

from __future__ import annotations

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Metadata, Tag
from cgp.scoring import Answer, ScoringTask, default_rule

PEOPLE = (Participant("Ana"), Participant("Ben"))
WINDOW = Conversation(
    "example",
    "meeting",
    PEOPLE,
    (
        Turn(0, "Let us start with the remote control. Its design must be small and light."),
        Turn(1, "The budget is tight: twelve euros a unit. Budget planning comes first."),
        Turn(0, "I would add voice recognition, so that nobody has to find the remote."),
        Turn(1, "Voice recognition costs. Market trends say people want a simple remote design."),
        Turn(0, "Then the remote control design stays simple, and the budget holds."),
    ),
)
TRUTH = Metadata(
    (Tag("budget"), Tag("remote control design"), Tag("market trends", 0.6), Tag("coffee machine"))
)
BACKGROUND = tuple(
    Conversation(name, "meeting", PEOPLE, tuple(Turn(0, text) for text in texts))
    for name, texts in {
        "garden": ("Let us start with the roses. People want a simple garden.", "Then it stays."),
        "school": ("The school must find a teacher.", "So the first class comes on Monday, I say."),
    }.items()
)
TAGS = ("budget planning", "remote design", "voice recognition", "budget plan", "synergy")


def score(*tags: str):
    task = ScoringTask(WINDOW, TRUTH, BACKGROUND)
    return default_rule(default_embedder()).score(task, [Answer(tags)])[0]


def test_the_worked_example():
    result = score(*TAGS)
    assert [(v.text, round(v.credit, 2), v.verdict) for v in result.tags] == [
        ("budget planning", 0.0, "duplicate"),
        ("remote design", 0.94, "ground_truth"),
        ("voice recognition", 0.0, "novel"),
        ("budget plan", 0.93, "ground_truth"),
        ("synergy", 0.0, "ungrounded"),
    ]
    # What each tag counts: "budget" is a word that anybody counts, so what restates it counts a tenth.
    worth = [0.1, 0.475, 0.521, 0.1, 1.0]
    credit = [verdict.credit for verdict in result.tags]
    earned = [wins * each for wins, each in zip(credit, worth, strict=True)]
    # As far as a tag wins nothing it counts whole.
    counts = [wins * each + 1 - wins for wins, each in zip(credit, worth, strict=True)]
    precision = (sum(earned) - 0.15 * (worth[0] + worth[4])) / sum(counts)
    coverage = result.components["coverage"]
    assert result.components["precision"] == pytest.approx(precision, abs=0.001)
    assert coverage == pytest.approx(0.661, abs=0.001)
    assert result.value == pytest.approx(
        2 * precision * coverage / (precision + coverage), abs=1e-3
    )
    assert result.value == pytest.approx(0.177, abs=0.001)


def test_leaving_the_junk_out_gains_a_little_and_saying_something_gains_more():
    with_junk, without, better = score(*TAGS), score(*TAGS[:4]), score(*TAGS[:4], "market trends")
    assert without.value == pytest.approx(0.304, abs=0.001)
    assert better.value == pytest.approx(0.494, abs=0.001)
    assert with_junk.value < without.value < better.value


def test_the_ground_truth_of_another_window_is_not_asked_for():
    complete = score("budget", "remote control design", "market trends", "voice recognition")
    assert complete.value == pytest.approx(0.724, abs=0.001)
    elsewhere = score("coffee machine")
    assert elsewhere.value == 0.0
    assert [verdict.verdict for verdict in elsewhere.tags] == ["elsewhere"]


def test_a_truth_made_from_the_window_itself_is_about_it():
    task = ScoringTask(WINDOW, TRUTH, BACKGROUND, share=1.0)
    [result] = default_rule(default_embedder()).score(task, [Answer(("coffee machine",))])
    assert [(v.credit, v.verdict) for v in result.tags] == [(1.0, "ground_truth")]
    assert result.value > 0.3
