"""Direct mode, the miner's side: chat at a miner's own address, for requests that a hotkey signed.

Nothing is paid for it and no score hears of it. A miner offers it with ``--miner.chat own`` (to
hotkeys of its own coldkey) or ``--miner.chat registered`` (to every hotkey of the subnet).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cgp.chain.metagraph import Metagraph
from cgp.chat.backends.backend import Backend
from cgp.chat.errors import AwayError, ChatError
from cgp.chat.faults import fault_of
from cgp.chat.replies import JsonReply, error_reply, reply
from cgp.chat.requests import MAX_BODY_BYTES, ChatQuestion, read_chat
from cgp.chat.shaping import chunk, completion
from cgp.jobs import Job, JobKind
from cgp.jobs.errors import JobFailedError
from cgp.signing import RateLimit, Refusal, RequestGate, SharedNonces

CHAT_PATH: Final = "/v1/chat/completions"
MODELS_PATH: Final = "/v1/models"
REQUESTS_PER_MINUTE: Final = 60
"""Most questions of one hotkey a minute."""


@dataclass(frozen=True, slots=True)
class DirectPlan:
    """A miner's offer: its ``hotkey``, jobs at once, most tokens of an answer.

    ``for_own`` is True where only hotkeys of the miner's own coldkey may ask.
    """

    hotkey: str
    for_own: bool
    slots: int
    max_tokens: int


class DirectChat:
    """Answers signed questions from a backend. ``metagraph`` gives the subnet as last read."""

    def __init__(
        self,
        plan: DirectPlan,
        backend: Backend,
        metagraph: Callable[[], Metagraph | None],
        nonces: SharedNonces,
    ) -> None:
        self._plan = plan
        self._backend = backend
        self._busy = 0
        self._gate = RequestGate(
            hotkey=plan.hotkey,
            permit=lambda hotkey: require_chatter(plan, metagraph(), hotkey),
            max_bytes=MAX_BODY_BYTES,
            rates=RateLimit(REQUESTS_PER_MINUTE),
            shared=nonces,
            room=self._require_slot,
        )

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes for a miner's application."""
        return (
            Route(CHAT_PATH, self._answering(self._chat), methods=["POST"]),
            Route(MODELS_PATH, self._answering(self._models)),
        )

    @staticmethod
    def _answering(work: Callable[[Request], Any]) -> Callable[[Request], Any]:
        """Return a route's function whose errors have the form of OpenAI's."""

        async def answer(request: Request) -> Response:
            try:
                response: Response = await work(request)
            except (ChatError, Refusal) as error:
                return await error_reply(request, error)
            return response

        return answer

    async def _models(self, _request: Request) -> Response:
        """List the models, and which hotkeys may ask: this tells clients that the miner chats."""
        try:
            names = (await self._backend.models()).get(JobKind.CHAT, ())
        except AwayError as error:
            raise ChatError(503, "backend_away", "the backend is away", retry_after=5) from error
        entries = [{"id": name, "object": "model", "owned_by": self._plan.hotkey} for name in names]
        callers = "own" if self._plan.for_own else "registered"
        return JsonReply({"object": "list", "data": entries, "chat": callers})

    async def _chat(self, request: Request) -> Response:
        signed = await self._gate.admit(request)
        question = read_chat(signed.body, max_tokens=self._plan.max_tokens)
        if question.memory or question.panel is not None or question.participant:
            message = "cgp: memory, panel and as are a gateway's; a miner has none"
            raise ChatError(400, "invalid_value", message, parameter="cgp")
        worker = {"X-CGP-Worker": self._plan.hotkey}
        return await reply(request, question.stream, lambda: worker, self._parts(question))

    async def _parts(self, question: ChatQuestion) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the backend's parts in the shape that clients get, in a slot that is given back."""
        # Again: others may have come while the body was read.
        self._require_slot()
        self._busy += 1
        identifier = f"chatcmpl-{secrets.token_hex(12)}"
        shape = chunk if question.stream else completion
        job = Job(JobKind.CHAT, question.body)
        try:
            async with aclosing(self._backend.answer(job)) as parts:
                async for part in parts:
                    document = shape(part, identifier, self._plan.hotkey)
                    if question.stream and not question.wants_usage:
                        document.pop("usage", None)
                        if not document["choices"]:
                            continue
                    yield document
        except JobFailedError as error:
            raise fault_of(error) from None
        finally:
            self._busy -= 1

    def _require_slot(self) -> None:
        if self._busy >= self._plan.slots:
            raise Refusal(503, "Busy", "every place for a chat is taken", retry_after=2.0)


def require_chatter(plan: DirectPlan, metagraph: Metagraph | None, hotkey: str) -> None:
    """Return if a hotkey may chat with the miner of ``plan``.

    Raises:
        Refusal: 403 if it may not, 503 before the metagraph was read.
    """
    if metagraph is None:
        raise Refusal(503, "Starting", "the metagraph has not been read yet", retry_after=1.0)
    neuron, this_miner = metagraph.by_hotkey.get(hotkey), metagraph.by_hotkey.get(plan.hotkey)
    if neuron is None:
        raise Refusal(403, "NotRegistered", "this hotkey is not registered on the subnet")
    if plan.for_own and (this_miner is None or neuron.coldkey != this_miner.coldkey):
        raise Refusal(403, "NotOwn", "this miner chats with hotkeys of its own coldkey alone")
