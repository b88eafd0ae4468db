"""The scoring rule: a task and its answers to scores.

``score = tags * (1 - w + w * profiles)``: profiles refine what tags earn, and earn nothing alone. An
answer that fails the gate of embeddings is void, as silence is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder, Vectors
from cgp.scoring.embeddings import void_reasons
from cgp.scoring.evidence import Evidence
from cgp.scoring.profiles import ProfileScoring, ProfileTerms
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.similarity import exact_rows
from cgp.scoring.tags import TagScoring, Terms, Verdicts
from cgp.scoring.task import Answer, NoAnswer, Score, ScoringTask, TagVerdict
from cgp.text import normal_form

_PLAIN = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")


@dataclass(frozen=True, eq=False)
class PreparedTask:
    """A task's own side, ready for any number of answers."""

    evidence: Evidence
    tags: TagScoring
    profiles: ProfileScoring


class GenomeRule:
    """The subnet's scoring rule. Holds nothing but its embedder and constants; thread-safe."""

    def __init__(self, embedder: Embedder, settings: ScoringSettings | None = None) -> None:
        self._embedder = embedder
        self._settings = settings or ScoringSettings()

    @property
    def version(self) -> str:
        """Version of the formula and its constants, and the embedder they were calibrated for."""
        return f"{self._settings.version}+{self._embedder.id}"

    @property
    def settings(self) -> ScoringSettings:
        """The constants of this version."""
        return self._settings

    def prepare(self, task: ScoringTask) -> PreparedTask:
        """Read the task once; ``score_prepared`` then scores any answers to it."""
        evidence = Evidence(task.window, task.background, self._embedder, self._settings)
        return PreparedTask(
            evidence=evidence,
            tags=TagScoring(task.ground_truth.tags, evidence, self._embedder, self._settings),
            profiles=ProfileScoring(
                task.window, task.ground_truth.profiles, self._embedder, self._settings
            ),
        )

    def score(self, task: ScoringTask, answers: Sequence[Answer | NoAnswer]) -> tuple[Score, ...]:
        """Return one score per answer, in order; see ``ScoringRule``."""
        return self.score_prepared(self.prepare(task), answers)

    def score_prepared(
        self, prepared: PreparedTask, answers: Sequence[Answer | NoAnswer]
    ) -> tuple[Score, ...]:
        """Return one score per answer to a prepared task, in order.

        All distinct tags of all answers are normalised, embedded and judged once.
        """
        batch = _Batch([a for a in answers if isinstance(a, Answer)], self._embedder)
        counted = self._settings.tags.counted
        judged = prepared.tags.judge(batch.texts, batch.text_names, batch.exact[batch.name_rows])
        tags = prepared.tags.score(judged, batch.counted(counted), batch.sent)
        verdicts = Verdicts(judged, prepared.tags.reference)
        profiles: Iterable[ProfileTerms | None] = repeat(None)
        if prepared.profiles.applies:
            profiles = prepared.profiles.score([answer.profiles for answer in batch.answers])
        scored = (
            Score(0.0, valid=False, reason=reason)
            if reason
            else self._score(terms, told, verdicts.of(answer.tags, rows[:counted], terms))
            for answer, rows, reason, terms, told in zip(
                batch.answers,
                batch.rows,
                batch.void_reasons(self._embedder.id, self._settings),
                tags.answers(),
                profiles,
                strict=False,
            )
        )
        return tuple(
            next(scored) if isinstance(answer, Answer) else _unanswered(answer)
            for answer in answers
        )

    def _score(
        self, terms: Terms, told: ProfileTerms | None, verdicts: tuple[TagVerdict, ...]
    ) -> Score:
        components = {
            "tags": terms.value,
            "coverage": terms.coverage,
            "precision": terms.precision,
        }
        value = terms.value
        if told is not None:
            components |= {
                "profiles": told.value,
                "profile_truth": told.truth,
                "profile_cited": told.cited,
                "profile_own": told.own,
            }
            weight = self._settings.profiles.weight
            value *= 1.0 - weight + weight * told.value
        return Score(min(1.0, max(0.0, value)), valid=True, components=components, tags=verdicts)


class _Batch:
    """The tags of many answers, each distinct text and each distinct normal form once."""

    def __init__(self, answers: Sequence[Answer], embedder: Embedder) -> None:
        self.answers = answers
        self.sent = np.array([len(answer.tags) for answer in answers], dtype=np.intp)
        row = {"": 0}  # so that there always is a row for "no tag"
        self.rows = [[row.setdefault(tag, len(row)) for tag in a.tags] for a in answers]
        self.texts = list(row)
        self.text_names = [_name(text) for text in self.texts]
        names: dict[str, int] = {}
        self.name_rows = np.array(
            [names.setdefault(name, len(names)) for name in self.text_names], dtype=np.intp
        )
        self.vectors: Vectors = embedder.embed(list(names))
        self.exact = exact_rows(self.vectors)

    def counted(self, most: int) -> NDArray[np.intp]:
        """Return indices of the tags that count, shape ``(answers, most)``, -1 for none."""
        counted = np.full((len(self.answers), most), -1, dtype=np.intp)
        for i, indices in enumerate(self.rows):
            head = indices[:most]
            counted[i, : len(head)] = head
        return counted

    def void_reasons(self, embedder: str, settings: ScoringSettings) -> list[str]:
        """Return per answer why its embeddings void it; empty where they are right or not asked for."""
        asked = [i for i, answer in enumerate(self.answers) if answer.embeddings is not None]
        reasons = [""] * len(self.answers)
        found = void_reasons(
            [self.answers[i].embeddings for i in asked],
            self.vectors,
            [self.name_rows[self.rows[i]] for i in asked],
            tags=[self.answers[i].tags for i in asked],
            embedder=embedder,
            settings=settings.embeddings,
        )
        for i, reason in zip(asked, found, strict=True):
            reasons[i] = reason
        return reasons


def default_rule(embedder: Embedder) -> GenomeRule:
    """Return the subnet's scoring rule with its agreed constants."""
    return GenomeRule(embedder)


def _name(text: str) -> str:
    """Return the normal form; plain lower-case words are their own."""
    return text if _PLAIN.fullmatch(text) else normal_form(text)


def _unanswered(answer: NoAnswer) -> Score:
    reason = f"{answer.kind}: {answer.detail}" if answer.detail else answer.kind
    return Score(0.0, valid=False, reason=reason)
