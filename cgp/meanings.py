"""Tags of one meaning: one clustering of tags, for merging them up a tree of windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from cgp.embedders import Embedder
from cgp.metadata import Metadata
from cgp.text import normal_form

SAME_MEANING = 0.9
"""Cosine from which two tags are one. Scoring takes tags for the same from there on
(``SimilaritySettings.same``): a tag and itself without its last word are at 0.67 in the median."""

# Cosines of a block at a time: those of all tags with all would grow with their square.
_ROWS = 1024


def same_meaning(parts: Iterable[Metadata], embedder: Embedder) -> Callable[[str], str]:
    """Return a ``key`` for ``cgp.metadata.merge`` under which tags of one meaning are equal.

    Tags are taken in the order of their support over all parts. Each stands for itself, or for
    the nearest one before it that stands for itself, where their cosine is at least
    ``SAME_MEANING``. So no chain of small steps joins distant tags. The key of any other text is
    its normal form.
    """
    support: dict[str, float] = {}
    for part in parts:
        for tag in part.tags:
            if name := normal_form(tag.text):
                support[name] = support.get(name, 0.0) + tag.support
    names = sorted(support, key=lambda name: -support[name])
    stands_for = dict(zip(names, _leaders(names, embedder), strict=True))

    def key(text: str) -> str:
        name = normal_form(text)
        return stands_for.get(name, name)

    return key


def _leaders(names: list[str], embedder: Embedder) -> list[str]:
    """Return, for each name, the one that stands for it."""
    vectors = embedder.embed(names).astype(np.float64)
    standing: list[int] = []
    leaders: list[str] = []
    for start in range(0, len(names), _ROWS):
        block = vectors[start : start + _ROWS]
        # To those chosen before this block at once, to those within it one by one.
        earlier = list(standing)
        near = block @ vectors[earlier].T if earlier else np.zeros((len(block), 0))
        within = block @ block.T
        inside: list[int] = []
        for row in range(len(block)):
            cosines = np.concatenate((near[row], within[row, inside]))
            best = int(cosines.argmax()) if len(cosines) else -1
            if best >= 0 and cosines[best] >= SAME_MEANING:
                leaders.append(names[[*earlier, *(start + i for i in inside)][best]])
                continue
            inside.append(row)
            standing.append(start + row)
            leaders.append(names[start + row])
    return leaders
