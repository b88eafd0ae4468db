"""Dispatch: a place for each request, its frames, and another worker where the first is lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from cgp.chat.backends.extractive import MODEL as EXTRACTIVE
from cgp.chat.errors import BrokenStreamError, ChatError, SkippedWorkerError
from cgp.chat.faults import fault_of, outcome_of
from cgp.chat.places import Places
from cgp.chat.requests import ChatQuestion
from cgp.chat.roster import Roster
from cgp.chat.standing import WorkerStanding
from cgp.chat.waiting import Ticket
from cgp.chat_settings import GatewaySettings
from cgp.jobs import (
    ConnectionLostError,
    Frame,
    FrameKind,
    Job,
    JobKind,
    Jobs,
    JobsError,
)
from cgp.jobs.errors import JobFailedError
from cgp.jobs.users import owner_token

logger = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 3
MAX_ANSWER_BYTES: Final = 8 << 20
# Pause before a full worker is asked again.
_FULL_SECONDS = 0.12


@dataclass(slots=True)
class Journey:
    """Way of one request: the worker that answered, the tries, and the measured times."""

    worker: str = ""
    worker_name: str = ""
    attempts: int = 0
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    tokens: int = 0


@dataclass(slots=True)
class Counts:
    """Numbers of requests since the start, by outcome."""

    answers: int = 0
    breaks: int = 0
    refusals: int = 0
    cancels: int = 0
    retries: int = 0


class Dispatcher:
    """Sends questions to workers. ``clock`` returns seconds, ``rng`` decides among equals."""

    def __init__(
        self,
        jobs: Jobs,
        settings: GatewaySettings,
        *,
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._jobs = jobs
        self._settings = settings
        self._clock = clock
        self.roster = Roster(jobs, clock=clock, rng=rng)
        self.places = Places(self.roster, settings, clock=clock, rng=rng)
        self.counts = Counts()

    async def answer(
        self, key: str, owner: str, question: ChatQuestion, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of the answer to a question of ``key``, of ``owner``.

        ``journey`` is filled in on the way. Closing the generator cancels the job at the worker.

        Raises:
            NoWorkerError: 503 where no worker can take it, 404 where none ever offered the model.
            BrokenStreamError: where a worker was lost after the first part.
            ChatError: where the backend refused, or too many requests wait.
        """
        is_over = False
        try:
            async with aclosing(self._tries(key, owner, question, journey)) as parts:
                async for part in parts:
                    yield part
            is_over = True
            self.counts.answers += 1
        except BrokenStreamError:
            is_over = True
            self.counts.breaks += 1
            raise
        except ChatError:
            is_over = True
            self.counts.refusals += 1
            raise
        finally:
            if not is_over:
                self.counts.cancels += 1

    async def _tries(
        self, key: str, owner: str, question: ChatQuestion, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of the first worker that begins to answer."""
        place: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        ticket = Ticket(key, owner_token(owner), question, self._clock(), place)
        suspects: list[str] = []
        while True:
            worker = await self.places.take(ticket)
            journey.attempts += 1
            try:
                async with aclosing(self._ask(worker, ticket, journey)) as parts:
                    async for part in parts:
                        yield part
            except SkippedWorkerError as error:
                if error.last_word is None:
                    # Full: it never began, so this was not a try.
                    journey.attempts -= 1
                    continue
                self.counts.retries += 1
                if not error.may_ask_again:
                    ticket.past_workers.add(worker)
                ticket.last_word = error.last_word
                if error.last_word.status == 500:
                    suspects.append(worker)
                if journey.attempts >= MAX_ATTEMPTS:
                    raise error.last_word from None
            else:
                # Another worker could do it: so it was not the request that was at fault. (A
                # request that no backend survives must not pause everybody's workers.)
                for suspect in suspects:
                    self.roster.standing(suspect).count_failure(self._clock())
                return

    async def _ask(
        self, worker: str, ticket: Ticket, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of one worker's answer, and give its slot back."""
        standing = self.roster.standing(worker)
        start = self._clock()
        presence = self._jobs.workers().get(worker)
        journey.worker = worker
        journey.worker_name = presence.offer.name if presence is not None else ""
        parts = 0
        try:
            async with aclosing(self._frames(worker, ticket, standing)) as frames:
                async for frame in frames:
                    parts += 1
                    if parts == 1:
                        journey.first_token_seconds = self._clock() - start
                        self.places.keep(ticket, worker)
                    yield frame.content
            journey.seconds = self._clock() - start
            # Without a model there are no tokens, and words that lie ready have no speed.
            is_model = ticket.question.kind is JobKind.CHAT and ticket.question.model != EXTRACTIVE
            tokens = journey.tokens or parts if is_model else 0
            standing.count_success(journey.seconds, journey.first_token_seconds, tokens)
        except JobsError as error:
            fault = fault_of(error)
            # Not the message: a backend may quote the prompt in it.
            name = journey.worker_name or worker
            logger.warning("worker %s: %d %s", name, fault.status, fault.word)
            is_ours = isinstance(error, ConnectionLostError)
            if fault.status > 500 and not is_ours:
                standing.count_failure(self._clock(), start)
            raise outcome_of(fault, has_begun=parts > 0, may_ask_again=is_ours) from None
        finally:
            self.places.free(worker)

    async def _frames(
        self, worker: str, ticket: Ticket, standing: WorkerStanding
    ) -> AsyncGenerator[Frame]:
        """Yield the frames of one worker's answer that hold parts.

        Raises:
            JobsError: if the worker is lost, fails, or never ends.
            SkippedWorkerError: if it is full.
        """
        job = Job(ticket.question.kind, ticket.question.body)
        size = 0
        submission = self._jobs.submit(worker, job, seconds=self._settings.job_seconds)
        async with aclosing(submission) as frames:
            async for frame in frames:
                size += frame.size
                if frame.kind is FrameKind.BUSY:
                    standing.count_refusal(self._clock())
                    asyncio.get_running_loop().call_later(_FULL_SECONDS, self.places.wake)
                    raise SkippedWorkerError(None)
                if frame.kind is FrameKind.ERROR:
                    raise JobFailedError(frame.content)
                if size > MAX_ANSWER_BYTES:
                    raise JobFailedError({"status": 502, "message": "the answer never ends"})
                if frame.kind is FrameKind.DATA:
                    yield frame
