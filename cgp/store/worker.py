"""Blocking calls from coroutines: one thread, so that the calls of one process never contend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class SerialWorker:
    """Runs blocking calls one after the other on a thread of its own. An async context manager.

    A call whose awaiting task is cancelled still runs to its end: a transaction is whole or absent.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._since: float | None = None

    @property
    def busy_seconds(self) -> float:
        """Seconds since the present call began; 0 without one."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    async def __call__(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``call(*args, **kwargs)``, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: self._run(call, *args, **kwargs))

    def _run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        self._since = time.monotonic()
        try:
            return call(*args, **kwargs)
        finally:
            self._since = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Wait for the calls under way and end the thread."""
        await asyncio.to_thread(self._executor.shutdown, wait=True)
