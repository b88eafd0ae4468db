"""Counts in words: the noun agrees with the number."""

import pytest

from cgp.counts import counted


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
