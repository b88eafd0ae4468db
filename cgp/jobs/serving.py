"""The worker's side of jobs: takes jobs, as many as its slots, and answers in frames."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cgp.jobs.connection import settle
from cgp.jobs.errors import JobFailedError
from cgp.jobs.frames import Frame, FrameKind
from cgp.jobs.offers import Job, Offer, Presence
from cgp.jobs.timing import Timing
from cgp.jobs.users import BEATS, CENSUS, ask_subject, here_subject, tell_subject

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

logger = logging.getLogger(__name__)

Handler = Callable[[Job], AsyncIterator[Mapping[str, Any]]]
"""Does a job: yields the parts of its answer. It raises ``JobFailedError`` where it cannot, and is
closed where the job is cancelled."""


@dataclass(slots=True)
class _Running:
    """A job at work: the subject for its frames, their count, and times on the clock."""

    reply: str
    kept_at: float
    told_at: float
    number: int = 0
    task: asyncio.Task[None] | None = field(default=None)


class Service:
    """A worker at its post. ``drain`` finishes jobs and takes no more; ``close`` stops all."""

    def __init__(
        self,
        connection: Client,
        *,
        public_key: str,
        owner: str,
        offer: Offer,
        handler: Handler,
        timing: Timing,
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._worker = public_key
        self._owner = owner
        self._offer = offer
        self._handler = handler
        self._timing = timing
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._beating: asyncio.Task[None] | None = None

    @property
    def busy(self) -> int:
        """Number of jobs at work."""
        return len(self._running)

    async def start(self) -> None:
        """Take jobs from now on."""
        await self._connection.subscribe(tell_subject(self._worker), cb=self._hear)
        await self._connection.subscribe(ask_subject(self._worker), cb=self._take)
        await self._connection.subscribe(CENSUS, cb=self._answer_census)
        self._beating = asyncio.create_task(self._beat())
        await self.tell()
        # Back only when the server has it all: whoever hears of this worker can ask it.
        await settle(self._connection)

    def change(self, offer: Offer) -> None:
        """Offer something else from the next state on."""
        self._offer = offer

    async def tell(self) -> None:
        """Tell all gateways the state of this worker."""
        from nats.errors import Error

        state = Presence(self._worker, self._owner, self._offer, self.busy, self._draining)
        with contextlib.suppress(Error):
            await self._connection.publish(self._here, state.encode())

    async def drain(self) -> None:
        """Take no more jobs, and wait until those at work are finished."""
        self._draining = True
        await self.tell()
        await self._idle.wait()

    async def close(self) -> None:
        """Say farewell and stop everything."""
        from nats.errors import Error

        self._draining = True
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([self._beating])
        if tasks := [job.task for job in self._running.values() if job.task is not None]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        with contextlib.suppress(Error):
            await self._connection.publish(self._here, b"")
            await settle(self._connection, 2)

    @property
    def _here(self) -> str:
        return here_subject(self._owner, self._worker)

    async def _take(self, message: Msg) -> None:
        try:
            job = Job.decode(message.data)
        except ValueError as error:
            logger.warning("a job that cannot be read: %s", error)
            fault = {"status": 400, "message": "the worker cannot read this job"}
            await self._publish(message.reply, Frame(0, FrameKind.ERROR, fault))
            return
        if self._draining or self.busy >= self._offer.slots or job.id in self._running:
            await self._publish(message.reply, Frame(0, FrameKind.BUSY))
            return
        now = self._clock()
        running = self._running[job.id] = _Running(message.reply, now, now)
        self._idle.clear()
        await self._send(running, FrameKind.BEAT)
        running.task = asyncio.create_task(self._work(job, running))

    async def _work(self, job: Job, running: _Running) -> None:
        parts = self._handler(job)
        try:
            async for part in parts:
                await self._send(running, FrameKind.DATA, part)
            await self._send(running, FrameKind.END)
        except JobFailedError as error:
            await self._send(running, FrameKind.ERROR, error.content)
        except Exception:
            logger.exception("a job failed by a fault of this worker")
            fault = {"status": 500, "message": "the worker failed"}
            await self._send(running, FrameKind.ERROR, fault)
        finally:
            del self._running[job.id]
            if not self._running:
                self._idle.set()
            # Closed here, not by the garbage collector, so that the backend hears of it at once.
            if (close := getattr(parts, "aclose", None)) is not None:
                await close()

    async def _hear(self, message: Msg) -> None:
        """Take a gateway's word on its jobs."""
        try:
            document = json.loads(message.data)
            cancels, keeps = document.get("cancel", []), document.get("keep", [])
        except (ValueError, AttributeError):
            return
        for identifier in keeps:
            if (job := self._running.get(identifier)) is not None:
                job.kept_at = self._clock()
        for identifier in cancels:
            if (job := self._running.get(identifier)) is not None and job.task is not None:
                job.task.cancel()

    async def _answer_census(self, _message: Msg) -> None:
        await self.tell()

    async def _beat(self) -> None:
        """Tell signs of life: of each quiet job, and of the worker; stop jobs without a gateway."""
        told_at = self._clock()
        while True:
            await asyncio.sleep(self._timing.beat / 2)
            now = self._clock()
            quiet: dict[str, list[str]] = {}
            for identifier, job in self._running.items():
                if now - job.kept_at > self._timing.orphan and job.task is not None:
                    job.task.cancel()
                elif now - job.told_at >= self._timing.beat / 2:
                    job.told_at = now
                    quiet.setdefault(job.reply.rpartition(".")[0], []).append(identifier)
            # One message for all quiet jobs of a gateway: a thousand idle streams cost no more.
            for gateway, identifiers in quiet.items():
                await self._publish_raw(f"{gateway}.{BEATS}", json.dumps(identifiers).encode())
            if now - told_at >= self._timing.here - self._timing.beat / 2:
                told_at = now
                await self.tell()

    async def _send(
        self, job: _Running, kind: FrameKind, content: Mapping[str, Any] | None = None
    ) -> None:
        # The number is taken and the frame handed over without a pause between: frames of one job
        # keep their order though two tasks send them.
        frame = Frame(job.number, kind, content or {})
        job.number += 1
        job.told_at = self._clock()
        await self._publish(job.reply, frame)

    async def _publish(self, reply: str, frame: Frame) -> None:
        data = frame.encode()
        if len(data) > self._connection.max_payload:
            fault = {"status": 502, "message": "a part of the answer is too large"}
            data = replace(frame, kind=FrameKind.ERROR, content=fault).encode()
        await self._publish_raw(reply, data)

    async def _publish_raw(self, subject: str, data: bytes) -> None:
        from nats.errors import Error

        # Without a connection the gateway gives the job up; there is nobody to tell.
        with contextlib.suppress(Error):
            await self._connection.publish(subject, data)
