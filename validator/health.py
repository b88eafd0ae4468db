"""``/healthz``: whether the validator works, as JSON, for operators and their monitors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from aiohttp import web

from cgp.telemetry import (
    CONTENT_TYPE,
    NOT_INSTALLED,
    Health,
    Sample,
    counter_samples,
    exposition,
    health_samples,
)

logger = logging.getLogger(__name__)

Report = Callable[[], Awaitable[Health]]


@asynccontextmanager
async def serving_health(host: str, port: int | None, report: Report) -> AsyncIterator[int | None]:
    """Serve ``/healthz`` and ``/metrics`` while the block runs; yield the port (None: off).

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

    async def show_metrics(_request: web.Request) -> web.Response:
        text = exposition(validator_samples(await report()))
        if text is None:
            return web.Response(text=NOT_INSTALLED, status=501)
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    # Requests to these pages have no body: a kilobyte is more than any needs.
    app = web.Application(client_max_size=1024)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", show_metrics)
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


def validator_samples(health: Health) -> Iterator[Sample]:
    """Yield a validator's health as numbers."""
    yield from health_samples(health)
    details = health.details
    for name, meaning in (
        ("miners", "Miners that can be asked"),
        ("in_progress", "Conversations under way"),
        ("put_off", "Conversations put off, since no miner answered a window of them"),
    ):
        if name in details:
            yield Sample(f"cgp_validator_{name}", meaning, details[name])
    if "holds" in details:
        yield Sample(
            "cgp_validator_holds_total",
            "Holds, each for a fault of our own that a probe met too",
            details["holds"],
        )
    yield from counter_samples(
        "cgp_validator_conversations", "Conversations", "state", details.get("conversations", {})
    )
    yield from counter_samples(
        "cgp_validator_windows", "Windows", "state", details.get("windows", {})
    )
    yield from counter_samples(
        "cgp_validator_answers_total", "Answers, by miner", "uid", details.get("answers", {})
    )
    yield from counter_samples(
        "cgp_validator_failures_total", "No answer, by miner", "uid", details.get("failures", {})
    )
    weights = details.get("weights") or {}
    if "success" in weights:
        yield Sample(
            "cgp_validator_weights_taken", "Whether the last were", float(weights["success"])
        )
