"""A gold window as a ground truth to score an answer by."""

from __future__ import annotations

from collections.abc import Sequence

from cgp.gold.gold_file import GoldWindow, Weight
from cgp.gold.matching import match
from cgp.metadata import Metadata, Tag


def truth_for(gold: GoldWindow, tags: Sequence[str]) -> Metadata:
    """Return the reader's tags of a window, in the words of one answer.

    Where one of the answer's ``tags`` says a wanted tag in words that the reader accepts, the
    truth says it in these words, so that every accepted wording is as good as the first. A tag's
    support is its weight over the greatest; the weightiest come first. Another answer's truth may
    be worded otherwise, and has the same tags and supports.
    """
    result = match(gold, tags)
    wording = {n: tags[i] for i, n in enumerate(result.prizes) if n is not None}
    # Numbered before they are sorted: prizes are numbers in the order of the file.
    tags_by_weight = sorted(enumerate(gold.tags), key=lambda item: -item[1].weight)
    return Metadata(
        tuple(
            Tag(wording.get(n, tag.text), tag.weight / Weight.ABOUT) for n, tag in tags_by_weight
        ),
        gold.profiles,
    )
