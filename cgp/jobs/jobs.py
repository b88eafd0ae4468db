"""Jobs: the one way to ask workers and to be one, over one connection to a NATS server."""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager

from cgp.jobs.asking import Asking
from cgp.jobs.connection import Connection
from cgp.jobs.frames import Frame
from cgp.jobs.offers import Job, Offer, Presence
from cgp.jobs.serving import Handler, Service
from cgp.jobs.timing import Timing

__all__ = ["Handler", "Jobs", "Timing"]


class Jobs:
    """One user's connection: a gateway submits jobs, a worker serves them."""

    def __init__(self, connection: Connection, timing: Timing, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._timing = timing
        self._clock = clock
        self._asking = Asking(connection.client, connection.public_key, timing, clock)
        self._services: list[Service] = []

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        url: str,
        seed: str,
        *,
        name: str,
        timing: Timing | None = None,
        seconds: float = 5.0,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> AsyncGenerator[Jobs]:
        """Yield jobs over a connection to ``url`` as the user of ``seed``; close them after it.

        The connection is made within ``seconds``. See ``Connection.open``.

        Raises:
            NatsServerError: if the server cannot be reached, does not let this user in, or is
                another machine that does not encrypt.
            JobsExtraError: if the client library is missing.
        """
        connection = await Connection.open(url, seed, name=name, seconds=seconds, tls=tls)
        jobs = cls(connection, timing or Timing(), clock)
        connection.on_reconnect = jobs.begin_anew
        try:
            yield jobs
        finally:
            await jobs.close()

    @property
    def public_key(self) -> str:
        """Public key of this user; of a worker it is its id."""
        return self._connection.public_key

    @property
    def is_connected(self) -> bool:
        """True while there is a connection to the server."""
        return bool(self._connection.client.is_connected)

    async def refusal(self) -> None:
        """Wait until the server no longer knows this user."""
        await self._connection.refusal.wait()

    async def listen(self, on_change: Callable[[], None] = lambda: None) -> None:
        """Begin to follow workers, as a gateway; ``on_change`` is called when one changed."""
        self._asking.on_change = on_change
        await self._asking.start()

    def workers(self) -> Mapping[str, Presence]:
        """Return the workers that are there now, by id."""
        return self._asking.workers()

    def submit(self, worker: str, job: Job, *, seconds: float = math.inf) -> AsyncGenerator[Frame]:
        """Ask a worker; yield the frames of its answer. See ``Asking.submit``."""
        return self._asking.submit(worker, job, seconds)

    async def serve(self, owner: str, offer: Offer, handler: Handler) -> Service:
        """Begin to take jobs, as a worker of ``owner`` (see ``owner_token``)."""
        service = Service(
            self._connection.client,
            public_key=self.public_key,
            owner=owner,
            offer=offer,
            handler=handler,
            timing=self._timing,
            clock=self._clock,
        )
        await service.start()
        self._services.append(service)
        return service

    async def begin_anew(self) -> None:
        """Continue after a lost connection: tell at once that this worker is there again."""
        for service in self._services:
            await service.tell()

    async def close(self) -> None:
        """Stop everything and close the connection."""
        for service in self._services:
            await service.close()
        await self._asking.close()
        await self._connection.close()
