"""The point of the measure: a degraded conversation is told from the original."""

from functools import cache
from statistics import fmean

import pytest

from benchmarks.boring_index import DEGRADATIONS, degrade, right_share
from cgp import samples
from cgp.conversation import Turn
from cgp.embedders import default_embedder
from cgp.quality import measure

SEEDS = 3


@cache
def originals():
    return [measure(conversation, default_embedder()) for conversation in samples.load()]


@cache
def versions(name):
    return [
        measure(degrade(name, conversation, seed), default_embedder())
        for seed in range(SEEDS)
        for conversation in samples.load()
    ]


def lower(part, name):
    """Return the share of degraded conversations in which a part is lower than in the original."""
    pairs = zip(originals() * SEEDS, versions(name), strict=True)
    return fmean(getattr(worse, part) < getattr(original, part) for original, worse in pairs)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_summary_is_below_the_originals(name):
    assert right_share(originals() * SEEDS, versions(name)) >= 0.95


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("coherence", "shuffled"),
        ("engagement", "shuffled"),
        ("novelty", "repeated"),
        ("novelty", "looped"),
        ("novelty", "templated"),
        ("relevance", "templated"),
        ("fluency", "word salad"),
        ("coherence", "word salad"),
    ],
)
def test_the_part_that_names_the_fault_falls(part, name):
    assert lower(part, name) >= 0.95


@pytest.mark.parametrize("part", ["relevance", "novelty", "fluency"])
def test_what_has_no_order_of_turns_does_not_see_it(part):
    for original, worse in zip(originals() * SEEDS, versions("shuffled"), strict=True):
        assert getattr(worse, part) == pytest.approx(getattr(original, part), abs=0.01)


def test_words_of_other_conversations_are_less_relevant():
    """Every other turn says what somebody says elsewhere, in the language of the embedder."""
    english = [c for c in samples.load() if c.language == "en"]
    right = []
    for conversation, other in zip(english, english[1:] + english[:1], strict=True):
        turns = tuple(
            Turn(turn.speaker, other.turns[i % len(other.turns)].text if i % 2 else turn.text)
            for i, turn in enumerate(conversation.turns)
        )
        mixed = type(conversation)("m", "test", conversation.participants, turns)
        embedder = default_embedder()
        right.append(measure(mixed, embedder).relevance < measure(conversation, embedder).relevance)
    assert fmean(right) >= 0.8


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_degrading_is_repeatable_and_keeps_the_number_of_turns(name):
    conversation = samples.load()[0]
    version = degrade(name, conversation, 1)
    assert version == degrade(name, conversation, 1) != conversation
    assert len(version.turns) == len(conversation.turns)


def test_shuffling_and_salad_keep_what_was_said():
    for conversation in samples.load():
        turns = degrade("shuffled", conversation, 0).turns
        assert sorted(turn.text for turn in turns) == sorted(t.text for t in conversation.turns)
        salad = degrade("word salad", conversation, 0)
        letters = [
            sorted("".join(t.text for t in c.turns).replace(" ", "")) for c in (conversation, salad)
        ]
        assert letters[0] == letters[1]
