"""The miner's HTTP endpoints: ``POST /task``, signed, and ``GET /healthz``, open."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bittensor.signing import Signer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cgp.annotators import AnnotationError
from cgp.chain.metagraph import Metagraph
from cgp.protocol import TASK_PATH, ProtocolError, TaskRequest, parse_task
from cgp.signing import Refusal, RequestGate, SharedNonces, SignedRequest, sign_answer
from cgp.telemetry import CONTENT_TYPE, NOT_INSTALLED, Health, Recorder
from miner.answering import Answering, Places, PreparedAnswer, QueueFullError
from miner.condition import Condition

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

RoutesOf = Callable[[Callable[[], Metagraph | None], SharedNonces], Sequence[BaseRoute]]
"""Makes further routes of a miner from a reader of its last metagraph and from its nonces."""


@dataclass
class TaskDesk:
    """Takes a request from the door to its answer.

    ``uid_of`` names callers in the log. ``answers``, ``cache_hits`` and ``refusals`` (by status)
    count since the start.
    """

    keypair: Signer
    gate: RequestGate
    answering: Answering
    embedder_id: str
    uid_of: Callable[[str], int | None]
    condition: Condition
    recorder: Recorder | None = None
    answers: int = 0
    cache_hits: int = 0
    refusals: Counter[int] = field(default_factory=Counter)

    async def take(self, request: Request) -> Response:
        """Return the signed answer.

        Raises:
            Refusal: with the status to answer.
        """
        arrival = time.perf_counter()
        signed_request = await self.gate.admit(request)
        self.condition.clock.fresh()
        task = self._read(signed_request)
        answer = await _unless_gone(request, self._answer(task))
        headers = sign_answer(
            self.keypair,
            body=answer.body,
            request_body=signed_request.body,
            nonce=signed_request.nonce,
            validator=signed_request.hotkey,
        )
        self._account(signed_request, task, answer, time.perf_counter() - arrival)
        return Response(answer.body, headers=headers, media_type="application/json")

    def refuse(self, refusal: Refusal) -> JSONResponse:
        """Return the response to the caller, and count it."""
        self.refusals[refusal.status] += 1
        level = logging.WARNING if refusal.status >= 500 else logging.DEBUG
        logger.log(level, "Refused: %s", refusal)
        return JSONResponse(
            {"error": refusal.error, "detail": refusal.detail},
            status_code=refusal.status,
            headers=refusal.headers,
        )

    def _read(self, signed_request: SignedRequest) -> TaskRequest:
        try:
            task = parse_task(signed_request.body)
        except ProtocolError as error:
            raise Refusal(422, "Malformed", str(error)) from None
        if task.embedder != self.embedder_id:
            raise Refusal(422, "Malformed", f"embedder: this miner has {self.embedder_id}")
        return task

    async def _answer(self, task: TaskRequest) -> PreparedAnswer:
        model = self.condition.model
        if wait := model.wait():
            raise Refusal(503, "AnnotationFailed", "the annotator has no result", retry_after=wait)
        try:
            async with asyncio.timeout(task.deadline_seconds) as deadline:
                answer = await self.answering.answer(task)
        except QueueFullError as error:
            raise _queue_full(error) from None
        except AnnotationError as error:
            model.note_failure(str(error))
            logger.warning("Task %s not annotated: %s", task.task_id, error)
            raise Refusal(503, "AnnotationFailed", "the annotator has no result") from error
        except Exception as error:
            if deadline.expired():
                raise Refusal(504, "DeadlinePassed", "the deadline passed first") from None
            # An annotator is anybody's code: its fault fails this task, not the miner.
            model.note_failure(f"{type(error).__name__}: {error}")
            logger.exception("Task %s failed", task.task_id)
            raise Refusal(503, "AnnotationFailed", "the annotator failed") from error
        # An answer from memory says nothing of the model, which was not asked.
        if not answer.from_cache:
            model.note_success()
        return answer

    def _account(
        self,
        signed_request: SignedRequest,
        task: TaskRequest,
        answer: PreparedAnswer,
        seconds: float,
    ) -> None:
        self.answers += 1
        self.cache_hits += answer.from_cache
        if self.recorder is not None:
            self.recorder.record(
                "task",
                seconds=round(seconds, 4),
                tags=answer.tags,
                turns=len(task.window.turns),
                caller=self.uid_of(signed_request.hotkey),
            )
        logger.info(
            "Answered task %s of uid %s (%s): %d turns, %d tags, %.1f ms%s",
            task.task_id,
            self.uid_of(signed_request.hotkey),
            signed_request.hotkey,
            len(task.window.turns),
            answer.tags,
            1000 * seconds,
            " (known window)" if answer.from_cache else "",
            extra={"request_id": task.task_id},
        )


def require_room(places: Places) -> None:
    """Return if a window would get a place.

    Raises:
        Refusal: 503 with the time to come again, if not.
    """
    try:
        places.require_room()
    except QueueFullError as error:
        raise _queue_full(error) from None


def _queue_full(error: QueueFullError) -> Refusal:
    return Refusal(503, "QueueFull", "too many windows wait here", retry_after=error.seconds)


def make_app(
    desk: TaskDesk,
    health: Callable[[], Health],
    metrics: Callable[[], str | None],
    more_routes: Sequence[BaseRoute] = (),
) -> Starlette:
    """Return the application; ``health`` gives the content of ``/healthz``.

    ``metrics`` gives the body of ``/metrics``, None where it is not to be had. There are three
    routes, and ``more_routes``, and nothing to validate but signed bytes, so Starlette serves them
    without FastAPI around it.
    """

    async def refuse(_: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, Refusal)
        return desk.refuse(refusal)

    async def take_task(request: Request) -> Response:
        return await desk.take(request)

    async def healthz(_: Request) -> Response:
        page = health()
        return JSONResponse(page.document(), status_code=page.status_code)

    async def show_metrics(_: Request) -> Response:
        text = metrics()
        if text is None:
            return Response(NOT_INSTALLED, status_code=501)
        return Response(text, media_type=CONTENT_TYPE)

    return Starlette(
        routes=[
            Route(TASK_PATH, take_task, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/metrics", show_metrics),
            *more_routes,
        ],
        exception_handlers={Refusal: refuse},
    )


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of ``work``, which is cancelled if the caller closes the connection."""
    working = asyncio.ensure_future(work)
    departure = asyncio.ensure_future(_disconnection(request))
    try:
        # The first to end decides: the answer, or the caller's departure, after which nobody waits
        # for it.
        await asyncio.wait((working, departure), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Refusal(499, "Disconnected", "the caller went away")
        return working.result()
    finally:
        for task in (working, departure):
            task.cancel()
        await asyncio.gather(working, departure, return_exceptions=True)


async def _disconnection(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
