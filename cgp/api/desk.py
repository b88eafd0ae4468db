"""State that the routes share: the store behind threads, and the limits on callers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, ParamSpec, TypeVar

from fastapi import Depends, Request

from cgp.api.queries import ApiStore
from cgp.privacy import STANDARD, RedactionPolicy
from cgp.search import IndexReader
from cgp.signing import RateLimit, RequestGate
from cgp.store import Gates, RedactingAhead

P = ParamSpec("P")
R = TypeVar("R")

_READERS = 4
"""Threads of readers, each with a database connection; more would only wait for the same disk."""

BAD_KEYS_PER_MINUTE = 60.0
"""Wrong API keys (each costs a look into the database) that one address is good for."""


class Workers:
    """Runs blocking calls on a few threads. ``close`` waits for the calls under way."""

    def __init__(self, name: str, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def __call__(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``call(*args, **kwargs)``, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        # A lambda, because the executor's own call takes no keyword arguments.
        return await loop.run_in_executor(self._executor, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Wait for the calls under way and end the threads."""
        self._executor.shutdown()


@dataclass
class Desk:
    """All that the routes share.

    ``writes`` has one thread, so that writers of this process never wait for each other's lock in
    the database. ``address`` is the receiver that signed requests must name. ``policy`` redacts a
    conversation before a validator gets it. Searches read ``index``. ``ahead`` redacts the
    conversations that are next in line, so that a validator need not wait for redaction.
    """

    store: ApiStore
    address: str
    gate: RequestGate
    reads_by: RateLimit
    imports_by: RateLimit
    index: IndexReader
    policy: RedactionPolicy = STANDARD
    bad_keys: RateLimit = field(default_factory=lambda: RateLimit(BAD_KEYS_PER_MINUTE))
    gates: Gates = field(init=False)
    ahead: RedactingAhead = field(init=False)
    reads: Workers = field(default_factory=lambda: Workers("api-read", _READERS))
    writes: Workers = field(default_factory=lambda: Workers("api-write", 1))

    def __post_init__(self) -> None:
        """Prepare the gate for every text of a conversation that goes out, and the
        redaction ahead.
        """
        self.gates = Gates(self.store, self.policy)
        self.ahead = RedactingAhead(self.store, self.policy)

    def close(self) -> None:
        """Wait for the calls under way. The store stays the caller's to close."""
        self.ahead.close()
        self.reads.close()
        self.writes.close()
        self.index.close()


def desk_of(request: Request) -> Desk:
    """Return the desk of the application that got ``request``."""
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


AppState = Annotated[Desk, Depends(desk_of)]
