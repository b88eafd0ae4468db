"""The annotator that asks a language model: cached, budgeted, repaired once, merged if long.

Every failure is handled within ``LLM_TIMEOUT_SECONDS`` of the request (not counting the wait for a
free place among ``LLM_CONCURRENCY`` requests, or for another process that is asking the same):

- no connection, a lost or stalled one, HTTP 408, 409, 425, 429, 5xx, a malformed or endless
  response: asked again after a wait, then ``BackendUnavailableError``; after repeated failures
  the server is left alone for a while (``CircuitOpenError`` at once);
- a conversation too long for the model's context: cut smaller, and merged; so are all later ones;
- a wrong key, model or parameter: ``BackendRefusedError``, not repeated;
- an answer that cannot be read: one request to repair it, then ``UnusableAnswerError``;
- a refusal: ``UnusableAnswerError``;
- a spent budget: ``BudgetExhaustedError``, before the call.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
import uuid
from collections.abc import Sequence

from cgp.annotators.annotator import AnnotationError
from cgp.annotators.answer import clean, read_answer
from cgp.annotators.cache import AnswerCache, CachedAnswer
from cgp.annotators.chat_model import ChatModel, Completion, output_limit
from cgp.annotators.costs import Budget, CostLedger, costs_file
from cgp.annotators.errors import ContextOverflowError, UnusableAnswerError
from cgp.annotators.long_conversations import Part, combine, length, split
from cgp.annotators.model_calls import ModelCalls
from cgp.annotators.presets import Backend, pace, resolve
from cgp.annotators.prompt import Question, annotation_question, prompt_hash
from cgp.annotators.report import Tally
from cgp.annotators.single_flight import SingleFlight
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.extras import how_to_install
from cgp.metadata import Metadata
from cgp.model_settings import LlmSettings

logger = logging.getLogger(__name__)

MAX_PARTS = 2000
# An unusable answer is remembered too, though not for long: the model may be replaced.
REMEMBER_FAILURE_SECONDS = 600.0
SMALLEST_PART = 400
"""Characters of text below which a part is not cut: a context too small for it is too small."""

_MARGIN = 0.9  # of what should fit: instructions do not shrink with the text
_CLAIM_POLL_SECONDS = 0.1
_LEASE_MARGIN_SECONDS = 5.0


class LlmAnnotator:
    """Annotates with one model; see the module's docstring for how it fails."""

    def __init__(
        self,
        backend: Backend,
        llm: LlmSettings,
        model: ChatModel,
        cache: AnswerCache,
        ledger: CostLedger,
        *,
        tally: Tally | None = None,
    ) -> None:
        self._tally = tally or Tally()
        self._characters = min(
            llm.window_characters, backend.prompt.window_characters or llm.window_characters
        )
        self._backend = backend
        self._llm = llm
        self._calls = ModelCalls(model, backend, llm, ledger)
        self._cache = cache
        self._ledger = ledger
        self._flights: SingleFlight[CachedAnswer] = SingleFlight()
        self._slots = asyncio.Semaphore(llm.concurrency)
        self._owner = uuid.uuid4().hex

    @property
    def name(self) -> str:
        """Preset, model and the prompts' hash, e.g. ``openai/gpt-5.4-mini@0123456789ab``."""
        return f"{self._backend.id}@{prompt_hash(self._backend.prompt)}"

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Annotate a window or a conversation of any length; see ``Annotator``."""
        try:
            if max_tags < 1:
                raise AnnotationError(f"max_tags must be at least 1, not {max_tags}")
            if not any(turn.text.strip() for turn in conversation.turns):
                raise AnnotationError(f"conversation {conversation.id!r} has no text to annotate")
            return await self._annotate_fitting(conversation, max_tags, purpose)
        except sqlite3.Error as error:
            raise AnnotationError(f"the cache or the ledger of costs failed: {error}") from error

    async def close(self) -> None:
        """Cancel calls in progress and close connections and files. Idempotent."""
        await self._flights.close()
        await self._calls.close()
        await self._cache.close()
        await self._ledger.close()

    async def _annotate_fitting(
        self, conversation: Conversation, max_tags: int, purpose: str
    ) -> Metadata:
        """Annotate in one request where that fits, else in parts, cut smaller until they fit."""
        parts = await asyncio.to_thread(split, conversation, self._characters)
        if len(parts) > 1:
            return await self._annotate_parts(parts, max_tags, purpose)
        part = parts[0].conversation
        try:
            return await self._annotate_part(part, max_tags, purpose)
        except ContextOverflowError as error:
            self._fit_less(part, error)
        return await self._annotate_fitting(part, max_tags, purpose)

    def _fit_less(self, part: Conversation, error: ContextOverflowError) -> None:
        """Have conversations cut smaller from now on.

        Raises:
            ContextOverflowError: if hardly any text would be left.
        """
        fits = 0.5 if error.fits is None else min(error.fits, 1.0)
        characters = int(length(part) * fits * _MARGIN)
        if characters < SMALLEST_PART:
            raise ContextOverflowError(
                f"{error}: not even {SMALLEST_PART} characters of a conversation fit beside the"
                " instructions and the answer; give the model a larger context, lower"
                " LLM_MAX_OUTPUT_TOKENS, or set LLM_PROMPT=small"
            ) from error
        if characters < self._characters:
            logger.warning("%s; cutting conversations at %d characters", error, characters)
            self._characters = characters

    async def _annotate_parts(self, parts: Sequence[Part], max_tags: int, purpose: str) -> Metadata:
        """Annotate all parts; a minority without a usable answer is left out."""
        if len(parts) > MAX_PARTS:
            raise AnnotationError(
                f"the conversation needs {len(parts)} requests, more than {MAX_PARTS}:"
                " raise LLM_WINDOW_CHARACTERS"
            )
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._attempt_part(part.conversation, max_tags, purpose))
                    for part in parts
                ]
        except ExceptionGroup as errors:
            # The first failure cancelled the other parts, so it tells the reason.
            raise errors.exceptions[0] from None
        results = [task.result() for task in tasks]
        problems = [result for result in results if isinstance(result, UnusableAnswerError)]
        if len(problems) * 2 >= len(parts):
            raise problems[0]
        if problems:
            logger.warning(
                "%s: %d of %d parts left out: %s",
                self._backend.id,
                len(problems),
                len(parts),
                problems[0],
            )
        usable = [
            (part, result)
            for part, result in zip(parts, results, strict=True)
            if isinstance(result, Metadata)
        ]
        return combine(usable, max_tags)

    async def _attempt_part(
        self, part: Conversation, max_tags: int, purpose: str
    ) -> Metadata | UnusableAnswerError:
        try:
            return await self._annotate_fitting(part, max_tags, purpose)
        except UnusableAnswerError as error:
            return error

    async def _annotate_part(self, part: Conversation, max_tags: int, purpose: str) -> Metadata:
        question = annotation_question(part, max_tags, self._backend.prompt)
        key = self._key(question)

        async def answer() -> CachedAnswer:
            return await self._answer(key, question, part, purpose)

        if self._flights.in_progress(key):
            await self._ledger.count_cached(self._backend.id, purpose)
        entry = await self._flights.run(key, answer)
        if entry.metadata is None:
            raise UnusableAnswerError(f"{self._backend.id}: {entry.problem}")
        return Metadata.from_json(entry.metadata)

    async def _answer(
        self, key: str, question: Question, part: Conversation, purpose: str
    ) -> CachedAnswer:
        """Return the cache's entry, or ask, keeping other processes from asking the same."""
        if (entry := await self._cache_entry(key, purpose)) is not None:
            return entry
        async with self._slots:
            try:
                await self._claim(key)
                # Another process may have answered while this one waited for the claim.
                if (entry := await self._cache_entry(key, purpose)) is not None:
                    return entry
                answer = await self._ask(question, part, purpose)
                seconds = None if answer.metadata else REMEMBER_FAILURE_SECONDS
                await self._cache.put(key, answer, seconds=seconds)
                return answer
            finally:
                self._cache.release(key, self._owner)

    async def _claim(self, key: str) -> None:
        """Wait until no other process is asking for ``key``, and say that this one is."""
        lease = self._llm.timeout_seconds + _LEASE_MARGIN_SECONDS
        # Processes share no event, so looking again is the only way to wait.
        while not await self._cache.claim(key, self._owner, lease):  # noqa: ASYNC110
            await asyncio.sleep(_CLAIM_POLL_SECONDS)

    async def _cache_entry(self, key: str, purpose: str) -> CachedAnswer | None:
        entry = await self._cache.get(key)
        if entry is not None:
            await self._ledger.count_cached(self._backend.id, purpose)
        return entry

    async def _ask(self, question: Question, part: Conversation, purpose: str) -> CachedAnswer:
        deadline = asyncio.get_running_loop().time() + self._llm.timeout_seconds
        completion = await self._calls.ask(question, purpose, deadline)
        try:
            return await self._read(completion, part, question)
        except UnusableAnswerError as error:
            if not error.repairable:
                return CachedAnswer(None, str(error))
            logger.info("%s: unusable answer, %s; asking to repair it", self._backend.id, error)
            question = question.repair(str(error))
        completion = await self._calls.ask(question, f"{purpose}/repair", deadline)
        try:
            return await self._read(completion, part, question)
        except UnusableAnswerError as error:
            return CachedAnswer(None, f"the answer cannot be used, also when asked again: {error}")

    async def _read(
        self, completion: Completion, part: Conversation, question: Question
    ) -> CachedAnswer:
        if completion.refusal is not None:
            reason = clean(completion.refusal[:1000])[:200]
            raise UnusableAnswerError(f"the model refused: {reason}", repairable=False)
        strict = self._backend.prompt.strict
        try:
            reading = await asyncio.to_thread(
                read_answer, completion.text, part, question.form, strict=strict
            )
        except UnusableAnswerError as error:
            if completion.truncated:
                limit = output_limit(question, self._llm)
                raise UnusableAnswerError(
                    f"it was cut off at {limit} tokens, and {error}"
                ) from error
            raise
        self._tally.dropped.update(reading.dropped)
        return CachedAnswer(reading.metadata.to_json())

    def _key(self, question: Question) -> str:
        """Return the hash of everything that an answer depends on."""
        llm = self._llm
        parameters = [llm.temperature, llm.seed, llm.max_output_tokens, self._backend.structured]
        version = prompt_hash(self._backend.prompt)
        identity = [self._backend.id, self._backend.base_url, version, *parameters]
        text = json.dumps([identity, question.system, question.user, question.form.max_tags])
        return hashlib.sha256(text.encode()).hexdigest()


def make_llm_annotator(settings: Settings, tally: Tally | None = None) -> LlmAnnotator:
    """Return the annotator of the model that ``settings.llm`` names; ``tally`` counts its work.

    Raises:
        AnnotationError: if a setting or the ``llm`` extra is missing.
    """
    backend = resolve(settings)
    llm = pace(backend.preset, settings.llm)
    return LlmAnnotator(
        backend,
        llm,
        _model(backend, llm),
        AnswerCache(settings.data_dir / "llm-answers.sqlite", int(llm.cache_megabytes * 2**20)),
        CostLedger(costs_file(settings.data_dir), Budget(llm.daily_budget, llm.run_budget)),
        tally=tally,
    )


def _model(backend: Backend, llm: LlmSettings) -> ChatModel:
    try:
        if backend.preset.wire == "anthropic":
            from cgp.annotators.anthropic import AnthropicModel

            return AnthropicModel(backend, llm)
        from cgp.annotators.openai_compatible import OpenAICompatibleModel

        return OpenAICompatibleModel(backend, llm)
    except ModuleNotFoundError as error:
        raise AnnotationError(
            f"LLM_TYPE={backend.name} needs the llm extra ({error.name} is not installed):"
            f" {how_to_install('llm')}"
        ) from error
