"""Asking miners: one signed request to each; the reply is that miner's own affair.

Every way in which an answer can go wrong (silence, refusal, size, form, signature, another task)
becomes a ``NoAnswer`` for the miner that sent it. Nothing that a miner does raises here, slows the
others, or makes the validator hold more than ``MAX_ANSWER_BYTES`` of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from bittensor.signing import Signer
from yarl import URL

from cgp.bounded_bodies import body_within
from cgp.config import ValidatorSettings
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.errors import CgpError
from cgp.no_answer_kind import NoAnswerKind
from cgp.protocol import (
    MAX_ANSWER_BYTES,
    TASK_PATH,
    AnswerError,
    ProtocolError,
    TaskRequest,
    encode_task,
    parse_answer,
)
from cgp.scoring.task import Answer, NoAnswer
from cgp.signing import RateLimit, sign_request, verify_answer
from validator.pulse import Pulse
from validator.replies import Failure, Reply, failure_of_refusal
from validator.resting import Asking, Resting
from validator.selection import MinerCandidate

logger = logging.getLogger(__name__)

# A connection that was reset succeeds at the next try; a longer pause would use the deadline up.
RETRY_PAUSE_SECONDS: Final = 0.2
_REFUSAL_BYTES: Final = 300
# Reading an answer of this size takes the event loop longer than a change to a thread does.
_BIG_BYTES: Final = 64 * 1024
# Failures that say nothing of the miner's answer: a process that stood still looks the same from
# here.
_SILENCE: Final = frozenset({Failure.SILENT, Failure.UNREACHABLE})
_PERHAPS_STALLED: Final = _SILENCE | {Failure.STALE}
STEP_SECONDS: Final = 1.0
"""Change of the clock, against the one that only runs, that counts as having been set: slewing is
slower.
"""
# A machine that stalls again and again does not ask one miner for ever.
_STALLED_TRIES: Final = 3
# Time for an answer below which a busy miner is not asked again.
_LEAST_TIME_SECONDS: Final = 0.5


class WindowUnsendableError(
    CgpError,
    ValueError,
    code="validator.window_unsendable",
    remedy="split the longest turn of the conversation",
):
    """A window that the protocol cannot carry (one turn may be longer than a request)."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One miner's task as it goes over the wire."""

    miner: MinerCandidate
    id: str
    body: bytes


class Fanout:
    """Asks miners over HTTP. An async context manager.

    At most ``requests_per_miner`` requests go to one miner at once, and ``requests_per_minute``;
    each has ``deadline_seconds``. A miner that is busy and says for how long (Retry-After) is
    asked again then, within the same deadline. ``pulse`` says whether this process stood still
    meanwhile; ``clock`` gives the time of day in nanoseconds since the epoch, with which requests
    are signed.
    """

    def __init__(
        self,
        signer: Signer,
        embedder: Embedder,
        settings: ValidatorSettings,
        *,
        pulse: Pulse | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._signer = signer
        self._embedder = embedder
        self._settings = settings
        self._secret = secrets.token_hex(16)
        self._pulse = pulse or Pulse()
        self._clock = clock
        self._resting = Resting()
        self._taken_offset: float | None = None
        self._pace = RateLimit(settings.requests_per_minute)
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(settings.requests_per_miner)
        )
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # No cookies, no proxy, no redirects, no decompression: what a miner's bytes can set off is
        # what is written below. The limits per miner are ours, so the pool has none.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self, miners: Sequence[MinerCandidate], window: Conversation, salt: str, max_tags: int
    ) -> tuple[Reply, ...]:
        """Ask all miners at once about a window; return one reply each, in order.

        Each gets a task id of its own, made from ``salt`` and a secret of this process: no miner
        can tell from it whether a conversation with a published seal is behind the task.

        Raises:
            WindowUnsendableError: if no miner could read such a window.
        """
        tasks = [self._task(miner, window, salt, max_tags) for miner in miners]
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(self._ask_one(task)) for task in tasks]
        return tuple(task_of_miner.result() for task_of_miner in asking)

    def _task(self, miner: MinerCandidate, window: Conversation, salt: str, max_tags: int) -> _Task:
        request = TaskRequest(
            task_id=hashlib.sha256(f"{self._secret}/{salt}/{miner.hotkey}".encode()).hexdigest()[
                :32
            ],
            window=window,
            max_tags=max_tags,
            embedder=self._embedder.id,
            deadline_seconds=self._settings.deadline_seconds,
        )
        try:
            return _Task(miner, request.task_id, encode_task(request))
        except ProtocolError as error:
            raise WindowUnsendableError(str(error)) from error

    def rests(self, hotkey: str) -> bool:
        """Tell if a miner would not be asked now, because it was silent too often."""
        return self._resting.rests(hotkey)

    def forgive(self, replies: Iterable[Reply]) -> None:
        """Forget that these miners did not answer: it was not a fault of theirs."""
        self._resting.forgive(reply.miner.hotkey for reply in replies)

    async def _ask_one(self, task: _Task) -> Reply:
        miner = task.miner
        # The slot comes before the look at rest: a miner that failed meanwhile is not asked by
        # those that wait.
        async with self._slots[miner.hotkey]:
            asking = self._resting.asking(miner.hotkey)
            if asking is Asking.REST:
                rest = self._resting.seconds_left(miner.hotkey)
                detail = f"not asked: silent too often, asked again in {rest:.0f} s"
                return Reply(miner, NoAnswer(NoAnswerKind.UNREACHABLE, detail), Failure.RESTING)
            await self._keep_pace(miner.hotkey)
            began = time.monotonic()
            try:
                reply = await self._unless_stalled(task)
            except Exception as error:
                # One miner's bytes must not stop the others, whatever they provoke.
                logger.warning("miner %s: unexpected failure", miner.uid, exc_info=True)
                answer = NoAnswer(NoAnswerKind.MALFORMED, f"{type(error).__name__}: {error}")
                reply = Reply(miner, answer, Failure.GARBLED)
            seconds = time.monotonic() - began
        self._remember(reply, asking)
        return replace(reply, seconds=seconds, task_id=task.id)

    async def _keep_pace(self, hotkey: str) -> None:
        """Wait for this miner's place in time, so that no miner refuses us for asking too often."""
        await asyncio.sleep(self._pace.wait(hotkey))
        self._pace.count(hotkey)

    def _remember(self, reply: Reply, asking: Asking) -> None:
        if reply.failure in _SILENCE:
            self._resting.note_failure(reply.miner.hotkey, asking)
        elif reply.failure is Failure.BUSY and reply.retry_after is not None:
            self._resting.asked_to_wait(reply.miner.hotkey, reply.retry_after)
        else:
            self._resting.note_answer(reply.miner.hotkey)

    async def _unless_stalled(self, task: _Task) -> Reply:
        """Ask; again where this process, not the miner, let the time pass."""
        for _ in range(_STALLED_TRIES - 1):
            began = time.monotonic()
            reply = await self._with_deadline(task)
            if reply.failure not in _PERHAPS_STALLED or not self._pulse.stalled_since(began):
                return reply
        return await self._with_deadline(task)

    async def _with_deadline(self, task: _Task) -> Reply:
        deadline = self._settings.deadline_seconds
        until = time.monotonic() + deadline
        try:
            async with asyncio.timeout(deadline):
                while True:
                    reply = await self._with_retries(task)
                    wait = reply.retry_after
                    # A miner that asks for more time than is left is busy for this window: waiting
                    # would only lose it.
                    remaining = until - time.monotonic() - _LEAST_TIME_SECONDS
                    if reply.failure is not Failure.BUSY or wait is None or wait > remaining:
                        return reply
                    await asyncio.sleep(wait)
        except TimeoutError:
            answer = NoAnswer(NoAnswerKind.TIMEOUT, f"no whole answer within {deadline:g} s")
            return Reply(task.miner, answer, Failure.SILENT)

    async def _with_retries(self, task: _Task) -> Reply:
        """Ask; again only where the connection failed before the miner said anything."""
        for remaining in range(self._settings.retries, -1, -1):
            try:
                return await self._exchange(task)
            except (aiohttp.ClientConnectionError, ConnectionError) as error:
                if not remaining:
                    answer = NoAnswer(NoAnswerKind.UNREACHABLE, _describe(error))
                    return Reply(task.miner, answer, Failure.UNREACHABLE)
                await asyncio.sleep(RETRY_PAUSE_SECONDS)
            except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
                answer = NoAnswer(NoAnswerKind.MALFORMED, _describe(error))
                return Reply(task.miner, answer, Failure.GARBLED)
        raise AssertionError("unreachable: the loop returns")

    async def _exchange(self, task: _Task) -> Reply:
        """Send one signed request and judge the reply."""
        assert self._session is not None, "enter the fan-out first"
        miner = task.miner
        url = URL(f"http://{miner.axon}").with_path(TASK_PATH)
        now = self._clock()
        offset = now / 1e9 - time.monotonic()
        request_headers = sign_request(
            self._signer,
            method="POST",
            path=url.raw_path_qs,
            body=task.body,
            receiver=miner.hotkey,
            now_ns=now,
        )
        headers = {**request_headers, "Content-Type": "application/json"}
        try:
            async with self._session.post(
                url, data=task.body, headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    return self._unless_stepped(await _refusal(miner, response), offset)
                body = await _read(response)
            reply = await self._judge(task, request_headers, body, response.headers)
        except AnswerError as error:
            return Reply(miner, NoAnswer(error.kind, error.detail), Failure.GARBLED)
        self._taken_offset = offset
        return reply

    def _unless_stepped(self, reply: Reply, offset: float) -> Reply:
        """Tell a refusal for the time that our own clock caused, since it was set, from other
        refusals.

        ``offset`` is how far the clock was ahead of the one that only runs when the request was
        signed.
        """
        last_offset = self._taken_offset
        if reply.failure is not Failure.STALE or last_offset is None:
            return reply
        has_stepped = abs(offset - last_offset) > STEP_SECONDS
        return replace(reply, failure=Failure.CLOCK_STEPPED) if has_stepped else reply

    async def _judge(
        self,
        task: _Task,
        request_headers: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Reply:
        """Check the signature first, then read: only words that this miner signed are stored as
        its own.

        Raises:
            AnswerError: where the answer is not signed by the miner.
        """
        # Nothing of a body is parsed before its signature is verified.
        verify_answer(headers, body, request_headers=request_headers, request_body=task.body)
        try:
            answer: Answer | NoAnswer = await self._parse(body, task.id)
        except AnswerError as error:
            answer = NoAnswer(error.kind, error.detail)
        return Reply(
            task.miner,
            answer,
            evidence=_evidence(request_headers, task.body, headers),
            body_hash=hashlib.sha256(body).hexdigest(),
        )

    async def _parse(self, body: bytes, task_id: str) -> Answer:
        if len(body) > _BIG_BYTES:
            return await asyncio.to_thread(
                parse_answer, body, task_id=task_id, embedder=self._embedder
            )
        return parse_answer(body, task_id=task_id, embedder=self._embedder)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read a body up to the limit, for any announced length.

    Raises:
        AnswerError: ``too_large``, as soon as that is known.
    """
    body = await body_within(response, MAX_ANSWER_BYTES)
    if body is None:
        raise AnswerError(NoAnswerKind.TOO_LARGE, f"more than {MAX_ANSWER_BYTES} bytes")
    return body


async def _refusal(miner: MinerCandidate, response: aiohttp.ClientResponse) -> Reply:
    """Return a refusal with the start of its reason, and how long the miner asks to
    be left alone.
    """
    reason = (await response.content.read(_REFUSAL_BYTES)).decode("utf-8", "replace")
    return Reply(
        miner,
        NoAnswer(NoAnswerKind.REFUSED, f"HTTP {response.status}: {reason}"),
        failure_of_refusal(response.status, reason),
        retry_after=_seconds(response.headers.get("Retry-After", "")),
    )


def _seconds(text: str) -> float | None:
    """Read a Retry-After header in seconds; None for anything else (a date is not for machines)."""
    # At most five digits: ``isdecimal`` alone lets other scripts' digits and endless numbers in.
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _evidence(
    request_headers: Mapping[str, str], body: bytes, answer_headers: Mapping[str, str]
) -> dict[str, str]:
    """Return the evidence that, with the answer's hash, proves the answer's signature to a third
    party.
    """
    ours = {
        name: value for name, value in request_headers.items() if name.startswith("X-Bittensor-")
    }
    theirs = {
        # The miner chooses these values, and they are stored with every answer.
        name: value[:200]
        for name, value in answer_headers.items()
        if name.lower().startswith("x-cgp-answer-")
    }
    return {**ours, **theirs, "request_sha256": hashlib.sha256(body).hexdigest()}


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
