"""What a window's own text supports, over what the text of other conversations supports as well.

Everything here is a difference between this window and a background of windows of other
conversations: what could be said anywhere is supported by nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.scoring.reading import Reader, WindowText
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.similarity import Matrix, Similarity, cosines, exact_rows, ramp
from cgp.scoring.words import Words
from cgp.text import normal_form

Floats = NDArray[np.float64]


class Evidence:
    """One window against its background, prepared once for all answers."""

    def __init__(
        self,
        window: Conversation,
        background: Sequence[Conversation],
        embedder: Embedder,
        settings: ScoringSettings,
        reader: Reader | None = None,
    ) -> None:
        self._settings = settings
        self._similarity = Similarity(settings.similarity)
        reader = reader or Reader(embedder, settings.window)
        self.reading = reader.read(window)
        self.text = self.reading.text
        others = [reader.read(other) for other in background]
        self._expected = _expected_counts(self.text, [other.text for other in others])
        self._excess = {
            word: _excess(count, self._expected.get(word, 0.0))
            for word, count in self.text.counts.items()
        }
        self._row = {word: row for row, word in enumerate(self._excess)}
        self._passages = self._read_passages()
        self._said = self._read_turns()
        names, self.mass = self._units()
        self.unit_names = names
        self._units_rows = exact_rows(embedder.embed(names))
        parts = [self.reading.segments, *(o.segments for o in others if o.text.segments)]
        self._segments = np.concatenate(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]

    @property
    def leading_mass(self) -> float:
        """Mass of the leading content words: what a full answer is expected to capture."""
        return float(self.mass[: self._settings.window.leading_units].sum())

    def support(self, words: Words, rows: Matrix) -> Floats:
        """Return how far this window, and not others, supports each text, 0..1, shape ``(n,)``.

        ``words`` are the texts' reduced words, ``rows`` their exact rows.

        The larger of two kinds of support: by words (how much more often they are said here than
        elsewhere, rare words counting more, words said together) and by meaning (how much nearer its
        nearest segment is than, on average, the nearest segment of a background window). Where words
        give full support, meaning is not asked.
        """
        support = self._by_words(words)
        open_ = np.flatnonzero(support < 1.0)
        support[open_] = np.maximum(support[open_], self.meant(rows[open_]))
        return support

    def units(self, rows: Matrix) -> Matrix:
        """Return the similarity of texts to the window's content words, 0..1, shape ``(n, units)``.

        A text speaks for the few content words of which it captures most; for the others it is 0.
        """
        alike = self._similarity.tags(rows, self._units_rows)
        few = self._settings.window.units_of_a_tag
        if alike.shape[1] <= few:
            return alike
        captured = alike * self.mass.astype(np.float32)
        least = np.partition(captured, -few, axis=1)[:, -few, None]
        return np.where(captured >= least, alike, np.float32(0))

    def focus(self, words: Words) -> Floats:
        """Return how far each text says one thing, 0..1, shape ``(n,)``.

        1 up to ``phrase_words`` words; beyond, the more rare words, the less. Words that are common
        everywhere do not count. Less also where its rare words are all said here, but nobody says
        them together: it joins things that the window does not. A text with a word of its own does not.
        """
        limit = self._settings.window.phrase_words
        rows, rare = self._look_up(words)
        owner = np.repeat(np.arange(len(words.counts)), words.counts)
        total = np.bincount(owner, weights=rare, minlength=len(words.counts))
        ratio: Floats = limit / np.maximum(total, limit)
        return ratio * ratio * self._joined(words, rows, rare)

    def _joined(self, words: Words, rows: NDArray[np.intp], rare: Floats) -> Floats:
        """Return 1, or ``apart`` for texts whose rare words no turn says together, shape ``(n,)``."""
        joined = np.ones(len(words.counts), dtype=np.float64)
        if not len(rows):
            return joined
        own = rare >= self._settings.window.rare
        turns = np.where(own[:, None], self._said[rows], np.uint8(255))
        together = np.bitwise_and.reduceat(turns, words.starts, axis=0).any(axis=1)
        unsaid = np.logical_or.reduceat(own & (rows == len(self._row)), words.starts)
        joined[words.counts > 0] = np.where(together | unsaid, 1.0, self._settings.window.apart)
        return joined

    def _by_words(self, words: Words) -> Floats:
        """Return the largest share of each text's words, by rarity, that one passage holds."""
        total, best = np.ones(len(words.counts)), np.zeros(len(words.counts))
        rows, rare = self._look_up(words)
        if not len(rows) or not self._passages.shape[1]:
            return best
        some = words.counts > 0
        total[some] = np.add.reduceat(rare, words.starts)
        held = np.add.reduceat(rare[:, None] * self._passages[rows], words.starts, axis=0)
        best[some] = held.max(axis=1)
        support: Floats = best / total * np.minimum(1.0, total / self._settings.window.rare)
        return support

    def _look_up(self, words: Words) -> tuple[NDArray[np.intp], Floats]:
        """Return the row of each word among the passages' words, and its rarity, 0..1."""
        nowhere = len(self._passages) - 1
        row, expected = self._row.get, self._expected.get
        rows = np.array([row(word, nowhere) for word in words.distinct], dtype=np.intp)
        often = np.array([expected(word, 0.0) for word in words.distinct], dtype=np.float64)
        return rows[words.which], (1.0 / (1.0 + often))[words.which]

    def meant(self, rows: Matrix) -> Floats:
        """Return how far this window, and not others, supports each text by meaning, ``(n,)``.

        How much nearer its nearest segment is than, on average, the nearest segment of a background
        window. That any conversation might say a word (*basically*) a few background windows cannot
        tell by counting it; that their lines come as near to its meaning they can.
        """
        if not len(self.text.segments) or not len(rows):
            return np.zeros(len(rows), dtype=np.float64)
        near = cosines(rows, self._segments)
        nearest = np.maximum.reduceat(near, self._starts, axis=1)
        elsewhere = nearest[:, 1:].sum(axis=1) / np.float32(max(1, nearest.shape[1] - 1))
        settings = self._settings.similarity
        lead = ramp(nearest[:, 0] - elsewhere, settings.no_lead, settings.full_lead)
        gain: Floats = lead.astype(np.float64)
        return gain

    def _read_passages(self) -> Floats:
        """Return each word's excess in each passage that has it, ``(words + 1, passages)``.

        A passage is two neighbouring segments; the last row is that of a word never said.
        """
        segments = self.text.segments
        passages = np.zeros((len(self._row) + 1, len(segments)), dtype=np.float64)
        rows, numbers = self._places([segment.split() for segment in segments])
        excess = np.array(list(self._excess.values()), dtype=np.float64)
        passages[rows, numbers] = passages[rows, np.maximum(0, numbers - 1)] = excess[rows]
        return passages

    def _places(self, texts: Sequence[Sequence[str]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return rows of the words that each text of this window holds, and the texts' numbers."""
        reduced, row = self.text.reduced, self._row
        found = [[row[word] for each in set(text) for word in reduced[each]] for text in texts]
        numbers = np.repeat(np.arange(len(texts)), [len(rows) for rows in found])
        return np.array([r for rows in found for r in rows], dtype=np.intp), numbers

    def _read_turns(self) -> NDArray[np.uint8]:
        """Return which turns say each word, one bit a turn, shape ``(words + 1, bytes)``.

        A long turn is read in overlapping pieces of two segments. The last row is that of a word never
        said.
        """
        size = self._settings.window.segment_words
        turns = [turn.split() for turn in self.text.spoken.split("\n")]
        pieces = [
            turn[start : start + 2 * size]
            for turn in turns
            for start in range(0, max(1, len(turn) - size), size)
        ]
        said = np.zeros((len(self._row) + 1, len(pieces)), dtype=np.bool_)
        said[self._places(pieces)] = True
        return np.packbits(said, axis=1)

    def _units(self) -> tuple[list[str], Floats]:
        """Return the window's content words, heaviest first, and their mass.

        Mass is how often a word is said beyond what is said elsewhere, to the power of 3/4, times its
        rarity.
        """
        mass = {
            word: _sublinear(self._excess[word] * count) / (1.0 + self._expected.get(word, 0.0))
            for word, count in self.text.counts.items()
            if self._excess[word] > 0 and any(c.isalpha() for c in word) and len(word) > 1
        }
        leading = sorted(mass, key=lambda word: (-mass[word], word))[: self._settings.window.units]
        surfaces = [normal_form(self.text.surfaces[word]) for word in leading]
        return surfaces, np.array([mass[word] for word in leading], dtype=np.float64)


def _sublinear(count: float) -> float:
    """Return ``count ** 0.75``, by square roots, which every processor rounds alike."""
    return math.sqrt(count * math.sqrt(count))


def _excess(count: int, expected: float) -> float:
    """Return the share of a word's count beyond what is expected plus one (Poisson) deviation."""
    return max(0.0, 1.0 - (expected + math.sqrt(expected)) / count)


def _expected_counts(text: WindowText, others: Iterable[WindowText]) -> dict[str, float]:
    """Return how often each word would be said in as long a piece of the background."""
    pooled: Counter[str] = Counter()
    for other in others:
        pooled.update(other.counts)
    scale = text.total / max(1, sum(pooled.values()))
    return {word: count * scale for word, count in pooled.items()}
