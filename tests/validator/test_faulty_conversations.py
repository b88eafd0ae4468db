"""Conversations, models and scores that are faulty: each stops itself alone, and a model that is away uses none up."""

import asyncio
from dataclasses import replace

import pytest

from cgp import samples
from cgp.annotators import AnnotationError
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.annotators.errors import BackendUnavailableError, UnusableAnswerError
from cgp.embedders import default_embedder
from cgp.quality import measure
from cgp.scoring import GenomeRule, Standing
from tests.validator.local_subnet import make_subnet, problems, small, until
from validator.events import (
    ConversationFailed,
)


@pytest.fixture
async def subnet(tmp_path):
    return await make_subnet(tmp_path, miners=3)


async def test_a_boring_conversation_is_set_aside_and_nobody_is_asked_about_it(subnet):
    good = samples.load()[1]
    boring = replace(good, id="boring", turns=good.turns[:4] * 20)
    settings = subnet.settings().model_copy(update={"min_quality": 0.45})
    assert measure(boring, default_embedder()).summary < 0.45
    async with subnet.mining(), subnet.validating(settings, [boring, good]) as (validator, store):
        summary = await validator.run(until_empty=True)
        assert (summary.done, summary.failed) == (1, 1)
        assert store.ground_truth("boring") is None
        (why,) = [event for event in subnet.events if isinstance(event, ConversationFailed)]
        assert why.conversation_id == "boring"
        assert "MIN_QUALITY" in why.reason
        assert store.metadata_of(good.id).tags


class Faulty(EmbeddedAnnotator):
    """The embedded annotator, but for conversations that it cannot annotate."""

    def __init__(self, error, *identifiers):
        super().__init__()
        self.error = error
        self.identifiers = identifiers
        self.calls = 0

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        self.calls += 1
        if conversation.id in self.identifiers:
            raise self.error
        return await super().annotate(conversation, max_tags=max_tags, purpose=purpose)


async def test_one_bad_conversation_does_not_stop_the_others(subnet):
    talks = [small("good"), small("bad"), small("fine")]
    annotator = Faulty(AnnotationError("it answers nonsense"), "bad")
    async with (
        subnet.mining(),
        subnet.validating(subnet.settings(), talks, annotator) as (validator, store),
    ):
        summary = await validator.run(until_empty=True)
        statuses = {s.id: (s.state, s.attempts) for s in store.conversation_statuses()}
        reasons = [s.reason for s in store.conversation_statuses() if s.id == "bad"]
    assert (summary.done, summary.failed, summary.weights_set) == (2, 1, True)
    assert statuses == {"good": ("done", 0), "bad": ("failed", 3), "fine": ("done", 0)}
    assert reasons == ["AnnotationError: it answers nonsense"]
    failures = [event for event in subnet.events if isinstance(event, ConversationFailed)]
    assert [event.final for event in failures] == [False, False, True]


class FaultyRule(GenomeRule):
    """The subnet's rule, but for conversations that it cannot score."""

    def score(self, task, answers):
        scores = super().score(task, answers)
        if task.window.id == "nan":
            return tuple(replace(score, value=float("nan")) for score in scores)
        if task.window.id == "raises":
            raise ZeroDivisionError("a defect")
        return scores


@pytest.mark.parametrize("bad", ["nan", "raises"])
async def test_a_defect_in_scoring_stops_one_conversation_and_counts_nothing(subnet, bad):
    rule = FaultyRule(default_embedder())
    async with (
        subnet.mining(),
        subnet.validating(subnet.settings(), [small(bad), small("good")], rule=rule) as (
            validator,
            store,
        ),
    ):
        summary = await validator.run(until_empty=True)
        assert (summary.done, summary.failed, summary.weights_set) == (1, 1, True)
        assert store.answers_of(bad) == []
        (good, *_) = store.standings_of(subnet.validator.hotkey.ss58_address, rule.version)
        assert Standing.from_json(good.standing).asked == 1


async def test_a_model_that_is_away_is_waited_for_and_costs_no_attempt(subnet):
    annotator = Faulty(BackendUnavailableError("nobody answers"), "a")
    settings = subnet.settings(validator={"poll_seconds": 0.02})
    async with (
        subnet.mining(),
        subnet.validating(settings, [small("a")], annotator) as (validator, store),
    ):
        running = asyncio.create_task(validator.run())
        await until(lambda: annotator.calls >= 3, running)
        annotator.identifiers = ()
        await until(lambda: store.count_conversations()["done"] > 0, running)
        validator.stop()
        await running
        (status,) = store.conversation_statuses()
    assert (status.state, status.attempts) == ("done", 0)


async def test_a_model_whose_answers_are_of_no_use_uses_no_conversation_up(subnet):
    talks = [small(str(number)) for number in range(6)]
    annotator = Faulty(UnusableAnswerError("it answers nonsense"), *(t.id for t in talks))
    settings = subnet.settings(validator={"poll_seconds": 0.02})
    async with (
        subnet.mining(),
        subnet.validating(settings, talks, annotator) as (validator, store),
    ):
        running = asyncio.create_task(validator.run())
        await until(lambda: annotator.calls >= 12, running)
        assert "model" in problems(validator)
        assert store.count_conversations()["failed"] == 0
        annotator.identifiers = ()
        await until(lambda: store.count_conversations()["done"] == len(talks), running)
        assert problems(validator) == []
        validator.stop()
        await running
        assert sum(status.attempts for status in store.conversation_statuses()) <= 1
