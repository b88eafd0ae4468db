"""Matching an answer's tags with a reader's, and the figures that come of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.gold import FIGURE_NAMES, Outcome, figures_of, match, word_form
from tests.gold.windows import annotated

BUS = (("night bus", 3, "late buses"), ("student fares", 2, "fares for students"), ("council", 1))

words = st.sampled_from(
    ["bus", "buses", "night", "the", "fare", "council", "tram", "of", "letters"]
)
tag_texts = st.lists(words, min_size=1, max_size=3).map(" ".join)
answers = st.lists(tag_texts, max_size=10)
# No two wanted tags of a window share a wording.
wanted = st.lists(
    st.tuples(tag_texts, st.sampled_from([1, 2, 3])),
    max_size=6,
    unique_by=lambda tag: word_form(tag[0]),
)
gold_windows = st.builds(annotated, wanted, st.lists(tag_texts, max_size=4))


class Table:
    """A judge that knows some pairs of texts; all others are unlike."""

    name = "table"

    def __init__(self, **alike):
        self.pairs = {tuple(pair.split("__")): cosine for pair, cosine in alike.items()}

    def alike(self, tags, wordings):
        return np.array(
            [[self.pairs.get((t, w), 0.0) for w in wordings] for t in tags], dtype=np.float32
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Night Buses", "night bus"),
        ("fares for students", "student fares"),
        ("the council's letter", "council letters"),
        ("Organisation", "organizations"),
        ("ﬁsh", "fish"),
        ("night-bus", "night bus"),
        ("of the", "the of"),
    ],
)
def test_the_same_words_are_the_same_tag(one, other):
    assert word_form(one) == word_form(other)


@pytest.mark.parametrize(
    ("one", "other"), [("night bus", "bus"), ("bus", "bug"), ("red", "reds"), ("of", "the")]
)
def test_other_words_are_another_tag(one, other):
    # "red" and "reds": a stem keeps three characters, so "red" stays and "reds" becomes "red".
    assert (word_form(one) == word_form(other)) is (one == "red")


def test_each_tag_has_its_outcome():
    gold = annotated(BUS, reject=["good morning"])
    tags = ["late bus", "night buses", "good mornings", "bus", "council", "weather"]

    matched = match(gold, tags)

    assert matched.outcomes == (
        Outcome.KEEP,
        Outcome.TWICE,  # the wanted tag is won already
        Outcome.REJECTED,
        Outcome.TWICE,  # its words are within an earlier tag's
        Outcome.KEEP,
        Outcome.OTHER,
    )
    assert matched.prizes == (0, None, None, None, 2, None)


def test_the_figures_of_an_example_by_hand():
    gold = annotated(BUS, reject=["good morning"])
    tags = ["late bus", "night buses", "good mornings", "council"]

    figures = figures_of(gold, tags)

    keep, coverage = 2 / 4, (3 + 1) / 6
    assert figures.keep == keep
    assert figures.coverage == pytest.approx(coverage)
    assert figures.f == pytest.approx(2 * keep * coverage / (keep + coverage))
    assert (figures.first, figures.rejected, figures.twice) == (1.0, 1 / 4, 1 / 4)


def test_a_judge_is_asked_only_where_no_words_match():
    gold = annotated(BUS)
    judge = Table(transit__council=0.8, transit__bus=0.9, **{"night bus__council": 0.99})

    matched = match(gold, ["night bus", "transit"], judge)

    assert matched.prizes == (0, 2)


def test_a_judge_gives_the_likest_tag_that_is_still_free():
    gold = annotated((("fares", 3), ("prices", 2)))
    judge = Table(cost__fares=0.9, cost__prices=0.8, money__fares=0.95, euro__fares=0.74)

    matched = match(gold, ["cost", "money", "euro"], judge)

    assert matched.prizes == (0, None, None)
    assert matched.outcomes == (Outcome.KEEP, Outcome.TWICE, Outcome.OTHER)


def test_nothing_wanted_and_nothing_given():
    assert figures_of(annotated(()), []).coverage == 1.0
    assert figures_of(annotated(()), []).f == 0.0
    assert figures_of(annotated(BUS), []).f == 0.0


@given(gold_windows, answers)
def test_figures_are_shares_and_no_tag_counts_twice(gold, tags):
    figures = figures_of(gold, tags)
    matched = match(gold, tags)

    prizes = [n for n in matched.prizes if n is not None]
    assert all(0 <= getattr(figures, name) <= 1 for name in FIGURE_NAMES)
    assert len(set(prizes)) == len(prizes) == matched.outcomes.count(Outcome.KEEP)
    assert figures.keep + figures.rejected + figures.twice <= 1 + 1e-9
    assert figures.f <= max(figures.keep, figures.coverage) + 1e-9


@given(gold_windows, answers)
def test_saying_a_thing_again_never_raises_coverage(gold, tags):
    again = figures_of(gold, [*tags, *tags])

    assert again.coverage == figures_of(gold, tags).coverage
    assert again.keep <= figures_of(gold, tags).keep


@given(gold_windows)
def test_the_wanted_tags_themselves_cover_everything(gold):
    figures = figures_of(gold, [tag.text for tag in gold.tags])

    assert figures.coverage == 1.0
    assert figures.f == (1.0 if gold.tags else 0.0)


@given(gold_windows, answers)
def test_case_and_punctuation_change_nothing(gold, tags):
    shouted = [f" {tag.upper()}! " for tag in tags]

    assert match(gold, shouted) == match(gold, tags)
