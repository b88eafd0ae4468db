"""One piece of work for all callers that ask for the same thing at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Shares the result (or error) of work in progress among callers with the same key.

    The work runs as a task of its own: a caller that is cancelled leaves the others their result,
    and the work itself is cancelled when its last caller has gone.
    """

    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Task[T]] = {}
        self._waiting: dict[str, int] = {}

    def in_progress(self, key: str) -> bool:
        """Tell whether work for ``key`` is in progress."""
        return key in self._flights

    async def run(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """Return the result of ``work``, started unless work for ``key`` is in progress."""
        task = self._flights.get(key)
        if task is None:
            task = asyncio.ensure_future(_call(work))
            self._flights[key] = task
            self._waiting[key] = 0
        self._waiting[key] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._leave(key, task)

    async def close(self) -> None:
        """Cancel the work in progress and wait until it has stopped."""
        tasks = list(self._flights.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, key: str, task: asyncio.Task[T]) -> None:
        if self._flights.get(key) is not task:
            return
        self._waiting[key] -= 1
        if task.done() or self._waiting[key] == 0:
            del self._flights[key], self._waiting[key]
            task.cancel()


async def _call(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
