"""The words of many tags at once are those of each tag alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cgp.scoring.words import Words, words_of
from cgp.text import normal_form

TAGS = st.text(alphabet="abs'yie .日本のก🌍", max_size=12).map(normal_form)


def split(words: Words) -> list[list[str]]:
    ends = words.layout.ends.tolist()
    return [
        [words.distinct[i] for i in words.numbers[end - count : end]]
        for end, count in zip(ends, words.layout.sizes.tolist(), strict=True)
    ]


@given(st.lists(TAGS, max_size=8))
def test_together_or_alone(names):
    words = Words.of(names)
    assert split(words) == [words_of(name) for name in names]
    assert len(set(words.distinct)) == len(words.distinct)
    everything = np.arange(len(names))
    assert words.sets(everything) == [frozenset(words_of(name)) for name in names]


def test_plurals_and_possessives_are_one_word_and_spaceless_writing_gives_pairs():
    words = Words.of(["budgets of the city's", "", "budget city", "東京駅"])
    assert split(words) == [
        ["budget", "of", "the", "city"],
        [],
        ["budget", "city"],
        ["東京", "京駅"],
    ]
    assert words.layout.starts.tolist() == [0, 4, 4, 6]
