"""Merging up a tree: the same step at every level, tags of one meaning into one, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.embedders import default_embedder
from cgp.meanings import same_meaning
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag, merge
from cgp.mining import merge_up
from cgp.text import normal_form
from cgp.windows import Window

EMBEDDER = default_embedder()
TREE = Window(0, 30, (Window(0, 20, (Window(0, 10), Window(8, 20))), Window(18, 30)))
WORDS = ["tide", "Tide", "tides", "harbour", "gearbox", "bread", "rye bread", "cat"]

tags = st.lists(
    st.builds(Tag, st.sampled_from(WORDS), st.integers(1, 5).map(float)), max_size=6
).map(tuple)
metadata = st.builds(Metadata, tags)


def tags_of(window):
    return {tag.text: tag.support for tag in window.metadata.tags}


def test_leaves_merge_into_their_parents_all_the_way_up():
    leaves = [
        Metadata((Tag("tide"), Tag("cat"))),
        Metadata((Tag("tide"),)),
        Metadata((Tag("rye"),)),
    ]
    mined = merge_up(TREE, leaves, normal_form)
    assert [(w.number, w.parent, w.level, w.start, w.stop) for w in mined] == [
        (0, None, 0, 0, 30),
        (1, 0, 1, 0, 20),
        (2, 1, 2, 0, 10),
        (3, 1, 2, 8, 20),
        (4, 0, 1, 18, 30),
    ]
    assert tags_of(mined[0]) == {"tide": 2.0, "cat": 1.0, "rye": 1.0}
    assert tags_of(mined[1]) == {"tide": 2.0, "cat": 1.0}
    assert tags_of(mined[4]) == {"rye": 1.0}


@given(st.lists(metadata, min_size=3, max_size=3))
def test_the_whole_is_the_merge_of_its_leaves(leaves):
    key = same_meaning(leaves, EMBEDDER)
    whole = merge_up(TREE, leaves, key)[0].metadata
    flat = merge(leaves, key=key)
    assert {key(tag.text): tag.support for tag in whole.tags} == {
        key(tag.text): tag.support for tag in flat.tags
    }
    assert sum(tag.support for tag in whole.tags) == sum(
        tag.support for leaf in leaves for tag in leaf.tags
    )


def test_claims_of_neighbours_unite_their_turns():
    def said(*turns):
        return Metadata(profiles=(ParticipantProfile(0, (Claim("topic", "tides", turns),)),))

    mined = merge_up(TREE, [said(3, 9), said(9, 12), said(25)], normal_form)
    assert mined[0].metadata.profiles[0].claims == (Claim("topic", "tides", (3, 9, 12, 25)),)
    assert mined[1].metadata.profiles[0].claims == (Claim("topic", "tides", (3, 9, 12)),)


def test_the_confidence_of_a_merged_tag_is_its_greatest():
    parts = [Metadata((Tag("tide", 1.0, 0.5), Tag("cat"))), Metadata((Tag("tide", 1.0, 0.9),))]
    assert merge(parts).tags == (Tag("tide", 2.0, 0.9), Tag("cat"))


@pytest.mark.parametrize("count", [0, 2, 4])
def test_each_leaf_has_its_metadata(count):
    with pytest.raises(ValueError, match="3 leaves"):
        merge_up(TREE, [Metadata()] * count, normal_form)


def test_tags_of_one_meaning_are_one_under_the_best_supported_wording():
    parts = [
        Metadata((Tag("remote control"), Tag("bread"))),
        Metadata((Tag("Remote controls", 2.0),)),
    ]
    key = same_meaning(parts, EMBEDDER)
    assert key("remote control") == key("REMOTE CONTROLS") == "remote controls"
    assert key("bread") == "bread"
    assert key("never seen") == "never seen"


@given(st.lists(metadata, max_size=4))
def test_what_stands_for_a_tag_stands_for_itself_and_is_near(parts):
    embedder = EMBEDDER
    key = same_meaning(parts, embedder)
    for part in parts:
        for tag in part.tags:
            leader = key(tag.text)
            assert key(leader) == leader
            a, b = embedder.embed([normal_form(tag.text), leader])
            assert float(a @ b) >= 0.9 - 1e-6


def test_many_tags_are_compared_in_blocks():
    numbered = [Metadata((Tag(f"item {i} of {i * 7}", 1.0),)) for i in range(1500)]
    blocks = same_meaning(numbered, EMBEDDER)
    assert blocks("item 3 of 21") == blocks("item  3 of 21")
    doubled = [*numbered, Metadata((Tag("remote controls", 5.0), Tag("remote control", 0.5)))]
    assert same_meaning(doubled, EMBEDDER)("remote control") == "remote controls"
