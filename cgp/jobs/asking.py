"""The gateway's side of jobs: asked workers, the frames they answer, and the workers there are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cgp.jobs.connection import settle
from cgp.jobs.errors import ConnectionLostError, JobsError, WorkerLostError
from cgp.jobs.frames import LAST, Frame, FrameKind
from cgp.jobs.offers import Job, Presence
from cgp.jobs.timing import Timing
from cgp.jobs.users import BEATS, CENSUS, ask_subject, frame_subject, tell_subject

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

logger = logging.getLogger(__name__)

# Status with which the server says that nobody listens at the subject.
_NO_RESPONDERS = "503"
_CONNECTION_POLL_SECONDS = 0.05
_BUSY_LEASES = 4


@dataclass(slots=True)
class _Answer:
    """Frames of one job that came and were not read yet; None where no worker listens.

    ``heard_at`` is the time on the clock of the last sign of life.
    """

    worker: str
    heard_at: float
    frames: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)


@dataclass(slots=True)
class _Sighting:
    presence: Presence
    at: float


class Asking:
    """Sends jobs to workers and hands out their frames; follows which workers are there."""

    def __init__(
        self, connection: Client, public_key: str, timing: Timing, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._gateway = public_key
        self._timing = timing
        self._clock = clock
        self._answers: dict[str, _Answer] = {}
        self._sightings: dict[str, _Sighting] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._incoming: Subscription | None = None
        # Time in which this process listened: while it is busy, states of workers wait unread, and
        # no worker is absent for that.
        self._awake_seconds = 0.0
        self.on_change: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Listen for frames and for states of workers, and ask all workers for theirs."""
        all_frames = frame_subject("*", self._gateway, "*")
        self._incoming = await self._connection.subscribe(all_frames, cb=self._take_frame)
        await self._connection.subscribe("jobs.here.*.*", cb=self._take_state)
        self._keeping = asyncio.create_task(self._keep())
        await self.ask_census()
        await settle(self._connection)

    async def ask_census(self) -> None:
        """Ask all workers to tell their state now."""
        await self._connection.publish(CENSUS, b"")

    def workers(self) -> Mapping[str, Presence]:
        """Return the workers that told their state lately, by id."""
        oldest = self._awake_seconds - self._timing.absent
        return {
            worker: sighting.presence
            for worker, sighting in self._sightings.items()
            if sighting.at >= oldest
        }

    async def submit(
        self, worker: str, job: Job, seconds: float = math.inf
    ) -> AsyncGenerator[Frame]:
        """Yield the frames of a job that ``worker`` is asked for, but for its signs of life.

        Closing the generator before its last frame cancels the job, and so does its end after
        ``seconds``.

        Raises:
            WorkerLostError: if the worker is not there, falls silent, or loses a frame.
            ConnectionLostError: if the same comes of this side's connection that broke meanwhile.
            JobsError: if the job cannot be sent.
        """
        await self._until_connected()
        answer = self._answers[job.id] = _Answer(worker, self._clock())
        over = False
        breaks = self._connection.stats["reconnects"]
        try:
            await self._send(worker, job)
            async with aclosing(self._numbered(answer, seconds)) as frames:
                async for frame in frames:
                    over = frame.kind in LAST
                    if frame.kind is not FrameKind.BEAT:
                        yield frame
        except WorkerLostError as error:
            is_broken = not self._connection.is_connected
            if is_broken or self._connection.stats["reconnects"] != breaks:
                message = f"the connection to the NATS server broke: {error}"
                raise ConnectionLostError(message) from None
            raise
        finally:
            del self._answers[job.id]
            if not over:
                await self._tell(worker, {"cancel": [job.id]})

    async def _numbered(self, answer: _Answer, seconds: float) -> AsyncGenerator[Frame]:
        """Yield all frames of an answer, in order, to its last one.

        Raises:
            WorkerLostError: if a frame is missing, the worker is silent or not connected, or the
                answer takes longer than ``seconds``.
        """
        worker, number = answer.worker, 0
        latest = self._clock() + seconds
        while True:
            if self._clock() > latest:
                raise WorkerLostError(f"worker {worker} took longer than {seconds:g} s")
            frame = await self._next(answer, latest)
            if frame is None:
                raise WorkerLostError(f"worker {worker} is not connected")
            if frame.number != number:
                raise WorkerLostError(f"worker {worker}: frame {number} was lost")
            number += 1
            yield frame
            if frame.kind in LAST:
                return

    async def _until_connected(self) -> None:
        """Wait until the connection is there: one to another server of a cluster comes at once.

        Raises:
            JobsError: if there is none within a lease, or it is closed for good.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.lease):
                while not (self._connection.is_connected or self._connection.is_closed):  # noqa: ASYNC110 - the library tells no event
                    await asyncio.sleep(_CONNECTION_POLL_SECONDS)
        if not self._connection.is_connected:
            raise JobsError("there is no connection to the NATS server")

    async def close(self) -> None:
        """Stop telling workers about jobs."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])

    async def _send(self, worker: str, job: Job) -> None:
        from nats.errors import Error

        reply = frame_subject(worker, self._gateway, job.id)
        try:
            await self._connection.publish(ask_subject(worker), job.encode(), reply=reply)
        except Error as error:
            raise JobsError(f"a job for {worker} cannot be sent: {error}") from None

    async def _next(self, answer: _Answer, latest: float) -> Frame | None:
        """Return the next frame.

        A sign of life of the worker prolongs the wait, but not beyond ``latest``. So does time in
        which this process was too busy to listen, up to a bound.

        Raises:
            WorkerLostError: if the worker is silent for a lease, or ``latest`` is past.
        """
        if not answer.frames.empty():
            return answer.frames.get_nowait()
        # A gateway that is busy all the time must still notice a worker that is gone.
        allowance = _BUSY_LEASES * self._timing.lease
        while True:
            until = min(answer.heard_at + self._timing.lease, latest)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, until - self._clock())):
                    return await answer.frames.get()
            # Time in which this process was too busy to listen does not count as the worker's
            # silence.
            lateness = self._clock() - until
            is_busy = self._is_behind or lateness > self._timing.grace
            if is_busy and allowance > 0:
                more = max(lateness, self._timing.grace)
                answer.heard_at += more
                allowance -= more
            if not self._is_over(answer, latest):
                continue
            # The last chance: a frame may have arrived that this process has not read yet.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.grace):
                    return await answer.frames.get()
            if self._is_over(answer, latest):
                raise WorkerLostError(
                    f"worker {answer.worker} was silent for {self._timing.lease:g} s, or never ends"
                )

    def _is_over(self, answer: _Answer, latest: float) -> bool:
        """Tell if a worker was silent for too long, or its job lasts too long."""
        now = self._clock()
        return answer.heard_at + self._timing.lease <= now or latest <= now

    @property
    def _is_behind(self) -> bool:
        """True while frames that came wait to be taken."""
        return self._incoming is not None and self._incoming.pending_msgs > 0

    async def _tell(self, worker: str, message: Mapping[str, object]) -> None:
        from nats.errors import Error

        # Without a connection the worker notices by itself that nobody wants the job.
        if self._connection.is_connected:
            with contextlib.suppress(Error):
                await self._connection.publish(tell_subject(worker), json.dumps(message).encode())

    async def _keep(self) -> None:
        before = self._clock()
        while True:
            await asyncio.sleep(self._timing.keep)
            now = self._clock()
            self._awake_seconds += min(now - before, 1.5 * self._timing.keep)
            before = now
            jobs: dict[str, list[str]] = {}
            for identifier, answer in self._answers.items():
                jobs.setdefault(answer.worker, []).append(identifier)
            for worker, identifiers in jobs.items():
                await self._tell(worker, {"keep": identifiers})

    async def _take_frame(self, message: Msg) -> None:
        _, _, worker, _, job = message.subject.split(".")
        if job == BEATS:
            self._take_beats(worker, message.data)
            return
        answer = self._answers.get(job)
        # A worker can write under its own name alone; a job of another worker is none of its own.
        if answer is None or answer.worker != worker:
            return
        answer.heard_at = self._clock()
        if message.headers and message.headers.get("Status") == _NO_RESPONDERS:
            answer.frames.put_nowait(None)
            return
        try:
            answer.frames.put_nowait(Frame.decode(message.data))
        except ValueError as error:
            # A number that no frame has: the job ends as one that lost a frame.
            logger.warning("worker %s: %s", answer.worker, error)
            answer.frames.put_nowait(Frame(-1, FrameKind.ERROR))

    def _take_beats(self, worker: str, data: bytes) -> None:
        """Note that jobs are still at work; ids of jobs of other workers count nothing."""
        try:
            identifiers = json.loads(data)
        except (ValueError, RecursionError):
            return
        for identifier in identifiers if isinstance(identifiers, list) else ():
            answer = self._answers.get(identifier) if isinstance(identifier, str) else None
            if answer is not None and answer.worker == worker:
                answer.heard_at = self._clock()

    async def _take_state(self, message: Msg) -> None:
        _, _, owner, worker = message.subject.split(".")
        if not message.data:
            # An empty state is a worker's farewell.
            if self._sightings.pop(worker, None) is not None:
                self.on_change()
            return
        try:
            presence = Presence.decode(worker, owner, message.data)
        except ValueError as error:
            logger.warning("worker %s: %s", worker, error)
            return
        before = self._sightings.get(worker)
        self._sightings[worker] = _Sighting(presence, self._awake_seconds)
        if before is None or before.presence != presence:
            self.on_change()
