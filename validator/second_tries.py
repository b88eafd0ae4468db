"""Second tries: conversations that were held before have one place, so that the others go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cgp.backoff import pause_after
from cgp.config import ValidatorSettings
from cgp.store import Lease, LeaseLost
from validator.deferral import Deferral
from validator.own_faults import OwnFault
from validator.source import MAX_ATTEMPTS, ConversationSource
from validator.stopping import pause
from validator.unanswered import Unanswered

logger = logging.getLogger("validator")

_LONGEST_DEFERRAL = 300.0

Work = Callable[[Lease], Awaitable[None]]
"""Work on one conversation."""


class SecondTries:
    """Puts conversations off that no miner answered, and works on one of them at a time.

    Its length is the number of conversations that are put off.
    """

    def __init__(
        self,
        source: ConversationSource,
        settings: ValidatorSettings,
        unanswered: Unanswered,
        stopping: asyncio.Event,
    ) -> None:
        self._source = source
        self._settings = settings
        self._unanswered = unanswered
        self._stopping = stopping
        self._deferral = Deferral(source.most_put_off)
        # One place at most is for conversations that were put off, so that the others go on.
        self._place = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._deferral)

    @property
    def is_pending(self) -> bool:
        """True if a conversation is put off, or worked on again now."""
        return bool(self._deferral) or self._place.locked()

    def forget(self) -> None:
        """Wait for none any more, and leave their leases as they are."""
        self._deferral.clear()

    async def release(self) -> None:
        """Give back all that are put off: another validator of the same store may work on them."""
        for lease in self._deferral.clear():
            await self._source.release(lease)

    async def work_on_one(self, work: Work) -> bool:
        """Work on a conversation that was put off; return False if none is due or its place is
        taken.
        """
        if self._place.locked() or (waiting := self._deferral.take()) is None:
            return False
        async with self._place:
            renewal = await self._source.renew(waiting, self._settings.lease_seconds)
            if renewal is not None:
                await work(renewal)
        return True

    async def work_in_turn(self, lease: Lease, work: Work) -> None:
        """Work on a conversation; on one that was held before only at the place for those."""
        if self._unanswered.tries(lease.conversation.id) == 0:
            await work(lease)
        elif not self._place.locked():
            async with self._place:
                await work(lease)
        elif self._deferral.is_full:
            await self._give_back(lease)
        else:
            self._deferral.put(lease, self._settings.poll_seconds)

    async def put_off(self, lease: Lease, fault: OwnFault) -> None:
        """Let the others go on, and take this conversation again later: after each hold later."""
        if self._deferral.is_full:
            await self._give_back(lease)
            return
        settings, identifier = self._settings, lease.conversation.id
        earlier = self._unanswered.tries(identifier) - 1
        seconds = pause_after(earlier, first=settings.poll_seconds, longest=_LONGEST_DEFERRAL)
        # The lease lasts until it is taken again, and for as long as a new one then.
        if await self._source.heartbeat(lease, seconds + settings.lease_seconds):
            self._deferral.put(lease, seconds)
            logger.warning("%s is put off for %.0f s: %s", identifier, seconds, fault.reason)

    async def _give_back(self, lease: Lease) -> None:
        """Give a conversation back for which there is no room, behind those that wait.

        Released, it would be the first in line again, and no other would ever be reached. An
        attempt sends it behind the others; its last one is left to it, since nothing is proven.
        """
        if lease.attempts + 1 >= MAX_ATTEMPTS:
            await self._source.release(lease)
        else:
            await self._send_back(lease)
        await pause(self._stopping, self._settings.poll_seconds)

    async def _send_back(self, lease: Lease) -> None:
        reason = "no miner answered a window of it, as of all that are put off already"
        try:
            await self._source.fail(lease, reason, max_attempts=MAX_ATTEMPTS)
        except LeaseLost as error:
            logger.warning("%s", error)
        else:
            logger.warning("%s goes behind the others: %s", lease.conversation.id, reason)
