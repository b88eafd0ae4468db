"""Spot checks of shared workers: a few of their jobs are asked again elsewhere, and compared.

An answer is compared with one of another owner's worker for the same model. Where the two differ in
meaning, or claim very different prompts, a third worker decides; the one that is alone is at fault,
is paused and named. The caller's own worker decides by itself. Without a third one none is judged.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final

from cgp.chat.backends.extractive import MODEL as EXTRACTIVE
from cgp.chat.dispatch import Dispatcher, Journey
from cgp.chat.errors import ChatError
from cgp.chat.evidence import Evidence
from cgp.chat.requests import ChatQuestion
from cgp.embedders import default_embedder
from cgp.jobs import Audience, JobKind, Presence
from cgp.jobs.users import owner_token

logger = logging.getLogger(__name__)

LEAST_COSINE: Final = 0.2
"""Cosine of two honest answers to one question; see docs/chat.md for how it was measured."""
_CHECKER: Final = "spot check"
"""Key in the fair queue: a check waits in a line of its own, and no key pays for it."""
# Templates and tokenizers of one model's builds differ a little, a forger's claim a lot.
_PROMPT_RATIO: Final = 1.5
_PROMPT_SLACK: Final = 64
# A burst of jobs must not double the load on shared workers.
_MOST_AT_ONCE: Final = 4
_NOT_PLAIN: Final = frozenset({"tools", "functions", "response_format", "logprobs", "n"})
"""Fields with which an answer is not plain text that can be compared."""


@dataclass(frozen=True, slots=True)
class _Answer:
    worker: str
    evidence: Evidence


class SpotChecks:
    """Checks shared workers. ``share`` is the share (0 to 1) of their jobs that is asked again."""

    def __init__(self, dispatcher: Dispatcher, share: float, rng: random.Random) -> None:
        self._dispatcher = dispatcher
        self._share = share
        self._rng = rng
        self._tasks: set[asyncio.Task[None]] = set()

    def look_at(self, owner: str, question: ChatQuestion, worker: str, evidence: Evidence) -> None:
        """Judge the claims of a finished answer, and now and then have it asked again.

        Workers of the ``owner`` of the question are not looked at: they would cheat themselves.
        """
        presence = self._dispatcher.roster.workers().get(worker)
        token = owner_token(owner)
        if question.kind is not JobKind.CHAT or presence is None or presence.owner == token:
            return
        if evidence.is_forged:
            self._blame(presence, "it claims more tokens than its answer or the request can have")
        elif (
            question.audience is Audience.SHARED
            and question.model != EXTRACTIVE
            and evidence.text.strip()
            and not _NOT_PLAIN & question.body.keys()
            and len(self._tasks) < _MOST_AT_ONCE
            and self._rng.random() < self._share
        ):
            # The client has its answer: the check goes on beside it.
            check = self._check(owner, question, _Answer(worker, evidence))
            task = asyncio.create_task(check)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until the checks under way are over."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Give up the checks under way."""
        for task in set(self._tasks):
            task.cancel()
        await self.settle()

    async def _check(self, owner: str, question: ChatQuestion, first: _Answer) -> None:
        """Compare an answer with a second one, and with a third where the two differ."""
        try:
            second = await self._ask_another(owner, question, [first])
            if second is None:
                return
            reason = await asyncio.to_thread(difference, first.evidence, second.evidence)
            if not reason:
                for answer in (first, second):
                    self._dispatcher.roster.standing(answer.worker).count_agreement()
                return
            workers = self._dispatcher.roster.workers()
            if self._owner_of(second) == owner_token(owner):
                self._blame(workers.get(first.worker), reason)
                return
            third = await self._ask_another(owner, question, [first, second])
            if third is None:
                logger.info("two shared workers differ, and no third one could decide")
                return
            against = [
                bool(await asyncio.to_thread(difference, answer.evidence, third.evidence))
                for answer in (first, second)
            ]
            # Where the third agrees with both or with neither, nobody is alone.
            if against == [True, False]:
                self._blame(workers.get(first.worker), reason)
            elif against == [False, True]:
                self._blame(workers.get(second.worker), reason)
        except ChatError as error:
            logger.info("a spot check came to nothing: %s", error.word)

    async def _ask_another(
        self, owner: str, question: ChatQuestion, past: list[_Answer]
    ) -> _Answer | None:
        """Return the answer of a worker of another owner, None where there is none."""
        owners = {self._owner_of(answer) for answer in past}
        token = owner_token(owner)
        workers = self._dispatcher.roster.workers()
        offers = [
            worker
            for worker, model in self._dispatcher.roster.offers(
                owner, Audience.SHARED, JobKind.CHAT
            )
            if model == question.model and workers[worker].owner not in owners
        ]
        if not offers:
            return None
        # The owner's own worker first: its word is trusted. The others by chance, so that none
        # knows by whom it is checked.
        self._rng.shuffle(offers)
        worker = min(offers, key=lambda name: workers[name].owner != token)
        body = {name: v for name, v in question.body.items() if name != "stream_options"}
        asked = replace(question, body=body | {"stream": False}, stream=False, worker=worker)
        evidence, journey = Evidence.of(asked.body), Journey()
        answer = self._dispatcher.answer(_CHECKER, owner, asked, journey)
        async with aclosing(answer):
            async for part in answer:
                evidence.add(part)
        return _Answer(worker, evidence)

    def _owner_of(self, answer: _Answer) -> str:
        presence = self._dispatcher.roster.workers().get(answer.worker)
        return presence.owner if presence is not None else ""

    def _blame(self, presence: Presence | None, reason: str) -> None:
        if presence is None:
            return
        self._dispatcher.roster.pause_for_fault(presence.worker)
        name, owner = presence.offer.name, presence.owner
        logger.warning("worker %s (%s, owner %s): %s", name, presence.worker, owner, reason)


def difference(first: Evidence, second: Evidence) -> str:
    """Return the way in which two answers differ beyond the chance of sampling, "" for none."""
    texts = [first.text.strip() or "-", second.text.strip() or "-"]
    vectors = default_embedder().embed(texts)
    if float(vectors[0] @ vectors[1]) < LEAST_COSINE:
        return "its answer means something else than another worker's"
    prompts = sorted(_prompt_tokens(evidence.usage) for evidence in (first, second))
    if prompts[0] and prompts[1] > _PROMPT_RATIO * prompts[0] + _PROMPT_SLACK:
        return "its claim of prompt tokens is far from another worker's"
    return ""


def _prompt_tokens(usage: Mapping[str, Any] | None) -> int:
    return 0 if usage is None else int(usage["prompt_tokens"])
