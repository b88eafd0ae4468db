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
"""Deliveries at once; each is to another inbox."""

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
        self._fetcher = fetcher
        self._clock = clock
        self._alarm = Alarm()
        self._busy: set[str] = set()

    def wake(self) -> None:
        """Look at the queue now: something was added."""
        self._alarm.ring()

    async def run(self) -> None:
        """Deliver until cancelled. A place is filled again at once, so no slow inbox delays others."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                places = AT_ONCE - len(self._busy)
                for delivery in await self._store.due_deliveries(
                    self._clock(), places, besides=self._busy
                ):
                    self._busy.add(delivery.inbox)
                    tasks.create_task(self._deliver(delivery))
                await self._alarm.sleep(await self._pause())

    async def _pause(self) -> float:
        """Return the seconds until something is due; a delivery that ends rings before."""
        if len(self._busy) == AT_ONCE:
            return _LONGEST_SLEEP
        due = await self._store.next_due(besides=self._busy)
        pause = _LONGEST_SLEEP if due is None else due - self._clock()
        return min(max(pause, _LEAST_SLEEP), _LONGEST_SLEEP)

    async def _deliver(self, delivery: PendingDelivery) -> None:
        try:
            await self._try(delivery)
        finally:
            self._busy.discard(delivery.inbox)
            self._alarm.ring()

    async def _try(self, delivery: PendingDelivery) -> None:
        try:
            await self._fetcher.post(delivery.inbox, delivery.body)
        except UnsafeAddressError as error:
            await self._store.abandon_delivery(delivery.number, str(error))
        except FetchError as error:
            await self._on_error(delivery, error)
        except FediverseError as error:
            await self._store.abandon_delivery(delivery.number, str(error))
        else:
            await self._store.finish_delivery(delivery.number)

    async def _on_error(self, delivery: PendingDelivery, error: FetchError) -> None:
        if error.status == _DELETION_STATUS:
            await self._store.remove_inbox(delivery.inbox)
        elif error.status in _PASSING or error.status >= 500:
            await self._store.postpone_delivery(
                delivery.number, str(error), self._clock(), at_least=error.retry_after
            )
        else:
            await self._store.abandon_delivery(delivery.number, str(error))
        logger.info("Not delivered to %s: %s", authority_of(delivery.inbox), error)
