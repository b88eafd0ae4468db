"""Places: each request waits for a worker, fairly, and gets the one that should finish first."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from cgp.chat.choice import WorkerCandidate, choose
from cgp.chat.errors import ChatError, NoWorkerError
from cgp.chat.roster import RETRY_SECONDS, Roster
from cgp.chat.waiting import FairQueue, Ticket
from cgp.chat_settings import GatewaySettings
from cgp.jobs import Audience, JobKind

_KEPT_CONVERSATIONS = 4096


class _Wish(NamedTuple):
    """All that decides which workers may answer a ticket: equal tickets wait for the same ones."""

    owner: str
    audience: Audience
    kind: JobKind
    model: str
    worker: str


class Places:
    """Places at workers of a roster. ``clock`` returns seconds, ``rng`` decides among equals."""

    def __init__(
        self,
        roster: Roster,
        settings: GatewaySettings,
        *,
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._roster = roster
        self._seconds = settings.queue_seconds
        self._clock = clock
        self._rng = rng
        self._queue = FairQueue(settings.queue, settings.queue_per_key)
        self._keepers: OrderedDict[str, str] = OrderedDict()
        self._is_waking = False

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a worker."""
        return len(self._queue)

    async def take(self, ticket: Ticket) -> str:
        """Wait for a place and return its worker; ``free`` gives it back.

        Raises:
            ChatError: where too many wait, no worker can take it, or none became free in time.
        """
        ticket.place = asyncio.get_running_loop().create_future()
        self._queue.add(ticket)
        try:
            self.wake()
            async with asyncio.timeout(self._seconds):
                return await ticket.place
        except TimeoutError:
            self._give_up(ticket)
            raise NoWorkerError(
                503, "no_free_worker", "no worker became free in time", retry_after=RETRY_SECONDS
            ) from None
        except asyncio.CancelledError:
            self._give_up(ticket)
            raise
        finally:
            self._queue.remove(ticket)

    def free(self, worker: str) -> None:
        """Give a place at a worker back."""
        self._roster.standing(worker).busy -= 1
        self.wake()

    def keep(self, ticket: Ticket, worker: str) -> None:
        """Note that a worker answers a ticket, so that its conversation may stay there."""
        if ticket.question.affinity:
            self._keepers[_keeping(ticket)] = worker
            self._keepers.move_to_end(_keeping(ticket))
            while len(self._keepers) > _KEPT_CONVERSATIONS:
                self._keepers.popitem(last=False)

    def wake(self) -> None:
        """Have waiting requests get their places soon; called when a worker or a slot changes.

        One pass serves all calls before it: a burst of requests costs one pass, not one for each.
        """
        if not self._is_waking:
            self._is_waking = True
            asyncio.get_running_loop().call_soon(self._give_places)

    def _give_up(self, ticket: Ticket) -> None:
        """Free a place that came at the moment in which its ticket was given up."""
        place = ticket.place
        if place.done() and not place.cancelled() and place.exception() is None:
            self.free(place.result())

    def _give_places(self) -> None:
        self._is_waking = False
        self._roster.note_models()
        ahead: dict[_Wish, int] = {}
        full: set[_Wish] = set()
        for ticket in list(self._queue.in_order()):
            question = ticket.question
            wish = _Wish(
                ticket.owner,
                question.audience,
                question.kind,
                question.model,
                question.worker,
            )
            # Room only shrinks within a pass: where all were full for an equal ticket, they are
            # now.
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
                self._roster.standing(worker).busy += 1
                self._queue.count(ticket.key)
                ticket.place.set_result(worker)

    def _choose(self, ticket: Ticket, ahead: int) -> str | None:
        """Return the worker for a ticket, None where it has to wait.

        Raises:
            ChatError: where waiting is in vain.
        """
        question, now = ticket.question, self._clock()
        capable = {
            worker: presence
            for worker, presence in self._roster.capable(ticket.owner, question).items()
            if worker not in ticket.past_workers
        }
        if not capable:
            raise ticket.last_word or self._roster.missing(question)
        standings = {worker: self._roster.standing(worker) for worker in capable}
        cooling = {worker: standing.cooling_until for worker, standing in standings.items()}
        if all(until > now for until in cooling.values()):
            soonest = min(cooling.values()) - now
            message = "every worker for this model failed lately and is paused"
            raise ticket.last_word or NoWorkerError(
                503, "workers_paused", message, retry_after=soonest
            )
        candidates = [
            WorkerCandidate(
                worker,
                presence.offer.slots,
                standings[worker].busy,
                standings[worker].service_seconds,
                standings[worker].has_room(presence.offer.slots, now),
            )
            for worker, presence in capable.items()
            if not standings[worker].is_cooling(now)
        ]
        self._rng.shuffle(candidates)
        return choose(candidates, ahead=ahead, keeper=self._keepers.get(_keeping(ticket)))

    def _has_room(self, ticket: Ticket) -> bool:
        """Tell if any worker for a ticket could be asked now."""
        now = self._clock()
        return any(
            self._roster.standing(worker).has_room(presence.offer.slots, now)
            for worker, presence in self._roster.capable(ticket.owner, ticket.question).items()
        )


def _keeping(ticket: Ticket) -> str:
    return f"{ticket.owner}:{ticket.question.model}:{ticket.question.affinity}"
