"""The scoring rule: a task and its answers to scores.

``score = tags * (1 - w + w * profiles)``: profiles refine what tags earn, and earn nothing alone.
An answer that fails the gate of embeddings is void, as silence is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder, Vectors
from cgp.scoring.embeddings import void_reasons
from cgp.scoring.evidence import Evidence
from cgp.scoring.profiles import ProfileScoring
from cgp.scoring.reading import Reader
from cgp.scoring.settings import EmbeddingSettings, ScoringSettings
from cgp.scoring.similarity import exact_rows
from cgp.scoring.tags import TagScores, TagScoring
from cgp.scoring.task import Answer, NoAnswer, Score, ScoringTask
from cgp.scoring.verdicts import explain
from cgp.text import are_plain, normal_form


@dataclass(frozen=True, eq=False)
class PreparedTask:
    """A task's own side, ready for any number of answers."""

    evidence: Evidence
    tags: TagScoring
    profiles: ProfileScoring


class GenomeRule:
    """The subnet's scoring rule: its embedder, its constants, its latest readings; thread-safe."""

    def __init__(self, embedder: Embedder, settings: ScoringSettings | None = None) -> None:
        self._embedder = embedder
        self._settings = settings or ScoringSettings()
        self._reader = Reader(embedder, self._settings.window)

    @property
    def version(self) -> str:
        """Version of the formula and its constants, and the embedder they were calibrated for."""
        return f"{self._settings.version}+{self._embedder.id}"

    @property
    def embedder(self) -> Embedder:
        """The embedder that it scores with."""
        return self._embedder

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
            tags=TagScoring(task.ground_truth.tags, evidence, embedder, settings, share=task.share),
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
        verdicts = explain(
            [answer.tags for answer in given], judged, prepared.tags.reference, counted, tags
        )
        values, components = self._terms(tags, prepared.profiles, given)
        void = batch.void_reasons(self._embedder.id, self._settings.embeddings)
        # By place: naming the fields of each answer's score takes a third longer.
        scored = (
            Score(0.0, False, reason) if reason else Score(value, True, "", terms, explained)
            for reason, value, terms, explained in zip(
                void, values, components, verdicts, strict=True
            )
        )
        return tuple(
            next(scored) if isinstance(answer, Answer) else _unanswered(answer)
            for answer in answers
        )

    def _terms(
        self, tags: TagScores, profiles: ProfileScoring, answers: Sequence[Answer]
    ) -> tuple[list[float], list[dict[str, float]]]:
        """Return each answer's value, and the terms that it is made of."""
        columns = (tags.value, tags.coverage, tags.precision)
        components = [
            {"tags": value, "coverage": coverage, "precision": precision}
            for value, coverage, precision in zip(*(c.tolist() for c in columns), strict=True)
        ]
        values = tags.value
        if profiles.applies:
            told = profiles.score([answer.profiles for answer in answers])
            for terms, each in zip(components, told, strict=True):
                terms |= {
                    "profiles": each.value,
                    "profile_truth": each.truth,
                    "profile_cited": each.cited,
                    "profile_own": each.own,
                }
            weight = self._settings.profiles.weight
            values = values * (1.0 - weight + weight * np.array([each.value for each in told]))
        return np.clip(values, 0.0, 1.0).tolist(), components


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
        self.text_names = [
            text if plain else normal_form(text)
            for text, plain in zip(self.texts, are_plain(self.texts).tolist(), strict=True)
        ]
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
        """Return per answer why its embeddings void it; empty where they are right or not asked
        for.
        """
        asked = [answer.embeddings is not None for answer in self._answers]
        answers = [answer for answer in self._answers if answer.embeddings is not None]
        name_rows = self._name_rows[self.rows]
        found = iter(
            void_reasons(
                [answer.embeddings for answer in answers],
                self._vectors,
                name_rows if all(asked) else name_rows[np.repeat(asked, self.sent)],
                tags=[answer.tags for answer in answers],
                embedder=embedder,
                settings=settings,
            )
        )
        return [next(found) if each else "" for each in asked]


def default_rule(embedder: Embedder) -> GenomeRule:
    """Return the subnet's scoring rule with its agreed constants."""
    return GenomeRule(embedder)


def _positions(distinct: Sequence[str], texts: Sequence[str]) -> NDArray[np.intp]:
    """Return where each text stands among the distinct ones."""
    place = {text: index for index, text in enumerate(distinct)}
    return np.fromiter(map(place.__getitem__, texts), dtype=np.intp, count=len(texts))


def _unanswered(answer: NoAnswer) -> Score:
    reason = f"{answer.kind}: {answer.detail}" if answer.detail else answer.kind
    return Score(0.0, valid=False, reason=reason)
