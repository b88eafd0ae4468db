"""Windows: every turn is asked about, no window outgrows its budget."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.windows import WindowPlan, cut


def conversation(lengths):
    turns = tuple(Turn(i % 2, "x" * length) for i, length in enumerate(lengths))
    return Conversation("c", "test", (Participant("Ana"), Participant("Ben")), turns)


lengths = st.lists(st.integers(0, 300), min_size=1, max_size=120)
plans = st.builds(WindowPlan, st.integers(1, 600), st.integers(1, 20), st.integers(0, 6))


@given(lengths, plans)
def test_every_turn_is_in_a_window_and_windows_advance(sizes, plan):
    leaves = list(cut(conversation(sizes), plan).leaves())
    covered = {turn for leaf in leaves for turn in range(leaf.start, leaf.stop)}
    assert covered == set(range(len(sizes)))
    assert all(a.start < b.start and a.stop < b.stop for a, b in itertools.pairwise(leaves))


@given(lengths, plans)
def test_a_window_of_several_turns_keeps_to_its_budget(sizes, plan):
    for leaf in cut(conversation(sizes), plan).leaves():
        if leaf.stop - leaf.start > 1:
            assert leaf.stop - leaf.start <= plan.turns
            assert sum(sizes[leaf.start : leaf.stop]) <= plan.characters


@given(st.integers(30, 100), st.integers(0, 4))
def test_neighbours_share_the_overlap(turns, overlap):
    plan = WindowPlan(characters=1000, turns=10, overlap=overlap)
    leaves = list(cut(conversation([10] * turns), plan).leaves())
    assert all(a.stop - b.start >= overlap for a, b in itertools.pairwise(leaves))


@pytest.mark.parametrize("turns", range(1, 11))
def test_short_conversations_are_one_window(turns):
    window = cut(conversation([40] * turns))
    assert (window.start, window.stop, window.children) == (0, turns, ())


def test_the_last_window_is_no_remnant():
    leaves = list(cut(conversation([10] * 21), WindowPlan(1000, 10, 0)).leaves())
    assert [(leaf.start, leaf.stop) for leaf in leaves] == [(0, 10), (10, 20), (11, 21)]


def test_a_window_is_a_conversation():
    whole = conversation([900, 900, 900])
    root = cut(whole, WindowPlan(1000, 10, 0))
    assert root.of(whole) == whole
    assert [leaf.of(whole).turns for leaf in root.leaves()] == [(turn,) for turn in whole.turns]


def test_a_plan_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="characters"):
        WindowPlan(characters=0)
