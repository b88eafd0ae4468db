"""Words that a window says, but never as a phrase: told by their parts of speech."""

from __future__ import annotations

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.scoring.spoken_phrases import SpokenPhrases

TALK = (
    "We watch the tide turn before the ferry leaves the harbour.",
    "Storage heaters warm the houses beside the road, and the cost of tidal energy falls.",
    "The ferry leaves early. A new ferry costs a lot, says the council.",
)


def window(*texts: str, language: str | None = "en") -> Conversation:
    turns = tuple(Turn(0, text) for text in texts)
    return Conversation("w", "meeting", (Participant("Ada"),), turns, language=language)


@pytest.fixture(scope="module")
def speech() -> SpokenPhrases:
    return SpokenPhrases.of(window(*TALK))


@pytest.mark.parametrize(
    "name",
    ["storage heaters", "ferry", "new ferry", "the ferry", "cost of tidal energy", "council"],
)
def test_a_noun_phrase_that_is_said_is_whole(speech, name):
    assert not speech.breaks([name])[0]


@pytest.mark.parametrize(
    "name", ["houses beside", "ferry leaves", "leaves early", "watch", "warm the"]
)
def test_a_verb_or_a_cut_out_of_a_turn_is_broken(speech, name):
    assert speech.breaks([name])[0]


def test_words_that_the_window_does_not_say_are_not_judged(speech):
    # "turn before" is said; "heaters storage" and "leave" are not, and nothing is known of them.
    names = ["heaters storage", "leave", "", "energy falls. the", "sustainable transport"]
    assert not speech.breaks(names).any()


def test_a_phrase_does_not_cross_the_edge_of_a_run(speech):
    assert not speech.breaks(["road and"])[0]


def test_where_no_tagger_knows_the_language_nothing_is_broken():
    german = window("Wir sehen die Fähre im Hafen, bevor sie abfährt.", language="de")
    assert not SpokenPhrases.of(german).breaks(["sehen die", "Fähre im"]).any()
