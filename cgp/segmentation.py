"""Topic shifts of a conversation: turns at which the subject changes, found from embeddings.

The worth of a segment is the length of the sum of its turns' vectors, each weighted by the turn's
words. Turns about one thing add up, turns about different things cancel out. The segments with
the greatest total worth are chosen, exactly, by dynamic programming (Utiyama and Isahara 2001, "A
Statistical Model for Domain-Independent Text Segmentation", use the same search with a language
model; Alemi and Ginsparg 2015, "Text Segmentation based on Semantic Word Embeddings", the same
worth).

Cutting anything, even noise, raises the total: in a segment of ``N`` words whose mean vector has
length ``m`` and whose words vary by ``s2`` (the trace of their covariance), the expected worth is
``N m + s2 / (2 m)``, so that each further segment gains ``s2 / (2 m)`` for nothing. A cut must
gain ``_PENALTY`` times that. ``s2`` comes from differences of neighbours, which a shift of topic
hardly touches.

The constants were chosen on the even-numbered meetings of QMSum's validation part
(``benchmarks/segmentation.py`` prints the odd ones beside them).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats, Ids
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.words import TOPIC_WORDS

_PENALTY = 3.0
# A word in every tenth of a conversation says how people talk, not what they talk about now.
_PARTS = 10
# The exact search is quadratic, so it runs over blocks; cuts are then refined unit by unit.
_BLOCKS = 120
_MOST_UNITS = 4096
_BATCH_TURNS = 1024


@dataclass(frozen=True, slots=True)
class Content:
    """Running sums over the turns of a conversation, from its start.

    ``edges`` (int64, ``units + 1``) are the turns at which a segment may begin or end: all of
    them, or evenly spaced ones in a very long conversation. ``sums`` (float64, ``(units + 1,
    dimension)``), ``words`` and ``characters`` (float64, ``units + 1``) are totals of all turns
    before an edge.
    """

    edges: Ids
    sums: Floats
    words: Floats
    characters: Floats


@dataclass(frozen=True, slots=True)
class TopicSize:
    """Minimum size of a topic: a number of characters or a number of turns."""

    characters: float
    turns: float


def content_of(conversation: Conversation, embedder: Embedder) -> Content:
    """Return the content of a conversation: its turns' vectors, less the words of every tenth."""
    texts = _content_words(conversation)
    # Rounded up, so that there are at most ``_MOST_UNITS`` units.
    step = -(-len(texts) // _MOST_UNITS)
    edges = np.append(np.arange(0, len(texts), step), len(texts))
    words = np.zeros(len(edges))
    sums = np.zeros((len(edges), embedder.dimension))
    for start in range(0, len(texts), step * _BATCH_TURNS):
        batch = texts[start : start + step * _BATCH_TURNS]
        counts = np.array([len(text) for text in batch], dtype=np.float64)
        vectors = embedder.embed([" ".join(text) for text in batch]).astype(np.float64)
        vectors *= counts[:, None]
        # Sums over each unit of ``step`` turns: reduceat adds from one start to the next.
        parts = np.arange(0, len(batch), step)
        unit = start // step + 1
        words[unit : unit + len(parts)] = np.add.reduceat(counts, parts)
        sums[unit : unit + len(parts)] = np.add.reduceat(vectors, parts, axis=0)
    lengths = np.array([len(turn.text) for turn in conversation.turns], dtype=np.float64)
    characters = np.concatenate(([0.0], np.cumsum(lengths)))[edges]
    return Content(edges, np.cumsum(sums, axis=0), np.cumsum(words), characters)


def topic_shifts(content: Content, start: int, stop: int, smallest: TopicSize) -> list[int]:
    """Return the turns, in order, at which a new topic begins between ``start`` and ``stop``.

    Both must be among ``content.edges``; neither is returned. Every topic is of at least the size
    ``smallest``. There may be none: the text is about one thing, or too short to tell.
    """
    first, last = np.searchsorted(content.edges, [start, stop])
    units = first + _blocks(content.words[first : last + 1])
    totals, words = content.sums[units], content.words[units]
    penalty = _PENALTY * _noise(totals, words)
    if penalty <= 0:
        return []
    permissions = _holds(content, units[:, None], units[None, :], smallest)
    if len(units) < last - first + 1:
        # A block with a shift inside is not a topic of its own.
        permissions &= ~np.eye(len(units), k=1, dtype=np.bool_)
    # One segment from start to end is always possible: no cut at all.
    permissions[0, -1] = True
    cuts = [units[0], *(units[i] for i in _best_cuts(totals, penalty, permissions)), units[-1]]
    return [int(content.edges[unit]) for unit in _refine(content, units, cuts, smallest)]


def _content_words(conversation: Conversation) -> list[list[str]]:
    """Return the lower-case words of each turn, less the words that every tenth contains."""
    turns = [TOPIC_WORDS.words(turn.text.lower()) for turn in conversation.turns]
    parts = min(_PARTS, len(turns))
    edges = [len(turns) * i // parts for i in range(parts + 1)]
    vocabularies = [{word for turn in turns[a:b] for word in turn} for a, b in pairwise(edges)]
    common = set.intersection(*vocabularies)
    return [[word for word in turn if word not in common] for turn in turns]


def _blocks(words: Floats) -> Ids:
    """Return the positions (first and last included) that part ``words``' rise into even blocks."""
    step = (words[-1] - words[0]) / _BLOCKS
    positions, total = [0], words[0]
    for position in range(1, len(words) - 1):
        if words[position] - total >= step and words[position] > total:
            positions.append(position)
            total = words[position]
    positions.append(len(words) - 1)
    return np.array(positions, dtype=np.int64)


def _noise(totals: Floats, words: Floats) -> float:
    """Return the gain of a cut without a shift; 0 if there is too little text to tell."""
    counts = np.diff(words)
    has_words = counts > 0
    length = _norm(totals[-1] - totals[0])
    # Fewer than three differences say nothing of a variance.
    if has_words.sum() < 4 or length == 0:
        return 0.0
    counts = counts[has_words]
    means = np.diff(totals, axis=0)[has_words] / counts[:, None]
    # The variance of a difference of two means is the sum of their variances.
    spread = np.square(np.diff(means, axis=0)).sum(axis=1) / (1 / counts[1:] + 1 / counts[:-1])
    return float(spread.mean()) * float(words[-1] - words[0]) / (2 * length)


def _best_cuts(totals: Floats, penalty: float, permissions: NDArray[np.bool_]) -> list[int]:
    """Return the inner cuts of the segmentation with the greatest total worth, penalty deducted."""
    count = len(totals)
    best = np.full(count, -np.inf)
    best[0] = 0.0
    origin = [0] * count
    for end in range(1, count):
        worth = best[:end] + _norms(totals[end] - totals[:end]) - penalty
        worth = np.where(permissions[:end, end], worth, -np.inf)
        origin[end] = int(worth.argmax())
        best[end] = worth[origin[end]]
    cuts: list[int] = []
    position = count - 1
    while (position := origin[position]) > 0:
        cuts.append(position)
    return cuts[::-1]


def _refine(
    content: Content, units: Ids, cuts: list[np.int64], smallest: TopicSize
) -> list[np.int64]:
    """Return the inner cuts, each moved to the best unit within the blocks beside it."""
    for i in range(1, len(cuts) - 1):
        place = int(np.searchsorted(units, cuts[i]))
        around = np.arange(units[place - 1] + 1, units[place + 1])
        before, after = cuts[i - 1], cuts[i + 1]
        possible = _holds(content, before, around, smallest) & _holds(
            content, around, after, smallest
        )
        worth = _norms(content.sums[around] - content.sums[before])
        worth += _norms(content.sums[after] - content.sums[around])
        # The old place always counts as possible, so that there is a best one.
        worth = np.where(possible | (around == cuts[i]), worth, -np.inf)
        cuts[i] = around[int(worth.argmax())]
    return cuts[1:-1]


def _holds(
    content: Content, start: Ids | np.int64, stop: Ids | np.int64, smallest: TopicSize
) -> NDArray[np.bool_]:
    """Return a mask: True where a topic may reach from the edge ``start`` to the edge ``stop``."""
    characters, turns = content.characters, content.edges
    return np.asarray(
        (characters[stop] - characters[start] >= smallest.characters)
        | (turns[stop] - turns[start] >= smallest.turns)
    )


def _norm(vector: Floats) -> float:
    return float(np.sqrt(np.square(vector).sum()))


def _norms(rows: Floats) -> Floats:
    return np.asarray(np.sqrt(np.square(rows).sum(axis=1)), dtype=np.float64)
