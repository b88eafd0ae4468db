"""The tag score: coverage and precision of an answer's tags, all answers to a window at once.

Tags are first judged one by one (each distinct normal form once, whoever sent it), then within their
answer: a tag that repeats another of the same answer, or restates a ground-truth tag that another one
restates better, is credited less or not at all. Shapes: U distinct tags, G ground-truth tags, V
content words of the window, A answers, K counted tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder
from cgp.metadata import Tag
from cgp.scoring.evidence import Evidence, Words
from cgp.scoring.form import defect_of, is_utterance, words_of
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.similarity import Matrix, Similarity, cosines, exact_rows, ramp
from cgp.scoring.task import TagVerdict
from cgp.text import normal_form

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_FULL_JUNK = 0.05
"""Credit below which a tag counts as junk, in proportion."""

_KINDS = ("malformed", "ungrounded", "generic", "duplicate", "novel", "ground_truth")

_REASONS = {
    "novel": "supported by this window's text, and not in the ground truth",
    "duplicate": "another tag of this answer says it",
    "generic": "said in this window, but not what it is about",
    "ungrounded": "supported no more by this window than by other conversations",
}


class Reference(NamedTuple):
    """What a window's tags are compared with.

    ``support``: share of the ground truth's passes, 0..1; ``grounded``: support of each ground-truth
    tag by this window over others; ``relevance``: the same, 0 where below the threshold; all of shape
    ``(G,)``. ``units``: ``(G, V)`` similarity to the window's content words.
    """

    names: tuple[str, ...]
    rows: Matrix
    support: Floats
    grounded: Floats
    relevance: Floats
    units: Floats


@dataclass(frozen=True, eq=False)
class Judged:
    """Every distinct tag on its own. Arrays have U rows.

    ``match``: similarity to the ground truth times relevance, and the tag it is best for (``nearest``,
    -1 without ground truth); ``novel``: credit by the window alone; ``grounded``: support;
    ``units``: ``(U, V)`` similarity to content words times support; ``defect``: form errors in words.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    rows: Matrix
    match: Floats
    nearest: Indices
    novel: Floats
    grounded: Floats
    units: Floats
    defect: tuple[str, ...]

    @property
    def credit(self) -> Floats:
        """Most that each tag can earn, shape ``(U,)``."""
        credit: Floats = np.maximum(self.match, self.novel)
        return credit


@dataclass(frozen=True, eq=False)
class TagScores:
    """Per answer, shape ``(A,)``: score and its terms; per tag ``(A, K)``, in the miner's order.

    ``credit`` is what each counted tag earned, ``kind`` why: an index into the kinds of verdicts.
    """

    value: Floats
    coverage: Floats
    precision: Floats
    credit: Floats
    kind: Indices

    def answers(self) -> Iterator[Terms]:
        """Yield each answer's terms as plain numbers."""
        columns = (self.value, self.coverage, self.precision, self.credit, self.kind)
        return map(Terms._make, zip(*(column.tolist() for column in columns), strict=True))


class Terms(NamedTuple):
    """One answer's row of ``TagScores``."""

    value: float
    coverage: float
    precision: float
    credit: list[float]
    kind: list[int]


class TagScoring:
    """Tag scores for one window; made once per task."""

    def __init__(
        self,
        truth: Sequence[Tag],
        evidence: Evidence,
        embedder: Embedder,
        settings: ScoringSettings,
    ) -> None:
        self._settings = settings
        self._evidence = evidence
        self._embedder = embedder
        self._similarity = Similarity(settings.similarity)
        self.reference = self._reference(truth)
        self._columns: dict[frozenset[str], list[int]] = {}
        for column, name in enumerate(self.reference.names):
            self._columns.setdefault(frozenset(words_of(name)), []).append(column)

    def judge(self, texts: Sequence[str], names: Sequence[str], rows: Matrix) -> Judged:
        """Judge distinct tags: ``texts`` as sent, their normal forms, and their exact rows."""
        settings, truth = self._settings.tags, self.reference
        defect = tuple(self._defect(text, name) for text, name in zip(texts, names, strict=True))
        sound = np.array([not d for d in defect], dtype=np.float64)
        words = [words_of(name) for name in names]
        focus = self._evidence.focus(words) * sound
        grounded = self._evidence.support(words, rows) * focus
        units = self._evidence.units(rows).astype(np.float64)
        captured = (units * self._evidence.mass).sum(axis=1)
        typical = self._evidence.leading_mass / max(1, self._settings.window.leading_units)
        salience = np.minimum(1.0, captured / typical) if typical > 0 else np.zeros(len(names))
        novel = settings.novel * grounded * salience
        match, nearest = np.zeros(len(names)), np.full(len(names), -1, dtype=np.intp)
        if truth.names:
            alike = self._alike(words, rows)
            worth = alike * truth.relevance
            nearest = worth.argmax(axis=1)
            each = np.arange(len(names))
            match = worth[each, nearest] * np.where(alike[each, nearest] < 1.0, focus, sound)
            closest = alike.argmax(axis=1)
            restates = alike[each, closest] >= settings.paraphrase
            novel = np.where(restates, np.minimum(novel, truth.relevance[closest]), novel)
            units = np.where(restates[:, None], np.minimum(units, truth.units[closest]), units)
            grounded = np.where(restates, np.minimum(grounded, truth.grounded[closest]), grounded)
        return Judged(
            texts=tuple(texts),
            names=tuple(names),
            rows=rows,
            match=match,
            nearest=nearest,
            novel=novel,
            grounded=grounded,
            units=units * grounded[:, None],
            defect=defect,
        )

    def score(self, judged: Judged, counted: Indices, sent: Indices) -> TagScores:
        """Score answers: ``counted`` holds indices of distinct tags, shape ``(A, K)``, -1 for none.

        ``sent`` is the number of tags in each answer, of shape ``(A,)``, surplus ones included.
        """
        order = self._canonical_order(judged, counted)
        ranked = np.take_along_axis(counted, order, axis=1)
        present = (ranked >= 0).astype(np.float64)
        index = np.maximum(ranked, 0)
        share = self._share(judged, index, present) * present
        match, novel = judged.match[index] * share, judged.novel[index] * share
        won, covered = self._winners(judged.nearest[index], match)
        credit = np.where(won, np.maximum(match, novel), novel)
        settings = self._settings.tags
        held = np.minimum(sent, settings.counted)
        junk = np.maximum(0.0, 1.0 - judged.credit[index] / _FULL_JUNK) * present
        earned = np.maximum(0.0, credit.sum(axis=1) - settings.junk * junk.sum(axis=1))
        precision = earned / np.maximum(held, settings.expected)
        coverage = self._coverage(covered, judged.units[index] * share[:, :, None])
        both = precision + coverage
        value = np.divide(2 * precision * coverage, both, out=np.zeros_like(both), where=both > 0)
        surplus = np.minimum(1.0, np.maximum(0, sent - settings.counted) / settings.counted)
        back = np.argsort(order, axis=1, kind="stable")
        return TagScores(
            value=value * (1.0 - settings.surplus * surplus),
            coverage=coverage,
            precision=precision,
            credit=np.take_along_axis(credit, back, axis=1),
            kind=np.take_along_axis(_kinds(judged, index, share, won), back, axis=1),
        )

    def _reference(self, truth: Sequence[Tag]) -> Reference:
        support: dict[str, float] = {}
        for tag in truth:
            if name := normal_form(tag.text):
                support[name] = max(support.get(name, 0.0), min(1.0, max(0.0, tag.support)))
        names = tuple(support)
        rows = exact_rows(self._embedder.embed(list(names)))
        relevance = self._evidence.support([words_of(name) for name in names], rows)
        return Reference(
            names=names,
            rows=rows,
            support=np.array(list(support.values())),
            grounded=relevance,
            relevance=np.where(relevance >= self._settings.tags.relevant, relevance, 0.0),
            units=self._evidence.units(rows).astype(np.float64),
        )

    def _alike(self, words: Words, rows: Matrix) -> Floats:
        """Return the similarity of tags to the ground truth, ``(U, G)``; 1 for the same words."""
        alike = self._similarity.tags(rows, self.reference.rows).astype(np.float64)
        for row, each in enumerate(words):
            if columns := self._columns.get(frozenset(each)):
                alike[row, columns] = 1.0
        return alike

    def _defect(self, text: str, name: str) -> str:
        settings = self._settings.form
        if defect := defect_of(text, name, settings):
            return defect
        if name not in self.reference.names and is_utterance(
            name, self._evidence.text.spoken, settings
        ):
            return "a piece of what was said, word for word"
        return ""

    @staticmethod
    def _canonical_order(judged: Judged, counted: Indices) -> Indices:
        """Return an order of each answer's tags that does not depend on the miner's, ``(A, K)``."""
        alphabetical = np.empty(len(judged.names) + 1, dtype=np.intp)
        alphabetical[
            np.array(sorted(range(len(judged.names)), key=judged.names.__getitem__), int)
        ] = np.arange(len(judged.names))
        alphabetical[-1] = len(judged.names)
        worth = np.append(judged.credit, -1.0)
        return np.lexsort((alphabetical[counted], -worth[counted]), axis=1)

    def _share(self, judged: Judged, index: Indices, present: Floats) -> Floats:
        """Return what is left of each tag beside those ranked before it in its answer, ``(A, K)``."""
        settings = self._settings
        rows = judged.rows[index]
        alike = ramp(
            cosines(rows, rows), settings.tags.repeats_from, settings.similarity.near_duplicate
        ).astype(np.float64)
        same = index[:, :, None] == index[:, None, :]
        alike = np.where(same, 1.0, alike) * present[:, None, :]
        earlier = np.tri(index.shape[1], k=-1)
        repeated: Floats = (alike * earlier).max(axis=2, initial=0.0)
        return 1.0 - repeated

    def _winners(self, nearest: Indices, match: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Return which tags speak for their ground-truth tag, ``(A, K)``, and how well, ``(A, G)``."""
        size = len(self.reference.names)
        if not size:
            return np.zeros(match.shape, dtype=np.bool_), np.zeros((len(match), 0))
        mine = nearest[:, :, None] == np.arange(size)
        worth = np.where(mine, match[:, :, None], 0.0)
        best = worth.max(axis=1, initial=0.0)
        first = worth.argmax(axis=1)
        won = np.take_along_axis(first, nearest, axis=1) == np.arange(match.shape[1])
        return won & (match > 0), best

    def _coverage(self, covered: Floats, units: Floats) -> Floats:
        """Return coverage, 0..1, of ground truth and of the window's content words, ``(A,)``."""
        truth = self.reference
        total = float((truth.support * truth.relevance).sum())
        leading = self._evidence.leading_mass
        reached = (covered * truth.support).sum(axis=1)
        mass = self._settings.tags.window_mass if leading > 0 else 0.0
        if leading > 0:
            captured = (units.max(axis=1, initial=0.0) * self._evidence.mass).sum(axis=1)
            reached = reached + mass * np.minimum(1.0, captured / leading)
        both = total + mass
        coverage: Floats = np.minimum(1.0, reached / both) if both > 0 else np.zeros(len(covered))
        return coverage


def _kinds(judged: Judged, index: Indices, share: Floats, won: NDArray[np.bool_]) -> Indices:
    """Return which kind of verdict each counted tag gets, shape ``(A, K)``."""
    malformed = np.array([bool(defect) for defect in judged.defect], dtype=np.bool_)
    spoken_for = won & (judged.match >= judged.novel)[index]
    conditions = [
        malformed[index],
        ((judged.credit <= _FULL_JUNK) & (judged.grounded <= 0))[index],
        (judged.credit <= _FULL_JUNK)[index],
        share < 0.5,
        ~spoken_for,
    ]
    return np.select(conditions, list(range(len(conditions))), default=len(conditions))


class Verdicts:
    """Why each tag earned what it earned; equal verdicts are made once."""

    def __init__(self, judged: Judged, truth: Reference) -> None:
        self._judged = judged
        self._truth = truth
        self._known: dict[tuple[int, float, int], TagVerdict] = {}

    def of(self, texts: Sequence[str], row: Sequence[int], answer: Terms) -> tuple[TagVerdict, ...]:
        """Return the verdicts of one answer's tags, in the miner's order; surplus ones included.

        ``row`` holds the distinct tag of each counted tag.
        """
        known = self._known
        verdicts = [
            known.get((index, credit, kind)) or self._make(index, credit, kind)
            for index, credit, kind in zip(row, answer.credit, answer.kind, strict=False)
        ]
        surplus = "only the first tags count; more of them cost"
        verdicts.extend(TagVerdict(text, 0.0, "surplus", surplus) for text in texts[len(row) :])
        return tuple(verdicts)

    def _make(self, row: int, credit: float, code: int) -> TagVerdict:
        kind = _KINDS[code]
        verdict = TagVerdict(self._judged.texts[row], credit, kind, self._reason(row, kind))
        self._known[row, credit, code] = verdict
        return verdict

    def _reason(self, row: int, kind: str) -> str:
        if kind == "malformed":
            return self._judged.defect[row]
        if kind == "ground_truth":
            name = self._truth.names[self._judged.nearest[row]]
            return f"speaks for {name!r} of the ground truth"
        return _REASONS[kind]
