"""Dispatch: a place for each request, its frames, and another worker where the first is lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cgp.chat.backends.extractive import MODEL as EXTRACTIVE
from cgp.chat.choice import Candidate, choose
from cgp.chat.errors import BrokenStreamError, ChatError, NoWorkerError, SkippedWorkerError
from cgp.chat.faults import fault_of, outcome_of
from cgp.chat.requests import Question
from cgp.chat.standing import WorkerStanding
from cgp.chat.waiting import FairQueue, Ticket
from cgp.chat_settings import GatewaySettings
from cgp.jobs import (
    Audience,
    ConnectionLostError,
    Frame,
    FrameKind,
    Job,
    JobKind,
    Jobs,
    JobsError,
    Presence,
)
from cgp.jobs.errors import JobFailedError
from cgp.jobs.users import owner_token

logger = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 3
MAX_ANSWER_BYTES: Final = 8 << 20
_KEPT_CONVERSATIONS = 4096
_RETRY_SECONDS = 5.0
_KINDS_TO_CHOOSE = frozenset({JobKind.CHAT, JobKind.EMBEDDINGS})
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


class ModelOffer(NamedTuple):
    """Worker, by its id, and one of its models."""

    worker: str
    model: str


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
        self._rng = rng
        self._queue = FairQueue(settings.queue, settings.queue_per_key)
        self._keepers: OrderedDict[str, str] = OrderedDict()
        # Models that a worker offered once, by owner's token: away is not the same as unknown.
        self._past_models: set[tuple[JobKind, str]] = set()
        self.standings: dict[str, WorkerStanding] = {}
        self.counts = Counts()
        self._is_waking = False

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a worker."""
        return len(self._queue)

    def visible_workers(self, owner: str, audience: Audience) -> Mapping[str, Presence]:
        """Return the workers that may see a job of ``owner`` (a token), by id."""
        return {
            worker: presence
            for worker, presence in self._jobs.workers().items()
            if presence.owner == owner
            or (audience is Audience.SHARED and presence.offer.audience is Audience.SHARED)
        }

    def models(self, owner: str) -> Mapping[str, tuple[Presence, ...]]:
        """Return every model that a key of ``owner`` can have, with the workers that offer it."""
        offers: dict[str, list[Presence]] = {}
        for presence in self.visible_workers(owner_token(owner), Audience.SHARED).values():
            for kind, names in presence.offer.models.items():
                # Passages and experts are asked for by the gateway itself: no models to choose.
                for name in names if kind in _KINDS_TO_CHOOSE else ():
                    offers.setdefault(name, []).append(presence)
        return {name: tuple(workers) for name, workers in sorted(offers.items())}

    def wake(self) -> None:
        """Have waiting requests get their places soon; called when a worker or a slot changes.

        One pass serves all calls before it: a burst of requests costs one pass, not one for each.
        """
        if not self._is_waking:
            self._is_waking = True
            asyncio.get_running_loop().call_soon(self._give_places)

    def _give_places(self) -> None:
        self._is_waking = False
        for presence in self._jobs.workers().values():
            for kind, names in presence.offer.models.items():
                self._past_models.update((kind, name) for name in names)
        ahead: dict[tuple[str, Audience, JobKind, str, str], int] = {}
        full: set[tuple[str, Audience, JobKind, str, str]] = set()
        for ticket in list(self._queue.in_order()):
            question = ticket.question
            wish = (
                ticket.owner,
                question.audience,
                question.kind,
                question.model,
                question.worker,
            )
            # Room only shrinks within a pass: where all were full for an equal ticket, they are now.
            if wish in full and not ticket.past_workers:
                continue
            try:
                worker = self._choose(ticket, ahead.get(wish, 0))
            except ChatError as error:
                self._queue.remove(ticket)
                if not ticket.place.done():
                    ticket.place.set_exception(error)
                continue
            if worker is None:
                ahead[wish] = ahead.get(wish, 0) + 1
                if not ticket.past_workers and not self._has_room(ticket):
                    full.add(wish)
                continue
            self._queue.remove(ticket)
            if not ticket.place.done():
                self.standing(worker).busy += 1
                self._queue.count(ticket.key)
                ticket.place.set_result(worker)

    def standing(self, worker: str) -> WorkerStanding:
        """Return the standing of a worker, a new one where it has none."""
        return self.standings.setdefault(worker, WorkerStanding())

    def workers(self) -> Mapping[str, Presence]:
        """Return all workers that are there, by id."""
        return self._jobs.workers()

    def pause_for_fault(self, worker: str) -> None:
        """Pause a worker whose answer or whose claims were found wrong."""
        self.standing(worker).count_fault(self._clock())

    def is_paused(self, worker: str) -> bool:
        """Tell if a worker gets no jobs now, after failures or faults."""
        return self.standing(worker).is_cooling(self._clock())

    async def answer(
        self, key: str, owner: str, question: Question, journey: Journey
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
        self, key: str, owner: str, question: Question, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of the first worker that begins to answer."""
        place: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        ticket = Ticket(key, owner_token(owner), question, self._clock(), place)
        suspects: list[str] = []
        while True:
            worker = await self._place(ticket)
            journey.attempts += 1
            try:
                async with aclosing(self._ask(worker, ticket, journey)) as parts:
                    async for part in parts:
                        yield part
            except SkippedWorkerError as error:
                if error.last_word is None:
                    # Full: it never began, so this was no try.
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
                    self.standing(suspect).count_failure(self._clock())
                return

    async def _place(self, ticket: Ticket) -> str:
        """Wait for a place and return its worker."""
        ticket.place = asyncio.get_running_loop().create_future()
        self._queue.add(ticket)
        try:
            self.wake()
            async with asyncio.timeout(self._settings.queue_seconds):
                return await ticket.place
        except TimeoutError:
            self._give_back(ticket)
            raise NoWorkerError(
                503, "no_free_worker", "no worker became free in time", retry_after=_RETRY_SECONDS
            ) from None
        except asyncio.CancelledError:
            self._give_back(ticket)
            raise
        finally:
            self._queue.remove(ticket)

    def _give_back(self, ticket: Ticket) -> None:
        """Free a place that came at the moment in which its ticket was given up."""
        place = ticket.place
        if place.done() and not place.cancelled() and place.exception() is None:
            self.standing(place.result()).busy -= 1
            self.wake()

    async def _ask(
        self, worker: str, ticket: Ticket, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of one worker's answer, and give its slot back."""
        standing = self.standing(worker)
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
                        self._keep(ticket, worker)
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
            standing.busy -= 1
            self.wake()

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
                    asyncio.get_running_loop().call_later(_FULL_SECONDS, self.wake)
                    raise SkippedWorkerError(None)
                if frame.kind is FrameKind.ERROR:
                    raise JobFailedError(frame.content)
                if size > MAX_ANSWER_BYTES:
                    raise JobFailedError({"status": 502, "message": "the answer never ends"})
                if frame.kind is FrameKind.DATA:
                    yield frame

    def _choose(self, ticket: Ticket, ahead: int) -> str | None:
        """Return the worker for a ticket, None where it has to wait.

        Raises:
            ChatError: where waiting is in vain.
        """
        question, now = ticket.question, self._clock()
        capable = {
            worker: presence
            for worker, presence in self._capable(ticket).items()
            if worker not in ticket.past_workers
        }
        if not capable:
            raise ticket.last_word or self._missing(question)
        cooling = {w: self.standing(w).cooling_until for w in capable}
        if all(until > now for until in cooling.values()):
            soonest = min(cooling.values()) - now
            message = "every worker for this model failed lately and is paused"
            raise ticket.last_word or NoWorkerError(
                503, "workers_paused", message, retry_after=soonest
            )
        candidates = [
            Candidate(
                worker,
                presence.offer.slots,
                self.standing(worker).busy,
                self.standing(worker).service_seconds,
                self.standing(worker).has_room(presence.offer.slots, now),
            )
            for worker, presence in capable.items()
            if not self.standing(worker).is_cooling(now)
        ]
        self._rng.shuffle(candidates)
        return choose(candidates, ahead=ahead, keeper=self._keepers.get(_keeping(ticket)))

    def _has_room(self, ticket: Ticket) -> bool:
        """Tell if any worker for a ticket could be asked now."""
        now = self._clock()
        return any(
            self.standing(worker).has_room(presence.offer.slots, now)
            for worker, presence in self._capable(ticket).items()
        )

    def _capable(self, ticket: Ticket) -> Mapping[str, Presence]:
        """Return the workers that may answer a ticket and take new jobs, by id."""
        question = ticket.question
        visible = self.visible_workers(ticket.owner, question.audience)
        return {
            worker: presence
            for worker, presence in visible.items()
            if presence.offer.serves(question.kind, question.model)
            and not presence.draining
            and question.worker in {"", worker}
        }

    def offers(self, owner: str, audience: Audience, kind: JobKind) -> list[ModelOffer]:
        """Return the workers' models for ``kind`` that could be asked now.

        The fastest workers come first, and among them those of fewest jobs at work.
        """
        now = self._clock()
        offers = [
            ModelOffer(worker, model)
            for worker, presence in self.visible_workers(owner_token(owner), audience).items()
            if not presence.draining and not self.standing(worker).is_cooling(now)
            for model in presence.offer.models.get(kind, ())
        ]
        self._rng.shuffle(offers)
        return sorted(offers, key=lambda offer: self._pace(offer.worker))

    def _pace(self, worker: str) -> tuple[float, int]:
        """Return the order of a worker among others: the least comes first."""
        standing = self.standing(worker)
        return -(standing.tokens_per_second or 0.0), standing.busy

    def _missing(self, question: Question) -> ChatError:
        """Return the error for a model that no worker offers to this key now."""
        is_past = (question.kind, question.model) in self._past_models
        if self._jobs.workers() and not is_past:
            return NoWorkerError(
                404,
                "model_not_found",
                f"no worker offers the model {question.model!r} for {question.kind}; "
                "GET /v1/models lists all",
                parameter="model",
            )
        message = f"no worker for {question.model!r} is there for this key"
        return NoWorkerError(503, "no_worker", message, retry_after=_RETRY_SECONDS)

    def _keep(self, ticket: Ticket, worker: str) -> None:
        if ticket.question.affinity:
            self._keepers[_keeping(ticket)] = worker
            self._keepers.move_to_end(_keeping(ticket))
            while len(self._keepers) > _KEPT_CONVERSATIONS:
                self._keepers.popitem(last=False)


def _keeping(ticket: Ticket) -> str:
    return f"{ticket.owner}:{ticket.question.model}:{ticket.question.affinity}"
