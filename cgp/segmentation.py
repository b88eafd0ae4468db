"""Topic shifts of a conversation: where what is talked about changes, found from embeddings.

A segment is worth what its turns have in common: the length of the sum of its turns' vectors, each
weighted by the turn's words. Turns that speak of one thing add up, turns that speak of different
things cancel out. The segments chosen are those with the greatest total worth, found exactly by dynamic
programming (Utiyama and Isahara 2001, "A Statistical Model for Domain-Independent Text Segmentation",
use the same search with a language model; Alemi and Ginsparg 2015, "Text Segmentation based on Semantic
Word Embeddings", the same worth).

Cutting anything, even noise, raises the total: in a segment of ``N`` words whose mean vector has length
``m`` and whose words vary by ``s2`` (the trace of their covariance), the expected worth is ``N m + s2 /
(2 m)``, so that each further segment gains ``s2 / (2 m)`` for nothing. A cut must gain ``_PENALTY`` times
that. ``s2`` comes from differences of neighbours, which a shift of topic hardly touches.

The constants were chosen on the even-numbered meetings of QMSum's validation part
(``benchmarks/segmentation.py`` prints the odd ones beside them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cgp.conversation import Conversation
from cgp.embedders import Embedder

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_PENALTY = 3.0
# A word in every tenth of a conversation says how people talk, not what they talk about now.
_PARTS = 10
_BLOCKS = 120
_MOST_UNITS = 4096
_BATCH_TURNS = 1024
# Words are runs of letters and digits; Chinese and Japanese write without spaces, a sign is a word.
_SIGNS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SIGNS}]|[^\W_{_SIGNS}]+(?:['’][^\W_{_SIGNS}]+)?")


@dataclass(frozen=True, slots=True)
class Content:
    """What the turns of a conversation say, summed from its start.

    ``edges`` (int64, ``units + 1``) are the turns at which a segment may begin or end: all of them, or
    evenly spaced ones in a very long conversation. ``sums`` (float64, ``(units + 1, dimension)``),
    ``words`` and ``characters`` (float64, ``units + 1``) are totals of all turns before an edge.
    """

    edges: Indices
    sums: Floats
    words: Floats
    characters: Floats


@dataclass(frozen=True, slots=True)
class LeastTopic:
    """How much a topic holds at least: that many characters, or that many turns."""

    characters: float
    turns: float


def content_of(conversation: Conversation, embedder: Embedder) -> Content:
    """Return the content of a conversation: its turns' vectors, without the words of every tenth."""
    texts = _content_words(conversation)
    step = -(-len(texts) // _MOST_UNITS)
    edges = np.append(np.arange(0, len(texts), step), len(texts))
    words = np.zeros(len(edges))
    sums = np.zeros((len(edges), embedder.dimension))
    for start in range(0, len(texts), step * _BATCH_TURNS):
        batch = texts[start : start + step * _BATCH_TURNS]
        counts = np.array([len(text) for text in batch], dtype=np.float64)
        vectors = embedder.embed([" ".join(text) for text in batch]).astype(np.float64)
        vectors *= counts[:, None]
        parts = np.arange(0, len(batch), step)
        unit = start // step + 1
        words[unit : unit + len(parts)] = np.add.reduceat(counts, parts)
        sums[unit : unit + len(parts)] = np.add.reduceat(vectors, parts, axis=0)
    lengths = np.array([len(turn.text) for turn in conversation.turns], dtype=np.float64)
    characters = np.concatenate(([0.0], np.cumsum(lengths)))[edges]
    return Content(edges, np.cumsum(sums, axis=0), np.cumsum(words), characters)


def topic_shifts(content: Content, start: int, stop: int, least: LeastTopic) -> list[int]:
    """Return the turns, in order, at which a new topic begins between ``start`` and ``stop``.

    Both must be among ``content.edges``; neither is returned. Every topic is of at least the size
    ``least``. There may be none: the text is about one thing, or too short to tell.
    """
    first, last = np.searchsorted(content.edges, [start, stop])
    chosen = first + _blocks(content.words[first : last + 1])
    totals, words = content.sums[chosen], content.words[chosen]
    penalty = _PENALTY * _noise(totals, words)
    if penalty <= 0:
        return []
    enough = _holds(content, chosen[:, None], chosen[None, :], least)
    if len(chosen) < last - first + 1:
        # A block with a shift inside is no topic of its own.
        enough &= ~np.eye(len(chosen), k=1, dtype=np.bool_)
    enough[0, -1] = True
    cuts = [chosen[0], *(chosen[i] for i in _best_cuts(totals, penalty, enough)), chosen[-1]]
    return [int(content.edges[unit]) for unit in _refined(content, chosen, cuts, least)]


def _content_words(conversation: Conversation) -> list[list[str]]:
    """Return the lower-case words of each turn, without those that are said all along."""
    turns = [_WORD.findall(turn.text.lower()) for turn in conversation.turns]
    parts = min(_PARTS, len(turns))
    edges = [len(turns) * i // parts for i in range(parts + 1)]
    said = [{word for turn in turns[a:b] for word in turn} for a, b in pairwise(edges)]
    common = set.intersection(*said)
    return [[word for word in turn if word not in common] for turn in turns]


def _blocks(words: Floats) -> Indices:
    """Return the positions (first and last included) that part ``words``' rise into even blocks."""
    least = (words[-1] - words[0]) / _BLOCKS
    positions, reached = [0], words[0]
    for position in range(1, len(words) - 1):
        if words[position] - reached >= least and words[position] > reached:
            positions.append(position)
            reached = words[position]
    positions.append(len(words) - 1)
    return np.array(positions, dtype=np.int64)


def _noise(totals: Floats, words: Floats) -> float:
    """Return what a cut gains where there is no shift; 0 where there is too little to tell."""
    counts = np.diff(words)
    said = counts > 0
    length = _norm(totals[-1] - totals[0])
    if said.sum() < 4 or length == 0:
        return 0.0
    counts = counts[said]
    means = np.diff(totals, axis=0)[said] / counts[:, None]
    spread = np.square(np.diff(means, axis=0)).sum(axis=1) / (1 / counts[1:] + 1 / counts[:-1])
    return float(spread.mean()) * float(words[-1] - words[0]) / (2 * length)


def _best_cuts(totals: Floats, penalty: float, enough: NDArray[np.bool_]) -> list[int]:
    """Return the inner cuts of the segmentation with the greatest total worth, penalty deducted."""
    count = len(totals)
    best = np.full(count, -np.inf)
    best[0] = 0.0
    origin = [0] * count
    for end in range(1, count):
        worth = best[:end] + _norms(totals[end] - totals[:end]) - penalty
        worth = np.where(enough[:end, end], worth, -np.inf)
        origin[end] = int(worth.argmax())
        best[end] = worth[origin[end]]
    cuts: list[int] = []
    position = count - 1
    while (position := origin[position]) > 0:
        cuts.append(position)
    return cuts[::-1]


def _refined(
    content: Content, chosen: Indices, cuts: list[np.int64], least: LeastTopic
) -> list[np.int64]:
    """Return the inner cuts, each moved to the best unit within the blocks beside it."""
    for i in range(1, len(cuts) - 1):
        place = int(np.searchsorted(chosen, cuts[i]))
        around = np.arange(chosen[place - 1] + 1, chosen[place + 1])
        before, after = cuts[i - 1], cuts[i + 1]
        allowed = _holds(content, before, around, least) & _holds(content, around, after, least)
        worth = _norms(content.sums[around] - content.sums[before])
        worth += _norms(content.sums[after] - content.sums[around])
        worth = np.where(allowed | (around == cuts[i]), worth, -np.inf)
        cuts[i] = around[int(worth.argmax())]
    return cuts[1:-1]


def _holds(
    content: Content, start: Indices | np.int64, stop: Indices | np.int64, least: LeastTopic
) -> NDArray[np.bool_]:
    """Return whether a topic may reach from the edges ``start`` to the edges ``stop``."""
    characters, turns = content.characters, content.edges
    return np.asarray(
        (characters[stop] - characters[start] >= least.characters)
        | (turns[stop] - turns[start] >= least.turns)
    )


def _norm(vector: Floats) -> float:
    return float(np.sqrt(np.square(vector).sum()))


def _norms(rows: Floats) -> Floats:
    return np.asarray(np.sqrt(np.square(rows).sum(axis=1)), dtype=np.float64)
