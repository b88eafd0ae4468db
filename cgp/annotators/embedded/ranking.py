"""Which candidates become tags: central to the conversation, well supported, unlike each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.candidates import Candidate
from cgp.annotators.embedded.subjects import SubjectIndex
from cgp.embedders.embedder import Vectors

Floats = NDArray[np.float64]

# Weights of a phrase's features: begun from least squares over one half of a set of dialogues (against
# the likeness of a phrase to a person's topic), then adjusted by benchmarks/tag_quality.py on all of
# it and by reading the tags of other conversations.
_NEAREST_SUBJECT = 0.3
_SUBJECTS = 0.5
_WORDS_REPEATED = 0.55
_PHRASE_REPEATED = 0.2
_THREE_WORDS = -0.1
_LATE = -0.15
_PROPER = -0.1
_FRAGMENT = -0.3
_VERBAL = -0.1
_TOO_WEAK = 1.0
_ASSURED = 0.75

_SHORTLIST = 160
_DIVERSITY = 0.3
_SUBJECT_DIVERSITY = 0.05
_SHARED_WORDS = 0.5
_WORD_IN_TAGS = 3
_SAME = 0.9
_SUBJECT_SHARE = 3 / 8
_SUBJECT_GAP = 0.2
# How near a subject must be: nearer the longer the conversation, since chance likenesses grow.
_SUBJECT_FLOOR = 0.2
_SUBJECT_FLOOR_LONG = 0.38
_LONG = 300


@dataclass(frozen=True)
class Matter:
    """What is ranked: a conversation's phrases with their vectors, its centre and its words."""

    candidates: Sequence[Candidate]
    vectors: Vectors
    centre: Vectors
    stems: Counter[str]


def shortlist(candidates: Sequence[Candidate], stems: Counter[str]) -> list[Candidate]:
    """Return the best supported candidates, few enough to compare, in order of appearance."""
    if len(candidates) <= _SHORTLIST:
        return list(candidates)

    def support(candidate: Candidate) -> tuple[float, int]:
        words = sum(stems[word] for word in candidate.key) / len(candidate.key)
        repeated = candidate.count if len(candidate.key) > 1 else 1
        return -math.log2(1.0 + words) - math.log2(repeated), candidate.first

    best = sorted(candidates, key=support)[:_SHORTLIST]
    return sorted(best, key=lambda candidate: candidate.first)


@dataclass(frozen=True)
class Selection:
    """The subjects and the candidates (indices) that make the tags, and every candidate's score."""

    subjects: list[int]
    phrases: list[int]
    scores: Floats


def select(matter: Matter, index: SubjectIndex | None, count: int) -> Selection:
    """Return what makes ``count`` tags, best first."""
    subjects: list[int] = []
    shared = _shared_words(matter)
    scores = _support(matter, shared) + matter.vectors @ matter.centre
    cosines = matter.vectors @ matter.vectors.T
    likeness = np.maximum(cosines, _SHARED_WORDS * shared)
    penalty = np.zeros(len(scores))
    if index is not None:
        nearness = index.nearness(matter.centre, matter.stems)
        least = _subject_floor(len(matter.stems))
        subjects = _subjects(index, nearness, least, math.ceil(count * _SUBJECT_SHARE))
        nearest = np.argsort(-nearness, kind="stable")[:3]
        nearest = nearest[np.isfinite(nearness[nearest])]
        if len(nearest):
            scores = (
                scores
                + _NEAREST_SUBJECT * (matter.vectors @ index.label_vectors[nearest[0]])
                + _SUBJECTS * (matter.vectors @ index.vectors[nearest].mean(axis=0))
            )
        penalty = _likeness_to_subjects(matter, index, subjects)
    keys = [frozenset(candidate.key) for candidate in matter.candidates]
    used = [index.subjects[number].key for number in subjects] if index is not None else []
    order = _diverse(scores, likeness, penalty, 2 * count + 4, _DIVERSITY)
    phrases = _without_repetition(order, keys, used, likeness, count - len(subjects))
    phrases = _without_weak(phrases, scores, math.ceil(count * _ASSURED) - len(subjects))
    return Selection(subjects, phrases, scores)


def _support(matter: Matter, shared: Floats) -> Floats:
    """Return what speaks for each phrase by itself, whatever it means."""
    most = math.log2(1.0 + max(matter.stems.values(), default=1))
    candidates = matter.candidates
    sizes = np.array([len(c.key) for c in candidates])
    counts = np.array([c.count for c in candidates], dtype=np.float64)
    words = np.array(
        [sum(math.log2(1.0 + matter.stems[w]) for w in c.key) / len(c.key) for c in candidates]
    )
    late = np.array([c.first for c in candidates]) / max(candidates[-1].first, 1)
    proper = np.array([c.is_proper for c in candidates])
    verbal = np.array([c.is_verbal for c in candidates])
    repeated = (sizes > 1) * np.minimum(np.log2(counts), 3.0)
    fragments = (sizes > 1) & _fragments(shared, sizes, counts)
    return np.asarray(
        _WORDS_REPEATED * words / most
        + _PHRASE_REPEATED * repeated
        + _THREE_WORDS * (sizes > 2)
        + _LATE * late
        + _PROPER * proper
        + _FRAGMENT * fragments
        + _VERBAL * verbal
    )


def _shared_words(matter: Matter) -> Floats:
    """Return the share of the shorter phrase's words that two phrases have in common."""
    words = dict.fromkeys(word for candidate in matter.candidates for word in candidate.key)
    columns = {word: number for number, word in enumerate(words)}
    has = np.zeros((len(matter.candidates), len(columns)), dtype=np.float32)
    rows = [row for row, c in enumerate(matter.candidates) for _ in c.key]
    has[rows, [columns[word] for c in matter.candidates for word in c.key]] = 1.0
    sizes = has.sum(axis=1)
    return np.asarray(has @ has.T / np.minimum.outer(sizes, sizes), dtype=np.float64)


def _fragments(shared: Floats, sizes: NDArray[np.int_], counts: Floats) -> NDArray[np.bool_]:
    """Tell which phrases are said only as parts of longer ones."""
    within = shared >= 1.0
    longer = sizes[None, :] > sizes[:, None]
    return np.asarray((within & longer & (counts[None, :] >= counts[:, None])).any(axis=1))


def _subject_floor(stems: int) -> float:
    """Return how near a subject must be to a conversation of so many different stems."""
    return _SUBJECT_FLOOR + (_SUBJECT_FLOOR_LONG - _SUBJECT_FLOOR) * min(1.0, stems / _LONG)


def _subjects(index: SubjectIndex, nearness: Floats, least: float, count: int) -> list[int]:
    """Return up to ``count`` of the nearest subjects, none much further than the nearest."""
    order = np.argsort(-nearness, kind="stable")[:32]
    floor = max(least, nearness[order[0]] - _SUBJECT_GAP)
    near = order[nearness[order] >= floor]
    vectors = index.label_vectors[near]
    likeness = (vectors @ vectors.T).astype(np.float64)
    picked = _diverse(nearness[near], likeness, np.zeros(len(near)), count, _SUBJECT_DIVERSITY)
    return [int(near[number]) for number in picked]


def _without_repetition(
    order: Sequence[int],
    keys: Sequence[frozenset[str]],
    used: Sequence[frozenset[str]],
    likeness: Floats,
    count: int,
) -> list[int]:
    """Return the first ``count`` of ``order``: none twice or nearly so, no word in too many tags."""
    taken = set(used)
    words = Counter(word for key in used for word in key)
    picked: list[int] = []
    for number in order:
        if len(picked) == count:
            break
        key = keys[number]
        alike = any(likeness[number, other] > _SAME for other in picked)
        if not alike and key not in taken and all(words[word] < _WORD_IN_TAGS for word in key):
            picked.append(number)
            taken.add(key)
            words.update(key)
    return picked


def _without_weak(phrases: Sequence[int], scores: Floats, assured: int) -> list[int]:
    """Return the phrases without those that are much weaker than the first, but ``assured`` many."""
    return [
        number
        for place, number in enumerate(phrases)
        if place < assured or scores[number] >= scores[phrases[0]] - _TOO_WEAK
    ]


def _likeness_to_subjects(matter: Matter, index: SubjectIndex, subjects: list[int]) -> Floats:
    penalty = np.zeros(len(matter.candidates))
    for number in subjects:
        key = index.subjects[number].key
        shared = [
            len(key.intersection(c.key)) / max(min(len(key), len(c.key)), 1)
            for c in matter.candidates
        ]
        cosines = (matter.vectors @ index.label_vectors[number]).astype(np.float64)
        penalty = np.maximum(penalty, np.maximum(cosines, _SHARED_WORDS * np.array(shared)))
    return penalty


def _diverse(
    scores: Floats, likeness: Floats, penalty: Floats, count: int, diversity: float
) -> list[int]:
    """Return the indices of up to ``count`` items by maximal marginal relevance.

    Carbonell and Goldstein, 1998: each pick has the best score less ``diversity`` times its
    likeness to what was picked before (to begin with, ``penalty``).
    """
    scores, penalty = scores.astype(np.float64), penalty.copy()
    picked: list[int] = []
    for _ in range(min(count, len(scores))):
        best = int(np.argmax(scores - diversity * penalty))
        picked.append(best)
        scores[best] = -np.inf
        penalty = np.maximum(penalty, likeness[best])
    return picked
