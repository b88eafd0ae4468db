"""The tag score: coverage and precision of an answer's tags, all answers to a window at once.

Tags are first judged one by one (each distinct normal form once, whoever sent it), then within their
answer: a tag that repeats another of the same answer, or restates a ground-truth tag that another one
restates better, is credited less or not at all. Shapes: U distinct tags, G ground-truth tags, V
content words of the window, A answers, K counted tags.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar

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
_Number = TypeVar("_Number", np.float64, np.intp)

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

    def terms(self) -> Iterator[tuple[float, float, float]]:
        """Yield each answer's score, coverage and precision as plain numbers."""
        columns = (self.value, self.coverage, self.precision)
        return zip(*(column.tolist() for column in columns), strict=True)


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
        self._known = frozenset(self.reference.names)
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
        share = self._share(judged, index) * present
        match, novel = judged.match[index] * share, judged.novel[index] * share
        won, covered = self._winners(judged.nearest[index], match)
        credit = np.where(won, np.maximum(match, novel), novel)
        settings = self._settings.tags
        held = np.minimum(sent, settings.counted)
        junk = np.maximum(0.0, 1.0 - judged.credit[index] / _FULL_JUNK) * present
        earned = np.maximum(0.0, credit.sum(axis=1) - settings.junk * junk.sum(axis=1))
        precision = earned / np.maximum(held, settings.expected)
        coverage = self._coverage(covered, _spoken_for(judged.units, index, share))
        both = precision + coverage
        value = np.divide(2 * precision * coverage, both, out=np.zeros_like(both), where=both > 0)
        surplus = np.minimum(1.0, np.maximum(0, sent - settings.counted) / settings.counted)
        kind = _kinds(judged, index, share, won)
        return TagScores(
            value=value * (1.0 - settings.surplus * surplus),
            coverage=coverage,
            precision=precision,
            credit=_back(credit, order),
            kind=_back(kind, order),
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
        if name not in self._known and is_utterance(name, self._evidence.text.spoken, settings):
            return "a piece of what was said, word for word"
        return ""

    @staticmethod
    def _canonical_order(judged: Judged, counted: Indices) -> Indices:
        """Return an order of each answer's tags that does not depend on the miner's, ``(A, K)``."""
        count = len(judged.names)
        alphabetical = np.array(sorted(range(count), key=judged.names.__getitem__), dtype=np.intp)
        best_first = np.argsort(-judged.credit[alphabetical], kind="stable")
        rank = np.full(count + 1, count, dtype=np.intp)  # the last is that of "no tag"
        rank[alphabetical[best_first]] = np.arange(count)
        return np.argsort(rank[counted], axis=1, kind="stable")

    def _share(self, judged: Judged, index: Indices) -> Floats:
        """Return what is left of each tag beside those ranked before it in its answer, ``(A, K)``.

        Places without a tag come last, so that they take nothing from a tag.
        """
        settings = self._settings
        share = np.ones(index.shape)
        later, earlier = np.tril_indices(index.shape[1], k=-1)
        if not later.size:
            return share
        one, other = index.take(later, axis=1), index.take(earlier, axis=1)
        if len(judged.rows) <= index.shape[1] * math.isqrt(len(index)):
            near = cosines(judged.rows, judged.rows).take(one * len(judged.rows) + other)
        else:  # more pairs of distinct tags than of tags within the answers
            rows = judged.rows[index]
            near = cosines(rows, rows)[:, later, earlier]
        alike = ramp(near, settings.tags.repeats_from, settings.similarity.near_duplicate)
        alike[one == other] = 1.0
        share[:, 1:] -= np.maximum.reduceat(alike, np.flatnonzero(earlier == 0), axis=1)
        return share

    def _winners(self, nearest: Indices, match: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Return which tags speak for their ground-truth tag, ``(A, K)``, and how well, ``(A, G)``."""
        size = len(self.reference.names)
        if not size:
            return np.zeros(match.shape, dtype=np.bool_), np.zeros((len(match), 0))
        answer = np.arange(len(match))[:, None]
        best = np.zeros((len(match), size))
        np.maximum.at(best, (answer, nearest), match)
        equal = (match > 0) & (match == best[answer, nearest])
        place = np.where(equal, np.arange(match.shape[1]), match.shape[1])
        first = np.full(best.shape, match.shape[1], dtype=np.intp)
        np.minimum.at(first, (answer, nearest), place)
        return equal & (first[answer, nearest] == place), best

    def _coverage(self, covered: Floats, units: Floats) -> Floats:
        """Return coverage, 0..1, of ground truth and of the window's content words, ``(A,)``.

        ``covered`` of shape ``(A, G)`` and ``units`` of shape ``(A, V)`` say how well they are covered.
        """
        truth = self.reference
        total = float((truth.support * truth.relevance).sum())
        leading = self._evidence.leading_mass
        reached = (covered * truth.support).sum(axis=1)
        mass = self._settings.tags.window_mass if leading > 0 else 0.0
        if leading > 0:
            captured = (units * self._evidence.mass).sum(axis=1)
            reached = reached + mass * np.minimum(1.0, captured / leading)
        both = total + mass
        coverage: Floats = np.minimum(1.0, reached / both) if both > 0 else np.zeros(len(covered))
        return coverage


def _spoken_for(units: Floats, index: Indices, share: Floats) -> Floats:
    """Return how well each answer's best tag for a content word speaks for it, ``(A, V)``."""
    best = np.zeros((len(index), units.shape[1]))
    for tags, left in zip(index.T, share.T, strict=True):
        np.maximum(best, units[tags] * left[:, None], out=best)
    return best


def _back(values: NDArray[_Number], order: Indices) -> NDArray[_Number]:
    """Return values in the order that ``order`` has changed."""
    back = np.empty_like(values)
    np.put_along_axis(back, order, values, axis=1)
    return back


def _kinds(judged: Judged, index: Indices, share: Floats, won: NDArray[np.bool_]) -> Indices:
    """Return which kind of verdict each counted tag gets, shape ``(A, K)``."""
    malformed = np.array([bool(defect) for defect in judged.defect], dtype=np.bool_)
    poor = judged.credit <= _FULL_JUNK
    own = np.select([malformed, poor & (judged.grounded <= 0), poor], [0, 1, 2], default=5)
    spoken_for = won & (judged.match >= judged.novel)[index]
    beside = np.where(share < 0.5, 3, np.where(spoken_for, 5, 4))
    kinds: Indices = np.minimum(own[index], beside)
    return kinds


class Verdicts:
    """Why each tag earned what it earned, in one answer after another; equal verdicts are made once."""

    def __init__(
        self, judged: Judged, truth: Reference, counted: Indices, scores: TagScores
    ) -> None:
        self._judged = judged
        self._truth = truth
        present = counted >= 0
        code = counted[present] * len(_KINDS) + scores.kind[present]
        credit = scores.credit[present]
        order = np.lexsort((credit, code))
        code, credit = code[order], credit[order]
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = (code[1:] != code[:-1]) | (credit[1:] != credit[:-1])
        distinct = np.empty(np.count_nonzero(new), dtype=object)
        distinct[:] = list(map(self._make, code[new].tolist(), credit[new].tolist()))
        which = np.empty(len(order), dtype=np.intp)
        which[order] = np.cumsum(new) - 1
        self._verdicts: Iterator[TagVerdict] = iter(distinct[which].tolist())
        self._counted = counted.shape[1]

    def next(self, texts: Sequence[str]) -> tuple[TagVerdict, ...]:
        """Return the verdicts of the next answer's tags, in the miner's order; surplus ones included."""
        verdicts = tuple(islice(self._verdicts, min(len(texts), self._counted)))
        if len(texts) <= self._counted:
            return verdicts
        reason = "only the first tags count; more of them cost"
        surplus = (TagVerdict(text, 0.0, "surplus", reason) for text in texts[self._counted :])
        return (*verdicts, *surplus)

    def _make(self, code: int, credit: float) -> TagVerdict:
        row, number = divmod(code, len(_KINDS))
        kind = _KINDS[number]
        return TagVerdict(self._judged.texts[row], credit, kind, self._reason(row, kind))

    def _reason(self, row: int, kind: str) -> str:
        if kind == "malformed":
            return self._judged.defect[row]
        if kind == "ground_truth":
            name = self._truth.names[self._judged.nearest[row]]
            return f"speaks for {name!r} of the ground truth"
        return _REASONS[kind]
