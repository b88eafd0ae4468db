"""The scoring rule: a task and its answers to scores.

``score = tags * (1 - w + w * profiles)``: profiles refine the pay of tags, and earn nothing alone.
An answer that fails the gate of embeddings is void, as silence is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder, Vectors
from cgp.ragged import Ragged
from cgp.scoring.embeddings import void_reasons
from cgp.scoring.evidence import Evidence
from cgp.scoring.profiles import ProfileScoring
from cgp.scoring.reading import Reader
from cgp.scoring.settings import DEFAULTS, EmbeddingSettings, ScoringSettings
from cgp.scoring.similarity import exact_rows
from cgp.scoring.tag_judgement import TagScores
from cgp.scoring.tags import TagScoring
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

    def __init__(self, embedder: Embedder, settings: ScoringSettings = DEFAULTS) -> None:
        self._embedder = embedder
        self._settings = settings
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
        self, task: PreparedTask, answers: Sequence[Answer | NoAnswer]
    ) -> tuple[Score, ...]:
        """Return one score per answer to a prepared task, in order.

        All distinct tags of all answers are normalised, embedded and judged once.
        """
        replies = [answer for answer in answers if isinstance(answer, Answer)]
        batch = _Batch(replies, self._embedder)
        tag_rows = batch.leading_tags(self._settings.tags.counted)
        judgement = task.tags.judge(batch.texts, batch.text_names, batch.exact)
        tags = task.tags.score(judgement, tag_rows, batch.layout.sizes)
        verdicts = explain(
            [answer.tags for answer in replies], judgement, task.tags.truth, tag_rows, tags
        )
        values, components = self._terms(tags, task.profiles, replies)
        void = batch.void_reasons(self._embedder.id, self._settings.embeddings)
        # By place: naming the fields of each answer's score takes a third longer.
        scores = (
            Score(0.0, False, reason) if reason else Score(value, True, "", terms, tag_verdicts)
            for reason, value, terms, tag_verdicts in zip(
                void, values, components, verdicts, strict=True
            )
        )
        # Silent miners have no place in the batch: each gets its zero at its own place.
        return tuple(
            next(scores) if isinstance(answer, Answer) else _zero_score(answer)
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
            profile_terms = profiles.score([answer.profiles for answer in answers])
            for terms, profile in zip(components, profile_terms, strict=True):
                terms |= {
                    "profiles": profile.value,
                    "profile_truth": profile.truth,
                    "profile_cited": profile.citation,
                    "profile_own": profile.attribution,
                }
            weight = self._settings.profiles.weight
            values = values * (
                1.0 - weight + weight * np.array([profile.value for profile in profile_terms])
            )
        return np.clip(values, 0.0, 1.0).tolist(), components


class _Batch:
    """The tags of many answers, each distinct text and each distinct normal form once.

    ``rows`` holds the distinct text of each tag, one answer after another; ``layout`` says which
    belong to which answer.
    """

    def __init__(self, answers: Sequence[Answer], embedder: Embedder) -> None:
        self._answers = answers
        self.layout = Ragged([len(answer.tags) for answer in answers])
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
        # Mostly each text is a normal form of its own, and the rows need no copy.
        self.exact = exact if len(names) == len(self.texts) else exact[self._name_rows]

    def leading_tags(self, limit: int) -> NDArray[np.intp]:
        """Return indices of the tags that count, shape ``(answers, most)``, -1 for none."""
        tag_rows = np.full((len(self.layout), limit), -1, dtype=np.intp)
        answer, place = self.layout.owners, self.layout.places
        head = place < limit
        tag_rows[answer[head], place[head]] = self.rows[head]
        return tag_rows

    def void_reasons(self, embedder: str, settings: EmbeddingSettings) -> list[str]:
        """Return per answer why its embeddings void it; empty where they are right or not asked
        for.
        """
        needs_check = [answer.embeddings is not None for answer in self._answers]
        answers = [answer for answer in self._answers if answer.embeddings is not None]
        name_rows = self._name_rows[self.rows]
        reasons = iter(
            void_reasons(
                [answer.embeddings for answer in answers],
                self._vectors,
                name_rows
                if all(needs_check)
                else name_rows[np.repeat(needs_check, self.layout.sizes)],
                tags=[answer.tags for answer in answers],
                embedder=embedder,
                settings=settings,
            )
        )
        return [next(reasons) if check else "" for check in needs_check]


def default_rule(embedder: Embedder) -> GenomeRule:
    """Return the subnet's scoring rule with its agreed constants."""
    return GenomeRule(embedder)


def _positions(distinct: Sequence[str], texts: Sequence[str]) -> NDArray[np.intp]:
    """Return where each text stands among the distinct ones."""
    place = {text: index for index, text in enumerate(distinct)}
    return np.fromiter(map(place.__getitem__, texts), dtype=np.intp, count=len(texts))


def _zero_score(answer: NoAnswer) -> Score:
    reason = f"{answer.kind}: {answer.detail}" if answer.detail else answer.kind
    return Score(0.0, valid=False, reason=reason)
