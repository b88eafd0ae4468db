"""The gateway at work: everything that a request needs, apart from HTTP."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from cgp.chat import memory
from cgp.chat.access import LOCAL, Access, Caller, DailyTokens
from cgp.chat.dispatch import Dispatcher, Journey
from cgp.chat.enrolment import Enrolments
from cgp.chat.errors import ChatError
from cgp.chat.evidence import Evidence
from cgp.chat.keeping import ChatKeeper
from cgp.chat.panel import LEAST_MEMBERS, Panel
from cgp.chat.recall import Recall, Recollection
from cgp.chat.requests import ChatQuestion
from cgp.chat.shaping import (
    chunk,
    completion,
    is_last,
    text_of_chunk,
    text_of_completion,
    text_of_part,
)
from cgp.chat.spot_checks import SpotChecks
from cgp.chat_settings import GatewaySettings
from cgp.jobs import Audience, JobKind, Jobs
from cgp.retrieval import Level, OwnProfile, Passage, RetrievalError, Retriever
from cgp.signing import RequestGate
from cgp.store_errors import StoreError


@dataclass
class Desk:
    """State of a running gateway. ``nats_url`` is the address that workers dial."""

    settings: GatewaySettings
    jobs: Jobs
    dispatcher: Dispatcher
    access: Access
    enrolments: Enrolments
    gate: RequestGate
    tokens: DailyTokens
    nats_url: str
    retriever: Retriever | None = None
    profile_of: Callable[[str], OwnProfile] | None = None
    keeper: ChatKeeper | None = None
    spot_checks: SpotChecks | None = None
    began_at: float = field(default_factory=time.time)

    async def ask(
        self, caller: Caller, question: ChatQuestion, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of an answer as the client gets them.

        Raises:
            ChatError: see ``Dispatcher.answer``.
        """
        self.tokens.check(caller.key)
        profile = await self._profile(caller, question)
        asked = question
        if profile is not None:
            question = memory.with_profile(question, profile)
        words: list[str] = []
        async with aclosing(self._answer(caller, question, journey)) as parts:
            async for part in parts:
                words.append(text_of_part(part))
                # With the first part: the reader sees what was known before the answer.
                extra = {} if profile is None else {"profile": memory.profile_json(profile)}
                profile = None
                yield {**part, **extra}
        if caller.keeps and self.keeper is not None:
            await self.keeper.keep(caller, asked, "".join(words), question.model)

    async def _answer(
        self, caller: Caller, question: ChatQuestion, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of an answer, with citations where the question asks for memory."""
        recollection: Recollection | None = None
        if question.memory:
            recollection = await self._recall(caller, question)
            if recollection.passages:
                question = memory.with_passages(question, recollection.passages)
        identifier = f"chatcmpl-{secrets.token_hex(12)}"
        if question.panel is None:
            parts = self._parts(caller, question, journey)
        else:
            parts = Panel(self.dispatcher, self._parts).answer(caller, question, journey)
        async with aclosing(parts):
            if question.stream:
                async for part in self._chunks(parts, question, journey, identifier, recollection):
                    yield part
                return
            async for part in parts:
                whole = completion(part, identifier, journey.worker_name)
                if recollection is not None and "citations" not in whole:
                    whole["citations"] = memory.citations_of(
                        question, text_of_completion(part), recollection
                    )
                yield whole

    def has_panel(self, caller: Caller) -> bool:
        """Tell if a panel of this caller's own or shared workers could be asked now."""
        offers = self.dispatcher.roster.offers(caller.owner, Audience.SHARED, JobKind.CHAT)
        return len(offers) >= LEAST_MEMBERS

    async def embed(
        self, caller: Caller, question: ChatQuestion, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the one part of an answer with embeddings."""
        self.tokens.check(caller.key)
        async with aclosing(self._parts(caller, question, journey)) as parts:
            async for part in parts:
                yield part

    async def _parts(
        self, caller: Caller, question: ChatQuestion, journey: Journey
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield a worker's parts, and count the tokens that they tell, or else the parts."""
        count = 0
        evidence = Evidence.of(question.body)
        answer = self.dispatcher.answer(caller.key, caller.owner, question, journey)
        try:
            async with aclosing(answer):
                async for part in answer:
                    count += 1
                    evidence.add(part)
                    if evidence.usage is not None:
                        claim = evidence.usage["completion_tokens"]
                        journey.tokens = min(claim, evidence.most_completion_tokens)
                    yield part
            if self.spot_checks is not None:
                self.spot_checks.look_at(caller.owner, question, journey.worker, evidence)
        finally:
            claim = evidence.usage["prompt_tokens"] if evidence.usage is not None else 0
            prompt = min(claim, evidence.most_prompt_tokens)
            self.tokens.count(caller.key, prompt + max(journey.tokens, count))

    async def _chunks(
        self,
        parts: AsyncGenerator[Mapping[str, Any]],
        question: ChatQuestion,
        journey: Journey,
        identifier: str,
        recollection: Recollection | None,
    ) -> AsyncGenerator[Mapping[str, Any]]:
        words: list[str] = []
        async for part in parts:
            document = chunk(part, identifier, journey.worker_name)
            if not question.wants_usage:
                document.pop("usage", None)
                # The chunk that holds usage alone has no choices; OpenAI sends it on demand only.
                if not document["choices"]:
                    continue
            if recollection is not None and "citations" not in document:
                words.append(text_of_chunk(document))
                if is_last(document):
                    answer = "".join(words)
                    document["citations"] = memory.citations_of(question, answer, recollection)
            yield document

    async def _profile(self, caller: Caller, question: ChatQuestion) -> OwnProfile | None:
        """Return the profile of the participant who asks, None where none is asked for.

        Raises:
            ChatError: 403 for a key's holder, 404 where the store has no such profile.
        """
        if not question.participant:
            return None
        # A name is not proof: only the owner of the store, who sits here, may say who asks.
        if caller.owner != LOCAL or self.profile_of is None:
            message = "cgp.as: profiles are read at the machine of the store alone, without keys"
            raise ChatError(403, "not_here", message, parameter="cgp.as")
        try:
            return await asyncio.to_thread(self.profile_of, question.participant)
        except RetrievalError as error:
            raise ChatError(404, "no_profile", f"cgp.as: {error}", parameter="cgp.as") from None
        except StoreError as error:
            raise ChatError(503, "store_away", f"cgp.as: {error}", parameter="cgp.as") from None

    async def _recall(self, caller: Caller, question: ChatQuestion) -> Recollection:
        if self.retriever is None:
            raise ChatError(
                400, "no_memory", "cgp.memory: this gateway has no memory", parameter="cgp.memory"
            )
        try:
            recall = Recall(self.retriever, self.dispatcher)
            return await recall.passages(caller, question, levels_of(caller))
        except RetrievalError as error:
            raise ChatError(503, "memory_away", f"cgp.memory: {error}") from None

    async def turns_around(self, caller: Caller, conversation: str, turn: int) -> Passage:
        """Return a turn of the memory with its neighbours.

        Raises:
            ChatError: 404 where this caller can read no such turn, 503 where the memory is away.
        """
        if self.retriever is None:
            raise ChatError(404, "not_found", "this gateway has no memory")
        try:
            passage = await asyncio.to_thread(
                self.retriever.turns_around, conversation, turn, levels=levels_of(caller)
            )
        except RetrievalError as error:
            raise ChatError(503, "memory_away", str(error)) from None
        if passage is None:
            raise ChatError(404, "not_found", "the memory holds no such turn")
        return passage


def levels_of(caller: Caller) -> frozenset[Level]:
    """Return the levels of passages that a caller may read."""
    levels = frozenset({Level.PUBLIC, Level.GROUP})
    # Without keys the caller sits at this machine.
    return levels | {Level.PRIVATE} if caller.owner == LOCAL else levels
