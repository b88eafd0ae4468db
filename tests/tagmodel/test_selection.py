"""Which candidates become tags."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cgp.tagmodel import Candidate, RankedCandidates, WindowReading, select
from cgp.tagmodel.selection import _SAME_IN_ANSWER


def reading(*texts):
    candidates = tuple(Candidate(text, tuple(text.split()), 1, (0,)) for text in texts)
    return WindowReading(candidates, {}, (0,), 10, "")


def judged(probabilities, cosines=None):
    numbers = np.array(probabilities, dtype=np.float64)
    likeness = np.eye(len(numbers)) if cosines is None else np.array(cosines)
    return RankedCandidates(numbers, np.argsort(-numbers, kind="stable"), likeness)


def test_a_part_of_a_better_tag_is_left_out():
    window = reading("night bus", "bus", "council")

    assert select(window, judged([0.9, 0.8, 0.7]), 8) == [0, 2]


def test_two_wordings_of_one_meaning_are_one_tag():
    likeness = [[1.0, _SAME_IN_ANSWER, 0.0], [_SAME_IN_ANSWER, 1.0, 0.0], [0.0, 0.0, 1.0]]

    assert select(reading("a", "b", "c"), judged([0.9, 0.8, 0.7], likeness), 8) == [0, 2]


def test_a_window_with_little_to_say_gets_few_tags():
    window = reading(*(f"w{n}" for n in range(12)))

    few = select(window, judged([0.9, 0.8, *[0.02] * 10]), 12)
    many = select(window, judged([0.9] * 12), 12)

    assert len(few) < len(many) == 12


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(0, 12))
def test_tags_are_distinct_best_first_and_no_more_than_asked_for(probabilities, count):
    window = reading(*(f"w{n}" for n in range(len(probabilities))))

    picks = select(window, judged(probabilities), count)

    assert len(picks) == len(set(picks)) <= count
    chosen = [probabilities[pick] for pick in picks]
    assert chosen == sorted(chosen, reverse=True)
