"""Novelty: phrases and turns are new."""

from __future__ import annotations

from collections.abc import Sequence

from cgp.quality.transcript import Words


def novelty(words: Sequence[Words]) -> float:
    """Return the share of new phrases times the share of new turns, 0 to 1.

    The first factor is distinct-3 of Li et al. 2016 ("A diversity-promoting objective function
    for neural conversation models"): distinct sequences of three words over all of them, within
    turns. It falls for loops and for texts filled into templates. The second is the share of
    words in turns that are not, word for word, an earlier turn; it counts short repeated turns
    too, each by its length. Depends on no language; in scripts without spaces a word is a letter.
    """
    total = sum(map(len, words))
    if not total:
        return 0.0
    # A turn of fewer than three words has no phrase; without any phrase all count as new.
    grams = [gram for turn in words for gram in zip(turn, turn[1:], turn[2:], strict=False)]
    new_phrases = len(set(grams)) / len(grams) if grams else 1.0
    new_turns = sum(map(len, dict.fromkeys(words))) / total
    return new_phrases * new_turns
