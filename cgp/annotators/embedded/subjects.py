"""Subjects: what an English conversation is about although nobody names it.

Two people who talk of steak, soup and the waiter are *ordering food*; no phrase of theirs says so.
``subjects.txt`` lists a few hundred subjects with the words that tell them; a conversation's nearest
subjects, by embedding and by those words, become tags beside the phrases that it does contain.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.stop_words import stop_words
from cgp.annotators.embedded.words import runs
from cgp.embedders.embedder import Embedder, Vectors
from cgp.text import normal_form

LANGUAGE = "en"
# How much the telling words weigh beside the cosine.
_CUE_WEIGHT = 0.15
# A subject needs this many of its words said, fewer in a short conversation.
_TOLD = 6
_STEMS_FOR_EACH = 40


@dataclass(frozen=True)
class Subject:
    """One subject: what its tag says, the stems of that, and the stems of all words that tell it."""

    label: str
    key: frozenset[str]
    cues: frozenset[str]
    description: str


@dataclass(frozen=True)
class SubjectIndex:
    """Every subject with its vectors, shape ``(subjects, dimension)``.

    ``label_vectors`` are the labels' own, ``vectors`` those of the labels with their telling words;
    ``told_by`` maps a stem to the subjects that it tells, each with the stem's weight (rarer is
    higher).
    """

    subjects: tuple[Subject, ...]
    label_vectors: Vectors
    vectors: Vectors
    told_by: Mapping[str, tuple[tuple[int, float], ...]]

    def nearness(self, centre: Vectors, stems: Mapping[str, int]) -> NDArray[np.float64]:
        """Return how near each subject is to a conversation, given its centre and its stems.

        A subject of which too few telling words are said is not near at all (minus infinity),
        however near its vector.
        """
        cues = np.zeros(len(self.subjects))
        told = np.zeros(len(self.subjects), dtype=np.intp)
        for word, count in stems.items():
            for subject, weight in self.told_by.get(word, ()):
                cues[subject] += weight * math.log1p(count)
                told[subject] += 1
        cues *= _CUE_WEIGHT / math.sqrt(max(len(stems), 1))
        cues += self.vectors @ centre
        cues[told < least_told(len(stems))] = -np.inf
        return cues


def subject_index(embedder: Embedder) -> SubjectIndex:
    """Return the index of all subjects under ``embedder``, made once for each embedder object."""
    return _indexed(embedder)  # type: ignore[arg-type]  # objects are hashable by identity


@lru_cache(maxsize=4)
def _indexed(embedder: Embedder) -> SubjectIndex:
    subjects = all_subjects()
    shared = Counter(cue for subject in subjects for cue in subject.cues)
    told_by: dict[str, list[tuple[int, float]]] = {}
    for number, subject in enumerate(subjects):
        for cue in sorted(subject.cues):
            told_by.setdefault(cue, []).append((number, 1.0 / (1.0 + math.log(shared[cue]))))
    return SubjectIndex(
        subjects,
        embedder.embed([normal_form(subject.label) for subject in subjects]),
        embedder.embed([normal_form(subject.description) for subject in subjects]),
        {cue: tuple(owners) for cue, owners in told_by.items()},
    )


def least_told(stems: int) -> int:
    """Return how many of a subject's words a conversation of so many stems must say."""
    return min(_TOLD, max(1, stems // _STEMS_FOR_EACH))


@cache
def all_subjects() -> tuple[Subject, ...]:
    """Return every subject of ``subjects.txt``."""
    text = files(__package__).joinpath("subjects.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(_subject(*line.split(": ", 1)) for line in lines)


def _subject(label: str, cues: str) -> Subject:
    return Subject(label, _stems(label), _stems(f"{label} {cues}"), f"{label} {cues}")


def _stems(text: str) -> frozenset[str]:
    stops = stop_words(LANGUAGE).edges
    return frozenset(
        stem(word.casefold(), english=True)
        for run in runs(text)
        for word in run
        if word.casefold() not in stops
    )
