"""The process of experts: the chat's gateway with the ledger's routes, its page, and talk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cgp.api.server import serve_until_signal
from cgp.chat.gateway import LIMITS, Gateway, opened_gateway, tls_of
from cgp.config import Settings
from cgp.experts.ledger import Ledger
from cgp.experts.pages import TalkRoom, add_experts_room, add_talk_room
from cgp.experts.surface import ExpertsDesk, add_experts
from cgp.fractal.talk.own_studio import own_studio
from cgp.jobs import Timing

logger = logging.getLogger(__name__)


@asynccontextmanager
async def opened_experts(
    settings: Settings,
    ledger: Ledger,
    is_registered: Callable[[str], bool],
    *,
    asks_for_keys: bool = True,
    timing: Timing | None = None,
) -> AsyncIterator[Gateway]:
    """Open a gateway with the routes of experts. Raises as ``cgp.chat.gateway.opened_gateway``."""
    async with opened_gateway(settings, asks_for_keys=asks_for_keys, timing=timing) as gateway:
        add_experts(gateway.app, ExpertsDesk(gateway.desk, ledger, is_registered))
        add_experts_room(gateway.app)
        studio = await asyncio.to_thread(own_studio, settings)
        room = TalkRoom(studio, gateway.desk.access)
        add_talk_room(gateway.app, room)
        try:
            yield gateway
        finally:
            await room.close()


async def serve_experts(
    settings: Settings,
    ledger: Ledger,
    is_registered: Callable[[str], bool],
    *,
    asks_for_keys: bool = True,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises as ``opened_experts``."""
    async with opened_experts(
        settings, ledger, is_registered, asks_for_keys=asks_for_keys
    ) as gateway:
        logger.info("Experts at %s, nodes over %s", gateway.url, gateway.desk.nats_url)
        await serve_until_signal(gateway.app, gateway.bound, limits=LIMITS, tls=tls_of(settings))
