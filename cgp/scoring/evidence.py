"""What a window's own text supports, over what the text of other conversations supports as well.

Everything here is a difference between this window and a background of windows of other
conversations: what could be said anywhere is supported by nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.scoring.form import words_of
from cgp.scoring.settings import ScoringSettings, WindowSettings
from cgp.scoring.similarity import Matrix, Similarity, cosines, exact_rows, ramp
from cgp.text import normal_form

Floats = NDArray[np.float64]
Words = Sequence[Sequence[str]]


@dataclass(frozen=True)
class WindowText:
    """The words and segments of one window, in normal form.

    ``spoken`` holds the turns between line breaks, with a space at both ends; ``surfaces`` the first
    full form of each reduced word.
    """

    counts: Mapping[str, int]
    surfaces: Mapping[str, str]
    segments: tuple[str, ...]
    spoken: str

    @cached_property
    def total(self) -> int:
        """Number of words."""
        return sum(self.counts.values())


def read_window(window: Conversation, settings: WindowSettings) -> WindowText:
    """Read a window's turns; a long turn becomes several segments."""
    counts: Counter[str] = Counter()
    surfaces: dict[str, str] = {}
    segments: list[str] = []
    turns = [normal_form(turn.text) for turn in window.turns]
    for turn in turns:
        written = turn.split()
        for word in written:
            reduced = words_of(word)
            counts.update(reduced)
            for piece in reduced:
                surfaces.setdefault(piece, word.strip(".,:;!?") if len(reduced) == 1 else piece)
        size = settings.segment_words
        segments.extend(" ".join(written[i : i + size]) for i in range(0, len(written), size))
    return WindowText(
        counts=counts,
        surfaces=surfaces,
        segments=tuple(segments[: settings.segments]),
        spoken="".join(f"\n {turn} \n" for turn in turns),
    )


class Evidence:
    """One window against its background, prepared once for all answers."""

    def __init__(
        self,
        window: Conversation,
        background: Sequence[Conversation],
        embedder: Embedder,
        settings: ScoringSettings,
    ) -> None:
        self._settings = settings
        self._similarity = Similarity(settings.similarity)
        self.text = read_window(window, settings.window)
        others = [read_window(other, settings.window) for other in background]
        self._expected = _expected_counts(self.text, others)
        self._excess = {
            word: _excess(count, self._expected.get(word, 0.0))
            for word, count in self.text.counts.items()
        }
        self._row = {word: row for row, word in enumerate(self._excess)}
        self._passages = self._read_passages()
        names, self.mass = self._units()
        self.unit_names = names
        parts = [self.text.segments, *(other.segments for other in others if other.segments)]
        rows = exact_rows(embedder.embed([*names, *(s for part in parts for s in part)]))
        self._units_rows = rows[: len(names)]
        self._segments = rows[len(names) :]
        self._starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]

    @property
    def leading_mass(self) -> float:
        """Mass of the leading content words: what a full answer is expected to capture."""
        return float(self.mass[: self._settings.window.leading_units].sum())

    def support(self, words: Words, rows: Matrix) -> Floats:
        """Return how far this window, and not others, supports each text, 0..1, shape ``(n,)``.

        ``words`` are the texts' reduced words, ``rows`` their exact rows.

        The larger of two kinds of support: by words (how much more often they are said here than
        elsewhere, rare words counting more, words said together) and by meaning (how much nearer its nearest segment is
        than, on average, the nearest segment of a background window).
        """
        support: Floats = np.maximum(self._by_words(words), self._by_meaning(rows))
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
        everywhere do not count.
        """
        limit = self._settings.window.phrase_words
        owner = [index for index, each in enumerate(words) for _ in each]
        _, rare = self._look_up([word for each in words for word in each])
        total = np.bincount(np.array(owner, dtype=np.intp), weights=rare, minlength=len(words))
        ratio: Floats = limit / np.maximum(total, limit)
        return ratio * ratio

    def _by_words(self, words: Words) -> Floats:
        """Return the largest share of each text's words, by rarity, that one passage holds."""
        counts = np.array([len(each) for each in words], dtype=np.intp)
        flat = [word for each in words for word in each]
        if not flat or not self._passages.shape[1]:
            return np.zeros(len(words), dtype=np.float64)
        rows, rare = self._look_up(flat)
        starts = (np.cumsum(counts) - counts)[counts > 0]
        total, best = np.ones(len(words)), np.zeros(len(words))
        total[counts > 0] = np.add.reduceat(rare, starts)
        held = np.add.reduceat(rare[:, None] * self._passages[rows], starts, axis=0)
        best[counts > 0] = held.max(axis=1)
        support: Floats = best / total * np.minimum(1.0, total / self._settings.window.rare)
        return support

    def _look_up(self, words: Sequence[str]) -> tuple[NDArray[np.intp], Floats]:
        """Return the row of each word among the passages' words, and its rarity, 0..1."""
        nowhere = len(self._passages) - 1
        row, expected = self._row.get, self._expected.get
        rows = np.array([row(word, nowhere) for word in words], dtype=np.intp)
        rare = 1.0 / (1.0 + np.array([expected(word, 0.0) for word in words], dtype=np.float64))
        return rows, rare

    def _by_meaning(self, rows: Matrix) -> Floats:
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
        for number, segment in enumerate(segments):
            for word in {word for written in segment.split() for word in words_of(written)}:
                if (row := self._row.get(word)) is not None:
                    passages[row, number] = passages[row, max(0, number - 1)] = self._excess[word]
        return passages

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
