"""From the replies to a window to its scores: the baseline's answer is scored
beside the miners'.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.annotators import AnnotationError, Annotator
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.gold import GoldWindow, truth_for
from cgp.no_answer_kind import NoAnswerKind
from cgp.scoring import Answer, NoAnswer, Score, ScoringRule, ScoringTask, reference_of
from cgp.store import SerialWorker
from cgp.text import normal_form

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WindowScores:
    """The scores of the answers, in order, and the worth of the window (its difficulty)."""

    scores: tuple[Score, ...]
    reference: float


class WindowJudge:
    """Scores the answers to a window, off the event loop.

    ``baseline`` is the extractor that every miner has for nothing: how well it does on a window
    says how hard the window is.
    """

    def __init__(
        self, rule: ScoringRule, baseline: Annotator, embedder: Embedder, worker: SerialWorker
    ) -> None:
        self._rule = rule
        self._baseline = baseline
        self._embedder = embedder
        self._worker = worker

    @property
    def version(self) -> str:
        """The version of the scoring rule."""
        return self._rule.version

    async def judge(
        self, task: ScoringTask, answers: Sequence[Answer | NoAnswer], max_tags: int
    ) -> WindowScores:
        """Return the scores of ``answers``; no answer changes another's."""
        baseline = await self._baseline_answer(task.window, max_tags)
        scores = await self._worker(self._rule.score, task, [*answers, baseline])
        return WindowScores(scores[:-1], self._reference(scores[-1] if scores[-1].valid else None))

    async def judge_gold(
        self,
        gold: GoldWindow,
        background: tuple[Conversation, ...],
        answers: Sequence[Answer | NoAnswer],
        max_tags: int,
    ) -> WindowScores:
        """Return the scores of answers to a gold window, each by the truth in its own words.

        The window's worth is the pay of the reader's own tags: a miner that reads as well stands at
        1 there. By the baseline, a window that it does not understand would be worth next to
        nothing, just where a reader can show the worth of reading.
        """
        readers = Answer(gold.best(max_tags), gold.profiles)
        scores: list[Score] = []
        for answer in [*answers, readers]:
            task = gold_scoring_task(gold, background, answer)
            scores += await self._worker(self._rule.score, task, [answer])
        return WindowScores(tuple(scores[:-1]), self._reference(scores[-1]))

    def _reference(self, score: Score | None) -> float:
        """Return the worth of a window by the score of the answer that measures it."""
        return reference_of(score, self._rule.settings.standings)

    async def _baseline_answer(self, window: Conversation, max_tags: int) -> Answer | NoAnswer:
        try:
            metadata = await self._baseline.annotate(window, max_tags=max_tags, purpose="baseline")
        except AnnotationError as error:
            logger.warning("No baseline for a window of %s: %s", window.id, error)
            return NoAnswer(NoAnswerKind.MALFORMED, str(error))
        tags = tuple(tag.text for tag in metadata.tags)
        names = [normal_form(tag) for tag in tags]
        vectors = await self._worker(self._embedder.embed, names)
        return Answer(tags, metadata.profiles, vectors)


def gold_scoring_task(
    gold: GoldWindow, background: tuple[Conversation, ...], answer: Answer | NoAnswer
) -> ScoringTask:
    """Return the reader's tags as the ground truth of a gold window."""
    tags = answer.tags if isinstance(answer, Answer) else ()
    return ScoringTask(gold.window, truth_for(gold, tags), background, share=1.0)
