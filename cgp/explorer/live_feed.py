"""The live feed: one poll of the store a second, shared by all pages that watch."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from cgp.errors import CgpError
from cgp.explorer.chain_line import chain_line
from cgp.explorer.network import Snapshot
from cgp.explorer.pace import Pace

logger = logging.getLogger(__name__)

SECONDS = 1.0
"""Time between two polls while a page watches; without watchers nothing is polled."""

HEARTBEAT_SECONDS = 15.0
"""Time after which a comment is sent, so that proxies and browsers keep a silent stream open."""

MAX_WATCHERS = 200
"""Streams at once: each holds a connection of the server."""

Read = Callable[[], Awaitable[Snapshot]]
ReadHealth = Callable[[], Awaitable[Mapping[str, Any] | None]]


class TooManyWatchersError(
    CgpError, code="explorer.too_many_watchers", remedy="close a page, or try again later"
):
    """A stream that cannot be opened because ``MAX_WATCHERS`` are open."""


class LiveFeed:
    """Reads snapshots and sends each new one to every watcher. Used on one event loop."""

    def __init__(self, read: Read, health: ReadHealth, seconds: float = SECONDS) -> None:
        self._read = read
        self._health = health
        self._seconds = seconds
        self._latest: Snapshot | None = None
        self._latest_health: Mapping[str, Any] | None = None
        self._health_pace = Pace()
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()  # one read at a time, whatever number of pages asks
        self._queues: set[asyncio.Queue[bytes]] = set()
        self._poller: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def watchers(self) -> int:
        """Number of open streams."""
        return len(self._queues)

    async def snapshot(self) -> Snapshot:
        """Return a snapshot that is at most ``seconds`` old."""
        async with self._lock:
            if self._latest is None or time.monotonic() - self._read_at >= self._seconds:
                read, health = await asyncio.gather(self._read(), self._recent_health())
                chain = chain_line(health, read.weights)
                self._latest = replace(read, health=health, chain=chain)
                self._read_at = time.monotonic()
            return self._latest

    async def _recent_health(self) -> Mapping[str, Any] | None:
        # The validator counts its store for the page: one that takes long is asked less often.
        if self._health_pace.due:
            with self._health_pace.reading():
                self._latest_health = await self._health()
        return self._latest_health

    async def stream(self) -> AsyncGenerator[bytes]:
        """Yield server-sent events: the present snapshot, then each new one.

        Raises:
            TooManyWatchersError: if too many streams are open.
        """
        if len(self._queues) >= MAX_WATCHERS:
            raise TooManyWatchersError
        # Two are enough: a slow reader gets the newest snapshot and skips those in between.
        queue: asyncio.Queue[bytes] = asyncio.Queue(2)
        self._queues.add(queue)
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        try:
            yield _event(await self.snapshot())
            while not self._closed:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        event = await queue.get()
                except TimeoutError:
                    event = b": still here\n\n"
                yield event
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """End all streams, so that the server can stop at once."""
        self._closed = True
        self._send(b"")

    async def _poll(self) -> None:
        last_event = b""
        try:
            while self._queues:
                await asyncio.sleep(self._seconds)
                try:
                    event = _event(await self.snapshot())
                except Exception:
                    # The store may be locked or away for a moment: watchers keep the last snapshot.
                    logger.exception("The live page's snapshot could not be read")
                    continue
                if event != last_event:
                    last_event = event
                    self._send(event)
        finally:
            self._poller = None

    def _send(self, event: bytes) -> None:
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)


def _event(snapshot: Snapshot) -> bytes:
    document = json.dumps(snapshot.to_json(), separators=(",", ":"))
    return f"event: snapshot\ndata: {document}\n\n".encode()
