"""One real task for the scoring tests: a window of a sample conversation, with its ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pytest

from cgp import samples
from cgp.annotators.embedded import annotate
from cgp.conversation import Conversation
from cgp.embedders import Embedder, default_embedder
from cgp.metadata import Metadata, ParticipantProfile, Tag
from cgp.scoring import Answer, GenomeRule, NoAnswer, Score, ScoringTask, default_rule
from cgp.scoring.score import PreparedTask
from cgp.scoring.similarity import exact_rows
from cgp.text import normal_form
from cgp.windows import cut

WHOLE = "sample-podcast-tidal-energy"
OTHER = "sample-discord-fermentation"


def middle_window(conversation: Conversation) -> tuple[int, Conversation]:
    leaves = list(cut(conversation).leaves())
    leaf = leaves[len(leaves) // 2]
    return leaf.start, leaf.of(conversation)


@dataclass(frozen=True)
class Bench:
    """A task, the rule that scores it, and phrases of known worth."""

    rule: GenomeRule
    embedder: Embedder
    task: ScoringTask
    own: Metadata
    foreign: Metadata
    true: tuple[str, ...]

    def answer(self, tags: Sequence[str], profiles: Sequence[ParticipantProfile] = ()) -> Answer:
        """Return an honest miner's message with these tags."""
        vectors = self.embedder.embed([normal_form(tag) for tag in tags])
        return Answer(tuple(tags), tuple(profiles), vectors)

    def scores(self, *answers: Answer | NoAnswer | Sequence[str]) -> tuple[Score, ...]:
        ready = [a if isinstance(a, Answer | NoAnswer) else self.answer(a) for a in answers]
        return self.rule.score_prepared(self.prepared, ready)

    @cached_property
    def prepared(self) -> PreparedTask:
        return self.rule.prepare(self.task)

    def tags(self, *answers: Sequence[str]) -> list[float]:
        """Return the tag scores of answers."""
        return [score.components["tags"] for score in self.scores(*answers)]

    def supported(self, *tags: str) -> list[float]:
        """Return how far the window alone supports tags, 0..1."""
        rows = exact_rows(self.embedder.embed(list(tags)))
        return self.prepared.tags.judge(tags, tags, rows).novel.tolist()

    def with_truth(self, *tags: str) -> Bench:
        """Return the bench with another ground truth."""
        truth = Metadata(tuple(Tag(tag) for tag in tags))
        return replace(self, task=replace(self.task, ground_truth=truth), true=tags)


@pytest.fixture(scope="session")
def bench() -> Bench:
    embedder = default_embedder()
    by_id = {conversation.id: conversation for conversation in samples.load()}
    whole = by_id[WHOLE]
    start, window = middle_window(whole)
    background = [middle_window(c)[1] for c in by_id.values() if c.id not in (WHOLE, OTHER)]
    truth = annotate(whole, embedder, 24).shift(-start)
    task = ScoringTask(window, truth, tuple(background[:8]))
    rule = default_rule(embedder)
    reference = rule.prepare(task).tags.truth
    true = [n for n, r in zip(reference.names, reference.relevance, strict=True) if r > 0.5]
    return Bench(
        rule=rule,
        embedder=embedder,
        task=task,
        own=annotate(window, embedder, 40),
        foreign=annotate(middle_window(by_id[OTHER])[1], embedder, 40),
        true=tuple(true),
    )
