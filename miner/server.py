"""A uvicorn server inside a running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator

import uvicorn
from starlette.types import ASGIApp

from cgp.config import AxonSettings
from cgp.connections import CONNECTIONS, ConnectionCounts, guarded_protocol

GRACE_SECONDS = 15
"""Longest wait of a stopping server for the answers that it owes."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the owner of the event loop."""
        yield


@contextlib.asynccontextmanager
async def serving(
    app: ASGIApp, bound: socket.socket, axon: AxonSettings, counts: ConnectionCounts
) -> AsyncIterator[None]:
    """Serve ``app`` on a bound socket; at the end stop accepting and finish requests in flight.

    ``counts`` is kept up to date. Work that takes longer than ``GRACE_SECONDS`` then is cancelled.
    """
    config = uvicorn.Config(
        app,
        http=guarded_protocol(axon.connections_per_address, counts),
        forwarded_allow_ips=axon.trusted_proxies,
        # Plain HTTP only: no WebSockets, and no start-up events of the application.
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[bound]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
        # A server that ends before it is ready has failed, and ``await running`` raises its error.
        if not running.done():
            yield
    finally:
        ready.cancel()
        server.should_exit = True
        await running
