"""Passages for the encoder: the longest of a window, in their order, within a bound."""

from hypothesis import given
from hypothesis import strategies as st

from cgp.annotators.embedded.passages import (
    _CHARACTERS,
    _WORD_CHARACTERS,
    _WORDS,
    longest,
    pieces_of,
)

LONG = "The council wants to build two bus lanes along the river before the winter comes."


def passages_of(turns):
    pieces = pieces_of(turns)
    return [pieces[place] for place in longest([text for _, text in pieces])]


def test_long_passages_come_before_greetings_and_all_keep_their_order():
    turns = ["Hello!", LONG, "Hi.", *[f"{LONG} Version {n}." for n in range(9)], "Bye."]

    passages = passages_of(turns)

    assert [turn for turn, _ in passages] == sorted(turn for turn, _ in passages)
    assert sum(LONG in text for _, text in passages) == _CHARACTERS // (len(LONG) + 20)


def test_a_long_turn_is_cut_at_its_sentences():
    passages = passages_of([f"{LONG} {LONG} {LONG}"])

    assert [text.startswith("The council") for _, text in passages] == [True] * len(passages)


def test_an_endless_word_is_no_endless_text():
    (piece,) = pieces_of([f"{'x' * 100_000} {LONG}"])

    assert piece == (0, f"{'x' * _WORD_CHARACTERS} {LONG}")


@given(st.lists(st.text(max_size=400), max_size=12))
def test_passages_stay_within_their_bounds(turns):
    passages = passages_of(turns)

    assert all(0 <= turn < len(turns) and text.strip() for turn, text in passages)
    assert all(len(text.split()) <= _WORDS for _, text in passages)
    assert len(passages) <= 1 or sum(len(text) for _, text in passages) <= _CHARACTERS
