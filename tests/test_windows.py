"""Windows: every turn is asked about, no window outgrows its budget."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp import samples
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.windows import WindowPlan, cut

EMBEDDER = default_embedder()


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


TOPICS = [
    "tide current harbour vessel anchor turbine blade wave cable seabed ocean ship sailor buoy mast "
    "keel hull dock pier coast shore reef island lighthouse captain crew deck rudder sail rope",
    "flour yeast oven dough crust butter loaf bakery rye grain wheat sourdough baguette pastry roll "
    "croissant kneading rising baker toast sandwich bun cake biscuit cookie sugar cream jam honey jar",
    "painting museum sculpture gallery canvas exhibition portrait artist brush fresco curator sketch "
    "drawing palette mural statue marble bronze easel varnish restoration studio etching collection",
]


def talk_of(topics, turns=40):
    """A conversation about one topic after the other, in turns of eight random words."""
    draw = random.Random(4)
    texts = [" ".join(draw.sample(topic.split(), 8)) for topic in topics for _ in range(turns)]
    participants = (Participant("Ana"), Participant("Ben"))
    return Conversation(
        "c", "test", participants, tuple(Turn(i % 2, text) for i, text in enumerate(texts))
    )


def test_windows_begin_where_the_topic_shifts():
    root = cut(talk_of(TOPICS), WindowPlan(), default_embedder())
    assert root.by_topic
    assert [child.stop for child in root.children] == [40, 80, 120]
    assert [child.start for child in root.children] == [0, 38, 78], "with an overlap of two turns"


def test_what_has_one_topic_is_cut_by_size():
    talk = talk_of([" ".join(TOPICS)], turns=120)
    assert cut(talk, WindowPlan(), default_embedder()) == cut(talk, WindowPlan())


def nested(window):
    """Check that a window reaches as far as its children, all the way down."""
    if not window.children:
        return
    assert len(window.children) >= 2
    assert (window.children[0].start, window.children[-1].stop) == (window.start, window.stop)
    for a, b in itertools.pairwise(window.children):
        assert a.start < b.start <= a.stop < b.stop
    for child in window.children:
        nested(child)


@given(lengths, plans, st.booleans())
def test_a_window_is_the_union_of_its_parts_at_every_level(sizes, plan, by_topic):
    whole = conversation(sizes)
    root = cut(whole, plan, EMBEDDER if by_topic else None)
    assert (root.start, root.stop) == (0, len(sizes))
    nested(root)
    levels = [level for level, _ in root.nodes()]
    assert levels[0] == 0
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


words = st.lists(st.sampled_from(" ".join(TOPICS).split()), max_size=30).map(" ".join)


@given(st.lists(words, min_size=1, max_size=150), plans)
def test_cut_by_topic_every_turn_is_in_a_window_within_its_budget(texts, plan):
    talk = Conversation("c", "test", (Participant("Ana"),), tuple(Turn(0, t) for t in texts))
    leaves = list(cut(talk, plan, EMBEDDER).leaves())
    assert {turn for leaf in leaves for turn in range(leaf.start, leaf.stop)} == set(
        range(len(texts))
    )
    assert all(a.start < b.start and a.stop < b.stop for a, b in itertools.pairwise(leaves))
    for leaf in leaves:
        if leaf.stop - leaf.start > 1:
            assert leaf.stop - leaf.start <= plan.turns
            assert sum(len(text) for text in texts[leaf.start : leaf.stop]) <= plan.characters


def test_many_windows_in_a_row_are_grouped():
    root = cut(conversation([100] * 600), WindowPlan(400, 40, 1))
    assert all(len(window.children) <= 12 for _, window in root.nodes())
    assert max(level for level, _ in root.nodes()) == 3


@pytest.mark.parametrize("talk", samples.load(), ids=lambda talk: talk.id)
def test_bundled_conversations_keep_to_their_one_topic(talk):
    assert not cut(talk, WindowPlan(), default_embedder()).by_topic


def test_a_plan_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="characters"):
        WindowPlan(characters=0)
