"""Keeping a lease up while a conversation is worked on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from cgp.store import Lease
from validator.source import ConversationSource

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeaseKeeping:
    """Renews leases of ``source``, each for ``seconds``."""

    source: ConversationSource
    seconds: float

    @contextlib.asynccontextmanager
    async def kept_up(self, lease: Lease) -> AsyncIterator[None]:
        """Keep a lease up for as long as the block runs."""
        beating = asyncio.create_task(self._beat(lease))
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait([beating])

    async def _beat(self, lease: Lease) -> None:
        """Renew a lease for ever. Nothing to undo where it is lost: later writes are refused."""
        while True:
            # Two heartbeats may fail before the lease runs out.
            await asyncio.sleep(self.seconds / 3)
            try:
                is_held = await self.source.heartbeat(lease, self.seconds)
            except SQLAlchemyError as error:
                logger.warning("No heartbeat for %s: %s", lease.conversation.id, error)
                continue
            if not is_held:
                logger.warning("Lost the lease of conversation %s", lease.conversation.id)
                return
