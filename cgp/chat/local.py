"""Chat on one machine: gateway, NATS server and a worker without a model, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from cgp.api.server import background_server
from cgp.chat.errors import AwayError
from cgp.chat.gateway import LIMITS, opened_gateway
from cgp.chat.worker import make_backend, run_worker
from cgp.config import Settings
from cgp.jobs import Presence, Timing

_READY_SECONDS = 20.0
# One person's machine that does something else too: its own worker is slow there, not lost.
_PATIENT = Timing(lease=8.0, absent=10.0, orphan=12.0)


@asynccontextmanager
async def local_chat(settings: Settings) -> AsyncIterator[str]:
    """Yield the address of a gateway of this process that asks for no keys, with a worker at it.

    The gateway is on loopback alone. The worker has the backend that the settings name, by default
    ``extractive``. Nothing but loopback is used.

    Raises:
        AwayError: if the worker is not ready in time.
        JobsError, RetrievalError, OSError: if a part cannot start.
    """
    async with (
        opened_gateway(settings, asks_for_keys=False, timing=_PATIENT) as gateway,
        background_server(gateway.app, gateway.bound, limits=LIMITS),
    ):
        worker = settings.worker.model_copy(update={"gateway": gateway.url, "api_key": None})
        worker_settings = settings.model_copy(update={"worker": worker})
        backend = await asyncio.to_thread(make_backend, worker_settings)
        stopping, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(
            run_worker(
                worker_settings,
                backend,
                stopping,
                timing=_PATIENT,
                on_ready=lambda _id: ready.set(),
            )
        )
        try:
            await _until_there(gateway.desk.jobs.workers, ready, serving)
            yield gateway.url
        finally:
            stopping.set()
            await asyncio.wait([serving])
            await backend.close()


async def _until_there(
    workers: Callable[[], Mapping[str, Presence]], ready: asyncio.Event, serving: asyncio.Task[None]
) -> None:
    """Wait until the gateway knows its worker; raise the error of the worker."""
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while not (ready.is_set() and workers()):
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.01)
    except TimeoutError:
        message = f"the worker of this machine was not ready in {_READY_SECONDS:g} s"
        raise AwayError(message) from None
