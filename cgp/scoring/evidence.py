"""Evidence of a window: support by its own text beyond the support by other conversations' text.

Everything here is a difference between this window and a background of windows of other
conversations: a phrase that fits anywhere has no support.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.ragged import Ragged
from cgp.scoring.empty_words import empty_words
from cgp.scoring.reading import Reader
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.similarity import Matrix, Similarity, cosines, exact_rows, ramp
from cgp.scoring.spoken_phrases import SpokenPhrases
from cgp.scoring.words import Words
from cgp.text import normal_form


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
        self.empty = empty_words(self.text.reductions, window.language)
        self.speech = SpokenPhrases.of(window)
        self._background = reader.background(background)
        # Counts of the background are scaled to a piece as long as this window.
        self._scale = self.text.total / max(1, self._background.total)
        words = tuple(self.text.counts)
        self._row = {word: row for row, word in enumerate(words)}
        counts = np.array([self.text.counts[word] for word in words], dtype=np.float64)
        usual_counts = self._usual_counts(words)
        self._excess = _excess(counts, usual_counts)
        self._passages = self._read_passages()
        self._presence = self._read_turns()
        mass = _sublinear(self._excess * counts) / (1.0 + usual_counts)
        leading = self._leading(words, mass)
        self.mass = mass[leading]
        self.unit_names = [normal_form(self.text.surfaces[words[row]]) for row in leading]
        self._units_rows = exact_rows(embedder.embed(self.unit_names))
        parts = [self.reading.segments, *self._background.segments]
        # All segments in one matrix, the window's first: one product compares a tag with all of
        # them. ``_windows`` says which segments are of which window.
        self._segments = np.concatenate(parts)
        self._windows = Ragged([len(part) for part in parts])

    @property
    def leading_mass(self) -> float:
        """Mass of the leading content words: the expected content of a full answer."""
        return float(self.mass[: self._settings.window.leading_units].sum())

    def support(self, words: Words, rows: Matrix) -> Floats:
        """Return the support of each text by this window and not by others, 0..1, shape ``(n,)``.

        ``words`` are the texts' reduced words, ``rows`` their exact rows.

        The larger of two kinds of support: by words (how much more often they are said here than
        elsewhere, rare words counting more, words said together) and by meaning (how much nearer
        its nearest segment is than, on average, the nearest segment of a background window).
        Where words give full support, meaning is not asked.
        """
        support = self._by_words(words)
        unsure = np.flatnonzero(support < 1.0)
        support[unsure] = np.maximum(support[unsure], self.support_by_meaning(rows[unsure]))
        return support

    def units(self, rows: Matrix) -> Matrix:
        """Return the similarity of texts to the window's content words, 0..1, shape ``(n, units)``.

        A text speaks for the few content words of which it captures most; for the others it is 0.
        """
        alike = self._similarity.tags(rows, self._units_rows)
        limit = self._settings.window.units_of_a_tag
        if alike.shape[1] <= limit:
            return alike
        capture = alike * self.mass.astype(np.float32)
        # The limit-th largest capture of each text; smaller ones count as 0.
        threshold = np.partition(capture, -limit, axis=1)[:, -limit, None]
        return np.where(capture >= threshold, alike, np.float32(0))

    def focus(self, words: Words) -> Floats:
        """Return the unity of each text, 0..1, shape ``(n,)``: 1 if it names one thing.

        1 up to ``phrase_words`` words; beyond, the more rare words, the less. Words that are common
        everywhere do not count, and a text of empty words alone says nothing. Less also where its
        rare words are said here, but in no turn together: it joins things that the window does not.
        A word of its own beside them is not an excuse: it needs support of its own.
        """
        limit = self._settings.window.phrase_words
        rows, rare = self._look_up(words)
        total = np.bincount(words.layout.owners, weights=rare, minlength=len(words.layout))
        ratio: Floats = limit / np.maximum(total, limit)
        # A text whose words are common everywhere (total 0) says nothing; one without any reduced
        # word says no more than one thing.
        says = np.where(words.layout.filled & (total <= 0), 0.0, ratio * ratio)
        return says * self._cohesion(words, rows, rare)

    def _cohesion(self, words: Words, rows: NDArray[np.intp], rare: Floats) -> Floats:
        """Return 1, less for texts that join words that the window does not join, at least
        ``apart``, ``(n,)``.
        """
        cohesion = np.ones(len(words.layout), dtype=np.float64)
        if not len(rows):
            return cohesion
        apart = self._settings.window.apart
        is_rare = rare >= self._settings.window.rare
        unsaid = is_rare & (rows == len(self._row))
        turns = np.where((is_rare & ~unsaid)[:, None], self._presence[rows], np.uint8(255))
        # A bit for each turn: the AND over a text's rare words leaves the turns that hold all of
        # them. Common words and words never said here have all bits set and so exclude no turn.
        together = words.layout.fold(np.bitwise_and, turns).any(axis=1)
        cohesion[words.layout.filled] = np.where(together, 1.0, apart)
        return cohesion

    def obvious(self, rows: Matrix) -> Floats:
        """Return the share of each text that is one of the window's content words alone, 0..1,
        ``(n,)``.
        """
        if not len(self._units_rows):
            return np.zeros(len(rows))
        settings = self._settings.similarity
        near = ramp(cosines(rows, self._units_rows), settings.beyond_a_word, settings.a_word)
        nearest: Floats = near.max(axis=1).astype(np.float64)
        return nearest

    def _by_words(self, words: Words) -> Floats:
        """Return the largest share of each text's words, by rarity, that one passage holds."""
        total, best = np.ones(len(words.layout)), np.zeros(len(words.layout))
        rows, rare = self._look_up(words)
        if not len(rows) or not self._passages.shape[1]:
            return best
        has_words = words.layout.filled
        total[has_words] = words.layout.fold(np.add, rare)
        # For each text and passage, the rarity of the text's words that the passage holds.
        sums = words.layout.fold(np.add, rare[:, None] * self._passages[rows])
        best[has_words] = sums.max(axis=1)
        support: Floats = (
            # 1e-9 keeps a text of common words at 0 instead of 0 / 0. The second factor withholds
            # full support from words that are hardly rare together.
            best / np.maximum(total, 1e-9) * np.minimum(1.0, total / self._settings.window.rare)
        )
        return support

    def _look_up(self, words: Words) -> tuple[NDArray[np.intp], Floats]:
        """Return the row of each word among the passages' words, and its rarity, 0..1."""
        # The last row of the passages stands for a word that is never said here.
        nowhere = len(self._passages) - 1
        rows = np.array([self._row.get(word, nowhere) for word in words.distinct], dtype=np.intp)
        content = np.array(
            [word not in self.empty.words for word in words.distinct], dtype=np.float64
        )
        rare = content / (1.0 + self._usual_counts(words.distinct))
        return rows[words.numbers], rare[words.numbers]

    def _usual_counts(self, words: Sequence[str]) -> Floats:
        """Return the expected count of each word in as long a piece of the background."""
        counts = self._background.counts
        background_counts = [counts.get(word, 0) for word in words]
        return np.array(background_counts, dtype=np.float64) * self._scale

    def support_by_meaning(self, rows: Matrix) -> Floats:
        """Return the support of each text by this window and not by others, by meaning, ``(n,)``.

        How much nearer its nearest segment is than, on average, the nearest segment of a background
        window. A few background windows may happen not to contain a common word such as
        *basically*, so counts miss it. Some of their lines are as close to it in meaning, so
        similarity catches it.
        """
        if not len(self.text.segments) or not len(rows):
            return np.zeros(len(rows), dtype=np.float64)
        near = cosines(rows, self._segments)
        # The nearest segment of each window: column 0 is this window, the others the background.
        nearest = self._windows.fold(np.maximum, near, axis=1)
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
        passages[rows, numbers] = self._excess[rows]
        # Passage n joins the segments n and n + 1, so segment n is in passage n - 1 as well.
        passages[rows, np.maximum(0, numbers - 1)] = self._excess[rows]
        return passages

    def _places(self, texts: Sequence[Sequence[str]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return rows of the words that each text of this window holds, and the texts' numbers."""
        reductions, row = self.text.reductions, self._row
        rows_by_text = [
            [row[word] for token in set(text) for word in reductions[token]] for text in texts
        ]
        numbers = np.repeat(np.arange(len(texts)), [len(rows) for rows in rows_by_text])
        return np.array([r for rows in rows_by_text for r in rows], dtype=np.intp), numbers

    def _read_turns(self) -> NDArray[np.uint8]:
        """Return the turns of each word, one bit a turn, shape ``(words + 1, bytes)``.

        A long turn is read in overlapping pieces of two segments. The last row is that of a word
        never said.
        """
        size = self._settings.window.segment_words
        turns = [turn.split() for turn in self.text.transcript.split("\n")]
        pieces = [
            turn[start : start + 2 * size]
            for turn in turns
            for start in range(0, max(1, len(turn) - size), size)
        ]
        presence = np.zeros((len(self._row) + 1, len(pieces)), dtype=np.bool_)
        presence[self._places(pieces)] = True
        return np.packbits(presence, axis=1)

    def _leading(self, words: Sequence[str], mass: Floats) -> list[int]:
        """Return the rows of the window's content words, heaviest first.

        Mass is a word's count beyond the expected count, to the power of 3/4, times its rarity.
        """
        weight = mass.tolist()
        content = [
            row
            for row, word in enumerate(words)
            if weight[row] > 0
            # Single characters, numbers and punctuation name nothing.
            and len(word) > 1
            and word not in self.empty.words
            and any(map(str.isalpha, word))
        ]
        content.sort(key=lambda row: (-weight[row], words[row]))
        return content[: self._settings.window.units]


def _sublinear(counts: Floats) -> Floats:
    """Return ``counts ** 0.75``, by square roots, which every processor rounds alike."""
    return np.sqrt(counts * np.sqrt(counts))


def _excess(counts: Floats, usual: Floats) -> Floats:
    """Return the share of words' counts beyond the expected count plus one (Poisson) deviation."""
    return np.maximum(0.0, 1.0 - (usual + np.sqrt(usual)) / counts)
