"""Fluency: the words are in an order that a language would give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from cgp.quality.chance import excess
from cgp.quality.transcript import Words, is_closed, punctuation

_COLLOCATION_WEIGHT = 0.8


def fluency(words: Sequence[Words], texts: Sequence[str]) -> float:
    """Return 0.8 times the collocation of words and 0.2 times the closure of turns, 0 to 1."""
    if not any(words):
        return 0.0
    return _COLLOCATION_WEIGHT * collocation(words) + (1 - _COLLOCATION_WEIGHT) * closure(texts)


def collocation(words: Sequence[Words]) -> float:
    """Return how far pairs of neighbouring words recur beyond what their frequencies give.

    In a language some words go together ("going to", "do you"), so that a pair of neighbours is met
    again far more often than if the same words stood in any order. Observed: the pairs of positions
    that hold the same two neighbours. Expected: the same for independent words, which is the square of
    the probability that two positions hold the same word. The logarithm of their ratio is the mutual
    information of neighbours (Church and Hanks 1990, "Word association norms, mutual information, and
    lexicography") with collision entropies (Renyi 1961) in place of Shannon's: those can be estimated
    without bias from one conversation. Turns said before, word for word, do not count: repetition is
    no fluency. A few dozen words hold no evidence and give about 1/2.
    """
    turns = list(dict.fromkeys(turn for turn in words if turn))
    singles = Counter(word for turn in turns for word in turn)
    neighbours = Counter(pair for turn in turns for pair in pairwise(turn))
    count, places = singles.total(), neighbours.total()
    if count < 2 or places < 2:
        return excess(0.0, 0.0)
    same_word = _coincidences(singles) / (count * (count - 1))
    expected = same_word * same_word * places * (places - 1)
    return excess(_coincidences(neighbours) / 2, expected / 2)


def closure(texts: Sequence[str]) -> float:
    """Return how far turns end with punctuation more often than words do anywhere in them.

    Punctuation ends what it is written for (Nunberg 1990, "The linguistics of punctuation"). Where
    nobody writes any, as in many transcripts, there is no evidence and the result is 1/2. A text
    without spaces counts as its characters.
    """
    said = [text for text in texts if text.strip()]
    counts = [punctuation(text) for text in said]
    places = sum(pieces for _, pieces in counts)
    if not places:
        return excess(0.0, 0.0)
    marked = sum(marks for marks, _ in counts)
    return excess(sum(map(is_closed, said)), marked * len(said) / places)


def _coincidences(counts: Mapping[Any, int]) -> int:
    """Return the number of ordered pairs of different places that hold the same."""
    return sum(count * (count - 1) for count in counts.values())
