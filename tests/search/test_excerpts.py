"""Excerpts: the line that a query is about, its words marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.search.excerpts import Piece, excerpt, plain


def test_the_line_with_most_words_of_the_query_is_shown_and_marked():
    text = "Ann: Hello.\nBo: The budgets of the ferry are small.\nCy: Fine."
    pieces = excerpt(text, "ferry budget", 80)
    assert plain(pieces) == "…Bo: The budgets of the ferry are small. / Cy: Fine."
    assert [piece.text for piece in pieces if piece.marked] == ["budgets", "ferry"]


def test_a_word_far_from_the_beginning_of_a_line_is_in_the_excerpt():
    text = f"Ann: {'well ' * 100}the ferry came"
    shown = plain(excerpt(text, "ferry", 60))
    assert "ferry" in shown
    assert shown.startswith("…")


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        ("the plan for the harbour", "the harbour has a plan for the winter", ["harbour", "plan"]),
        ("was kostet die Brücke", "die Brücke kostet viel, was nun", ["Brücke", "kostet"]),
        ("for the", "for the harbour", []),
        ("car", "a car, the car", ["car", "car"]),
    ],
)
def test_words_that_say_what_a_query_is_about_are_marked(query, text, words):
    pieces = excerpt(text, query, 80)
    assert plain(pieces) == text
    assert [piece.text for piece in pieces if piece.marked] == words


def test_scripts_without_spaces_are_marked_too():
    assert Piece("潮", marked=True) in excerpt("高橋: 潮の満ち引き", "潮", 60)
    assert excerpt("", "x", 10) == []


@given(text=st.text(max_size=300), query=st.text(max_size=40), most=st.integers(20, 200))
def test_any_text_and_query_give_a_bounded_excerpt(text, query, most):
    assert len(plain(excerpt(text, query, most))) <= most + 2
