"""Fluency: the words are in an order that a language would give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from cgp.quality.chance import excess
from cgp.quality.transcript import Words, is_closed, punctuation

# Word order says more than punctuation, which many transcripts lack.
_COLLOCATION_WEIGHT = 0.8


def fluency(words: Sequence[Words], texts: Sequence[str]) -> float:
    """Return 0.8 times the collocation of words and 0.2 times the closure of turns, 0 to 1."""
    if not any(words):
        return 0.0
    return _COLLOCATION_WEIGHT * collocation(words) + (1 - _COLLOCATION_WEIGHT) * closure(texts)


def collocation(words: Sequence[Words]) -> float:
    """Return the recurrence of pairs of neighbouring words beyond their frequencies, 0 to 1.

    In a language some words go together ("going to", "do you"), so a pair of neighbours recurs far
    more often than the same words in any order. The count is the number of pairs of positions that
    hold the same two neighbours. Chance is the same number for independent words: the square of the
    probability that two positions hold the same word. The logarithm of their ratio is the mutual
    information of neighbours (Church and Hanks 1990, "Word association norms, mutual information,
    and lexicography") with collision entropies (Renyi 1961) in place of Shannon's, because
    collision entropies can be estimated without bias from one conversation. A turn that repeats an
    earlier one word for word does not count: repetition is not fluency. A few dozen words are not
    evidence and give about 1/2.
    """
    turns = list(dict.fromkeys(turn for turn in words if turn))
    singles = Counter(word for turn in turns for word in turn)
    neighbours = Counter(pair for turn in turns for pair in pairwise(turn))
    count, places = singles.total(), neighbours.total()
    if count < 2 or places < 2:
        return excess(0.0, 0.0)
    # Probability that two different positions hold the same word.
    same_word = _coincidences(singles) / (count * (count - 1))
    chance = same_word * same_word * places * (places - 1)
    return excess(_coincidences(neighbours) / 2, chance / 2)


def closure(texts: Sequence[str]) -> float:
    """Return the punctuation at the ends of turns beyond that anywhere in them, 0 to 1.

    Punctuation closes a unit of text (Nunberg 1990, "The linguistics of punctuation"). Many
    transcripts have none: then there is no evidence and the result is 1/2. A text without spaces
    counts as its characters.
    """
    turns = [text for text in texts if text.strip()]
    counts = [punctuation(text) for text in turns]
    places = sum(pieces for _, pieces in counts)
    if not places:
        return excess(0.0, 0.0)
    number = sum(number for number, _ in counts)
    return excess(sum(map(is_closed, turns)), number * len(turns) / places)


def _coincidences(counts: Mapping[Any, int]) -> int:
    """Return the number of ordered pairs of different places that hold the same."""
    return sum(count * (count - 1) for count in counts.values())
