"""Delivery of activities: to each inbox again and again, until it arrives or is given up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from cgp.mycelium.fediverse.actor_records import PendingDelivery
from cgp.mycelium.fediverse.actor_store import ActorStore
from cgp.mycelium.fediverse.alarm import Alarm
from cgp.mycelium.fediverse.errors import FediverseError, FetchError, UnsafeAddressError
from cgp.mycelium.fediverse.fetching import Fetcher
from cgp.mycelium.fediverse.http_message import authority_of

logger = logging.getLogger(__name__)

AT_ONCE: Final = 16
"""Deliveries at once, each to another server, and at most half to servers that are not quick."""

QUICK_SECONDS: Final = 3.0
"""Most seconds in which a quick server takes a delivery."""

_LEAST_SLEEP: Final = 0.05
_LONGEST_SLEEP: Final = 60.0
# The server may answer otherwise later: it is busy, or does not know our key yet.
_PASSING: Final = frozenset({0, 401, 403, 408, 425, 429})
# The inbox is gone for good, and its followers with it.
_DELETION_STATUS: Final = 410


class Deliverer:
    """Empties the queue of an actor's store. ``clock`` gives seconds since 1970."""

    def __init__(
        self, store: ActorStore, fetcher: Fetcher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._queue = store.deliveries
        self._fetcher = fetcher
        self._clock = clock
        self._alarm = Alarm()
        # Servers with a delivery on its way, and whether each is quick.
        self._busy: dict[str, bool] = {}

    def wake(self) -> None:
        """Look at the queue now: something was added."""
        self._alarm.ring()

    async def run(self) -> None:
        """Deliver until cancelled: one delivery a server at a time, to ``AT_ONCE`` servers at once.

        Slow servers have at most half of the places, so they do not delay the quick ones.
        """
        async with asyncio.TaskGroup() as tasks:
            while True:
                for quick in (True, False):
                    for delivery in await self._queue.due(
                        self._clock(), self._places(quick), quick=quick, besides=self._busy
                    ):
                        self._busy[delivery.server] = quick
                        tasks.create_task(self._deliver(delivery))
                await self._alarm.sleep(await self._pause())

    def _places(self, quick: bool) -> int:
        """Return the number of free places for quick servers, or for slow and unknown ones."""
        free = AT_ONCE - len(self._busy)
        if quick:
            return free
        slow = sum(not is_quick for is_quick in self._busy.values())
        return min(free, AT_ONCE // 2 - slow)

    async def _pause(self) -> float:
        """Return the seconds until something is due; a delivery that ends rings before."""
        pause = _LONGEST_SLEEP
        for quick in (True, False):
            if self._places(quick):
                due = await self._queue.next_due(quick=quick, besides=self._busy)
                pause = pause if due is None else min(pause, due - self._clock())
        return max(pause, _LEAST_SLEEP)

    async def _deliver(self, delivery: PendingDelivery) -> None:
        try:
            await self._try(delivery)
        finally:
            del self._busy[delivery.server]
            self._alarm.ring()

    async def _try(self, delivery: PendingDelivery) -> None:
        started = time.monotonic()
        try:
            await self._fetcher.post(delivery.inbox, delivery.body)
        except UnsafeAddressError as error:
            await self._queue.abandon(delivery, str(error))
        except FetchError as error:
            await self._on_error(delivery, error)
        except FediverseError as error:
            await self._queue.abandon(delivery, str(error))
        else:
            quick = time.monotonic() - started <= QUICK_SECONDS
            await self._queue.finish(delivery, quick=quick)

    async def _on_error(self, delivery: PendingDelivery, error: FetchError) -> None:
        if error.status == _DELETION_STATUS:
            await self._store.remove_inbox(delivery.inbox)
        elif error.status in _PASSING or error.status >= 500:
            await self._queue.postpone(
                delivery, str(error), self._clock(), at_least=error.retry_after
            )
        else:
            await self._queue.abandon(delivery, str(error))
        logger.info("Not delivered to %s: %s", authority_of(delivery.inbox), error)
