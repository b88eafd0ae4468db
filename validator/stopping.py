"""Orderly stop: waiting work gives up at once, work in flight is finished."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from cgp.errors import CgpError

R = TypeVar("R")


class StoppedError(
    CgpError, code="validator.stopped", remedy="none is needed: the next start continues"
):
    """The validator is stopping: work in flight is finished, the rest is left for later."""


async def unless_stopped(stopping: asyncio.Event, work: Coroutine[Any, Any, R]) -> R:
    """Return the result of ``work``, or cancel it as soon as ``stopping`` is set.

    Raises:
        StoppedError: if it was stopped.
    """
    working = asyncio.ensure_future(work)
    stop_signal = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({working, stop_signal}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise StoppedError
        return working.result()
    finally:
        for future in (working, stop_signal):
            future.cancel()
        # Until both are over: a cancelled task may still have something to clean up.
        await asyncio.wait({working, stop_signal})


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait for ``seconds``, or until ``stopping`` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
