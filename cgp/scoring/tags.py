"""The tag score: coverage and precision of an answer's tags, all answers to a window at once.

Tags are first judged one by one (each distinct normal form once for all answers), then within
their answer: a tag that repeats another of the same answer, or restates a ground-truth tag that
another one restates better, is credited less or not at all. Shapes: U distinct tags, G
ground-truth tags, V content words of the window, A answers, K counted tags.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Embedder
from cgp.metadata import LEAST_SUPPORT, Tag
from cgp.ragged import Indices
from cgp.scoring.evidence import Evidence
from cgp.scoring.form import bad_characters, defect_of, is_utterance, surely_sound
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.similarity import Matrix, Similarity, cosines, exact_rows, ramp
from cgp.scoring.tag_judgement import (
    FULL_JUNK,
    SUPPORT_SHARE,
    Judgement,
    TagScores,
    TruthTags,
    kinds_of,
)
from cgp.scoring.words import Words
from cgp.text import normal_form

_Number = TypeVar("_Number", np.float64, np.intp)


class TagScoring:
    """Tag scores for one window; made once per task."""

    def __init__(
        self,
        truth: Sequence[Tag],
        evidence: Evidence,
        embedder: Embedder,
        settings: ScoringSettings,
        *,
        share: float = 0.0,
    ) -> None:
        self._settings = settings
        self._evidence = evidence
        self._embedder = embedder
        self._similarity = Similarity(settings.similarity)
        support = _support_of(truth)
        truth_words = Words.of(tuple(support))
        self.truth = self._truth_tags(support, truth_words, min(1.0, max(0.0, share)))
        self._known = {name: column for column, name in enumerate(self.truth.names)}
        # All pairs of places in an answer, the later place first.
        self._pairs = np.tril_indices(settings.tags.counted, k=-1)
        self._truth_words = frozenset(truth_words.distinct)
        # Ground-truth tags by their words, whatever the order.
        self._columns_by_words: dict[frozenset[str], list[int]] = {}
        for column, words in enumerate(truth_words.sets(np.arange(len(truth_words.layout)))):
            self._columns_by_words.setdefault(words, []).append(column)

    def judge(self, texts: Sequence[str], names: Sequence[str], rows: Matrix) -> Judgement:
        """Judge distinct tags: ``texts`` as sent, their normal forms, and their exact rows."""
        settings, truth = self._settings.tags, self.truth
        sure = surely_sound(texts, self._settings.form).tolist()
        defect = tuple(
            "" if sound else self._defect(text, name)
            for sound, text, name in zip(sure, texts, names, strict=True)
        )
        sound = np.array([not fault for fault in defect], dtype=np.float64)
        words = Words.of(names)
        truth_column = np.array([self._known.get(name, -1) for name in names], dtype=np.intp)
        is_broken = self._evidence.empty.fragments(names) | self._evidence.speech.breaks(names)
        whole = np.where(is_broken, self._settings.window.fragment, 1.0)
        focus = self._evidence.focus(words) * sound * whole
        grounding = self._evidence.support_by_meaning(rows) * focus
        capture = (self._evidence.units(rows).astype(np.float64) * self._evidence.mass).sum(axis=1)
        # A tag that captures as much as the mean leading word is fully salient.
        typical = self._evidence.leading_mass / max(1, self._settings.window.leading_units)
        salience = np.minimum(1.0, capture / typical) if typical > 0 else np.zeros(len(names))
        novel = grounding * salience
        worth = self._worth(rows)
        match, nearest = np.zeros(len(names)), np.full(len(names), -1, dtype=np.intp)
        if truth.names:
            alike = self._alike(words, rows)
            matches = alike * truth.relevance
            nearest = matches.argmax(axis=1)
            # The very words of a ground-truth tag speak for it, and never beside another tag for
            # another.
            nearest = np.where(
                (truth_column >= 0) & (truth.relevance[truth_column] > 0), truth_column, nearest
            )
            index = np.arange(len(names))
            match = matches[index, nearest] * np.where(alike[index, nearest] < 1.0, focus, sound)
            # A paraphrase never counts more than what it restates: exact is best.
            counts = np.where(alike[index, nearest] < 1.0, worth, 1.0)
            restates_truth = match > SUPPORT_SHARE * novel
            worth = np.where(restates_truth, np.minimum(counts, truth.worth[nearest]), worth)
            closest = alike.argmax(axis=1)
            # A tag that restates a truth about another part of the conversation is no more novel,
            # nor more grounded in this window, than that truth is.
            restates = alike[index, closest] >= self._similarity.at(settings.paraphrase)
            novel = np.where(restates, np.minimum(novel, truth.relevance[closest]), novel)
            grounding = np.where(
                restates, np.minimum(grounding, truth.grounding[closest]), grounding
            )
        return Judgement(
            texts=tuple(texts),
            names=tuple(names),
            rows=rows,
            match=match,
            nearest=nearest,
            novel=novel,
            grounding=grounding,
            worth=worth,
            exact=(truth_column >= 0) & (sound > 0),
            name=_numbers(names),
            defect=defect,
        )

    def score(self, judgement: Judgement, tag_rows: Indices, sizes: Indices) -> TagScores:
        """Score answers: ``tag_rows`` holds indices of distinct tags, ``(A, K)``, -1 for none.

        ``sizes`` is the number of tags in each answer, of shape ``(A,)``, surplus ones included.
        """
        order = self._canonical_order(judgement, tag_rows)
        ranking = np.take_along_axis(tag_rows, order, axis=1)
        present = (ranking >= 0).astype(np.float64)
        # Places without a tag (-1) read row 0, and ``present`` takes them out again.
        index = np.maximum(ranking, 0)
        share = self._share(judgement, index) * present
        match = judgement.match[index] * share
        winners, cover = self._winners(judgement.nearest[index], match)
        credit = np.where(winners, match * self._sure(judgement.nearest[index]), 0.0)
        settings = self._settings.tags
        worth = judgement.worth[index] * present
        worthless = worth * ~(judgement.exact[index] & (share > 0))
        junk = np.maximum(0.0, 1.0 - judgement.merit[index] * share / FULL_JUNK) * worthless
        earnings = (credit * worth).sum(axis=1) - settings.junk * junk.sum(axis=1)
        # As far as a tag wins nothing it counts whole: a wrong word costs as much as any wrong tag.
        wins = np.where(winners, match, 0.0)
        counts = wins * worth + (1.0 - wins) * np.maximum(worth, settings.wrong * present)
        precision = np.maximum(0.0, earnings) / np.maximum(counts.sum(axis=1), self._full_worth)
        coverage = self._coverage(cover)
        total = precision + coverage
        value = np.divide(
            2 * precision * coverage, total, out=np.zeros_like(total), where=total > 0
        )
        surplus = np.minimum(1.0, np.maximum(0, sizes - settings.counted) / settings.counted)
        kind = kinds_of(judgement, index, share, winners)
        return TagScores(
            value=value * (1.0 - settings.surplus * surplus),
            coverage=coverage,
            precision=precision,
            credit=_back(credit, order),
            kind=_back(kind, order),
        )

    @property
    def _full_worth(self) -> float:
        """Worth over which precision is taken at least: no more than there is to say."""
        truth, limit = self.truth, self._settings.tags.expected
        about = float((truth.worth * truth.sure)[truth.relevance > 0].sum())
        return min(limit, about) if about > 0 else limit

    def _truth_tags(self, support: Mapping[str, float], words: Words, share: float) -> TruthTags:
        """Read the ground truth.

        A tag is about a window that is more than half of the conversation at least as likely as
        ``whole_from`` says, whatever the window's words are.
        """
        settings = self._settings.tags
        names = tuple(support)
        rows = exact_rows(self._embedder.embed(list(names)))
        relevance = self._evidence.support(words, rows)
        return TruthTags(
            names=names,
            rows=rows,
            support=np.array(list(support.values())),
            grounding=self._evidence.support_by_meaning(rows) * self._evidence.focus(words),
            relevance=np.maximum(
                np.where(relevance >= settings.relevant, relevance, 0.0),
                max(0.0, (share - settings.whole_from) / (1.0 - settings.whole_from)),
            ),
            worth=self._worth(rows),
            sure=np.minimum(1.0, np.array(list(support.values())) / LEAST_SUPPORT),
        )

    def _worth(self, rows: Matrix) -> Floats:
        """Return the weight of each text: less if it says no more than a count of words does."""
        return 1.0 - self._settings.tags.obvious * self._evidence.obvious(rows)

    def _alike(self, words: Words, rows: Matrix) -> Floats:
        """Return the similarity of tags to the ground truth, ``(U, G)``; 1 for the same words."""
        alike = self._similarity.tags(rows, self.truth.rows).astype(np.float64)
        is_truth_word = np.array(
            [word in self._truth_words for word in words.distinct], dtype=np.bool_
        )
        # Only a tag of nothing but truth words can have the words of a ground-truth tag. Sets of
        # words are slow to make, so the others get none.
        may_equal = ~words.layout.filled
        if len(words.numbers):
            may_equal[~may_equal] = words.layout.fold(np.logical_and, is_truth_word[words.numbers])
        candidates = np.flatnonzero(may_equal)
        for row, word_set in zip(candidates.tolist(), words.sets(candidates), strict=True):
            if columns := self._columns_by_words.get(word_set):
                alike[row, columns] = 1.0
        return alike

    def _defect(self, text: str, name: str) -> str:
        settings = self._settings.form
        if name in self._known:
            return bad_characters(text, name)
        if defect := defect_of(text, name, settings):
            return defect
        if is_utterance(name, self._evidence.text.transcript, settings):
            return "a piece of what was said, word for word"
        return ""

    @staticmethod
    def _canonical_order(judgement: Judgement, tag_rows: Indices) -> Indices:
        """Return an order of each answer's tags that does not depend on the miner's, ``(A, K)``."""
        count = len(judgement.names)
        alphabetical = np.array(
            sorted(range(count), key=judgement.names.__getitem__), dtype=np.intp
        )
        merit, exact = judgement.merit[alphabetical], judgement.exact[alphabetical]
        best_first = np.lexsort((~exact, -merit))
        rank = np.full(count + 1, count, dtype=np.intp)  # the last is that of "no tag"
        rank[alphabetical[best_first]] = np.arange(count)
        return np.argsort(rank[tag_rows], axis=1, kind="stable")

    def _share(self, judgement: Judgement, index: Indices) -> Floats:
        """Return the remaining worth of each tag beside the tags ranked before it in its answer,
        ``(A, K)``.

        Places without a tag come last, so that they take nothing from a tag.
        """
        settings = self._settings
        share = np.ones(index.shape)
        later, earlier = self._pairs
        if not later.size:
            return share
        later_tags, earlier_tags = index.take(later, axis=1), index.take(earlier, axis=1)
        if len(judgement.rows) <= 2 * index.shape[1] * math.isqrt(len(index)):
            near = cosines(judgement.rows, judgement.rows).take(
                later_tags * len(judgement.rows) + earlier_tags
            )
        else:  # so many pairs of distinct tags that those within the answers are faster
            rows = judgement.rows[index]
            near = cosines(rows, rows)[:, later, earlier]
        alike = ramp(near, settings.tags.repeats_from, settings.similarity.near_duplicate)
        # Two tags of the ground truth are two things, however near; the same words twice are a
        # repeat.
        alike[judgement.exact[later_tags]] = 0.0
        alike[judgement.name[later_tags] == judgement.name[earlier_tags]] = 1.0
        # Pairs are in the order of the later tag, whose pairs begin where the earlier one is 0:
        # reduceat takes the likeness to the nearest better tag.
        share[:, 1:] -= np.maximum.reduceat(alike, np.flatnonzero(earlier == 0), axis=1)
        return share

    def _winners(self, nearest: Indices, match: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Return the tags that speak for their ground-truth tag, ``(A, K)``, and their
        similarity, ``(A, G)``.
        """
        size = len(self.truth.names)
        if not size:
            return np.zeros(match.shape, dtype=np.bool_), np.zeros((len(match), 0))
        best, first = np.zeros(len(match) * size), np.full(len(match) * size, match.shape[1])
        spoken_for = nearest + np.arange(len(match))[:, None] * size
        # ``at`` adds up over equal indices: several tags of one answer may speak for one
        # ground-truth tag, of which the best is credited, and the first of equals.
        np.maximum.at(best, spoken_for.ravel(), match.ravel())
        equal = (match > 0) & (match == best[spoken_for])
        place = np.where(equal, np.arange(match.shape[1]), match.shape[1])
        np.minimum.at(first, spoken_for.ravel(), place.ravel())
        return equal & (first[spoken_for] == place), best.reshape(-1, size)

    def _coverage(self, cover: Floats) -> Floats:
        """Return the share of the ground truth that is covered, 0..1, ``(A,)``.

        ``cover`` of shape ``(A, G)`` says how well each of its tags is. Nothing covers a truth
        of nothing.
        """
        truth = self.truth
        weight = truth.support * truth.worth
        total = float((weight * truth.relevance).sum())
        reach = (cover * weight).sum(axis=1)
        coverage: Floats = np.minimum(1.0, reach / total) if total > 0 else np.zeros(len(cover))
        return coverage

    def _sure(self, nearest: Indices) -> Floats:
        """Return the share of its credit that each tag's ground-truth tag is sure enough for."""
        sure = self.truth.sure
        return sure[nearest] if sure.size else np.zeros(nearest.shape)


def _support_of(truth: Sequence[Tag]) -> dict[str, float]:
    """Return the largest support, 0..1, of each ground-truth tag, by normal form."""
    support: dict[str, float] = {}
    for tag in truth:
        if name := normal_form(tag.text):
            support[name] = max(support.get(name, 0.0), min(1.0, max(0.0, tag.support)))
    return support


def _numbers(names: Sequence[str]) -> Indices:
    """Return a number for each name, equal ones for equal names, shape ``(U,)``."""
    place: dict[str, int] = {}
    return np.array([place.setdefault(name, len(place)) for name in names], dtype=np.intp)


def _back(values: NDArray[_Number], order: Indices) -> NDArray[_Number]:
    """Return values in the order that ``order`` has changed."""
    back = np.empty_like(values)
    np.put_along_axis(back, order, values, axis=1)
    return back
