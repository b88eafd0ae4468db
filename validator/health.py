"""``/healthz``: whether the validator works, as JSON, for operators and their monitors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from cgp.telemetry import Health

logger = logging.getLogger(__name__)

Report = Callable[[], Awaitable[Health]]


@asynccontextmanager
async def serving_health(host: str, port: int | None, report: Report) -> AsyncIterator[int | None]:
    """Serve ``/healthz`` while the block runs; yield the port (None: off).

    The answer is 200 where the validator is ready, and 503 with reasons and remedies otherwise.

    Raises:
        OSError: if the port is taken.
    """
    if port is None:
        yield None
        return

    async def healthz(_request: web.Request) -> web.Response:
        health = await report()
        return web.json_response(health.document(), status=health.status_code)

    app = web.Application(client_max_size=1024)
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound: int = runner.addresses[0][1]
        logger.info("Health at http://%s:%d/healthz", host, bound)
        yield bound
    finally:
        await runner.cleanup()
