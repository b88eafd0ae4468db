"""Counts in words: the noun agrees with the number, and turns are counted from 1."""

import pytest

from cgp.counts import counted, turn_range


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (0, "window", "0 windows"),
        (1, "finished conversation", "1 finished conversation"),
        (2000, "answer", "2,000 answers"),
        (1, "file or record", "1 file or record"),
        (2, "file or record", "2 files or records"),
    ],
)
def test_a_count_has_its_noun_in_the_right_form(count, noun, words):
    assert counted(count, noun) == words


@pytest.mark.parametrize(
    ("start", "stop", "words"), [(0, 16, "turns 1-16"), (14, 33, "turns 15-33"), (4, 5, "turn 5")]
)
def test_people_count_turns_from_1(start, stop, words):
    assert turn_range(start, stop) == words
