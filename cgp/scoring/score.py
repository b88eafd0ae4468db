"""The scoring rule: a task and its answers to scores.

``score = tags * (1 - w + w * profiles)``: profiles refine what tags earn, and earn nothing alone. An
answer that fails the gate of embeddings is void, as silence is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder, Vectors
from cgp.scoring.embeddings import void_reasons
from cgp.scoring.evidence import Evidence
from cgp.scoring.profiles import ProfileScoring, ProfileTerms
from cgp.scoring.reading import Reader
from cgp.scoring.settings import EmbeddingSettings, ScoringSettings
from cgp.scoring.similarity import exact_rows
from cgp.scoring.tags import TagScoring, Verdicts
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
    """The subnet's scoring rule: its embedder, constants, and what it read lately; thread-safe."""

    def __init__(self, embedder: Embedder, settings: ScoringSettings | None = None) -> None:
        self._embedder = embedder
        self._settings = settings or ScoringSettings()
        self._reader = Reader(embedder, self._settings.window)

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
        embedder, settings = self._embedder, self._settings
        evidence = Evidence(task.window, task.background, embedder, settings, self._reader)
        return PreparedTask(
            evidence=evidence,
            tags=TagScoring(task.ground_truth.tags, evidence, embedder, settings),
            profiles=ProfileScoring(
                task.window, task.ground_truth.profiles, embedder, settings, evidence.reading
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
        given = [answer for answer in answers if isinstance(answer, Answer)]
        batch = _Batch(given, self._embedder)
        counted = batch.counted(self._settings.tags.counted)
        judged = prepared.tags.judge(batch.texts, batch.text_names, batch.exact)
        tags = prepared.tags.score(judged, counted, batch.sent)
        verdicts = Verdicts(judged, prepared.tags.reference, counted, tags)
        profiles: Iterable[ProfileTerms | None] = repeat(None)
        if prepared.profiles.applies:
            profiles = prepared.profiles.score([answer.profiles for answer in given])
        void = batch.void_reasons(self._embedder.id, self._settings.embeddings)
        explained = map(verdicts.next, (answer.tags for answer in given))
        scored = (
            Score(0.0, valid=False, reason=reason)
            if reason
            else self._score(terms, told, explanation)
            for reason, terms, told, explanation in zip(
                void, tags.terms(), profiles, explained, strict=False
            )
        )
        return tuple(
            next(scored) if isinstance(answer, Answer) else _unanswered(answer)
            for answer in answers
        )

    def _score(
        self,
        terms: tuple[float, float, float],
        told: ProfileTerms | None,
        verdicts: tuple[TagVerdict, ...],
    ) -> Score:
        value, coverage, precision = terms
        components = {"tags": value, "coverage": coverage, "precision": precision}
        if told is not None:
            components |= {
                "profiles": told.value,
                "profile_truth": told.truth,
                "profile_cited": told.cited,
                "profile_own": told.own,
            }
            weight = self._settings.profiles.weight
            value *= 1.0 - weight + weight * told.value
        # By place: naming the fields takes a third longer, once for each answer.
        return Score(min(1.0, max(0.0, value)), True, "", components, verdicts)


class _Batch:
    """The tags of many answers, each distinct text and each distinct normal form once.

    ``rows`` holds the distinct text of each tag, one answer after another; ``sent`` says how many
    belong to each answer.
    """

    def __init__(self, answers: Sequence[Answer], embedder: Embedder) -> None:
        self._answers = answers
        self.sent = np.array([len(answer.tags) for answer in answers], dtype=np.intp)
        self._starts = np.cumsum(self.sent) - self.sent
        tags = list(chain.from_iterable(answer.tags for answer in answers))
        self.texts = list(dict.fromkeys(("", *tags)))  # so that there always is one for "no tag"
        self.rows = _positions(self.texts, tags)
        self.text_names = [_name(text) for text in self.texts]
        names = list(dict.fromkeys(self.text_names))
        self._vectors: Vectors = embedder.embed(names)
        self._name_rows = _positions(names, self.text_names)
        exact = exact_rows(self._vectors)
        self.exact = exact if len(names) == len(self.texts) else exact[self._name_rows]

    def counted(self, most: int) -> NDArray[np.intp]:
        """Return indices of the tags that count, shape ``(answers, most)``, -1 for none."""
        counted = np.full((len(self.sent), most), -1, dtype=np.intp)
        answer = np.repeat(np.arange(len(self.sent)), self.sent)
        place = np.arange(len(self.rows)) - self._starts[answer]
        head = place < most
        counted[answer[head], place[head]] = self.rows[head]
        return counted

    def void_reasons(self, embedder: str, settings: EmbeddingSettings) -> list[str]:
        """Return per answer why its embeddings void it; empty where they are right or not asked for."""
        asked = [i for i, answer in enumerate(self._answers) if answer.embeddings is not None]
        reasons = [""] * len(self._answers)
        name_rows = self._name_rows[self.rows]
        rows = [
            name_rows[start : start + sent]
            for start, sent in zip(self._starts.tolist(), self.sent.tolist(), strict=True)
        ]
        found = void_reasons(
            [self._answers[i].embeddings for i in asked],
            self._vectors,
            [rows[i] for i in asked],
            tags=[self._answers[i].tags for i in asked],
            embedder=embedder,
            settings=settings,
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


def _positions(distinct: Sequence[str], texts: Sequence[str]) -> NDArray[np.intp]:
    """Return where each text stands among the distinct ones."""
    place = {text: index for index, text in enumerate(distinct)}
    return np.fromiter(map(place.__getitem__, texts), dtype=np.intp, count=len(texts))


def _unanswered(answer: NoAnswer) -> Score:
    reason = f"{answer.kind}: {answer.detail}" if answer.detail else answer.kind
    return Score(0.0, valid=False, reason=reason)
