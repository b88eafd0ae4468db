"""Calls to a model: repeated when that may help, within a time and a budget, and accounted for."""

from __future__ import annotations

import asyncio
import json
import logging
import random

from cgp.annotators.answer import answer_schema
from cgp.annotators.chat_model import ChatModel, Completion, output_limit
from cgp.annotators.costs import CostLedger, Reservation, Usage
from cgp.annotators.errors import (
    BackendRefusedError,
    BackendUnavailableError,
    CircuitOpenError,
    ContextOverflowError,
)
from cgp.annotators.presets import Backend
from cgp.annotators.prompt import PromptProfile, Question
from cgp.annotators.resilience import Backoff, CircuitBreaker
from cgp.model_settings import LlmSettings

logger = logging.getLogger(__name__)

_CHAT_TEMPLATE_TOKENS = 200


class ModelCalls:
    """Asks one model. Failures count for its circuit breaker, money for the ledger."""

    def __init__(
        self, model: ChatModel, backend: Backend, llm: LlmSettings, ledger: CostLedger
    ) -> None:
        self._model = model
        self._backend = backend
        self._llm = llm
        self._ledger = ledger
        self._breaker = CircuitBreaker(failures=llm.breaker_failures, pause=llm.breaker_seconds)
        self._backoff = Backoff(first=llm.backoff_seconds)
        self._random = random.Random()  # noqa: S311 - jitter, no secret

    async def ask(self, question: Question, purpose: str, deadline: float) -> Completion:
        """Return the model's answer before ``deadline`` (a time of the event loop's clock).

        A passing failure is repeated after a wait, as often as the settings say, unless the wait
        would go beyond the deadline.

        Raises:
            AnnotationError: any of ``cgp.annotators.errors`` but ``UnusableAnswerError``.
        """
        clock = asyncio.get_running_loop().time
        repeat = 0
        while True:
            try:
                return await self._ask_once(question, purpose, deadline)
            except CircuitOpenError as error:
                raise CircuitOpenError(
                    f"{self._backend.id}: {error}", retry_after=error.retry_after
                ) from error
            except ContextOverflowError as error:
                raise ContextOverflowError(
                    f"{self._backend.id}: {error}", fits=error.fits
                ) from error
            except BackendRefusedError as error:
                raise BackendRefusedError(
                    f"{self._backend.id}: {error}", always=error.always
                ) from error
            except BackendUnavailableError as error:
                wait = self._backoff.wait(repeat, error.retry_after, self._random)
                if repeat == self._llm.retries or clock() + wait >= deadline:
                    raise self._gave_up(error, repeat + 1) from error
                logger.info("%s: %s; asking again in %.1f s", self._backend.id, error, wait)
            repeat += 1
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Close the model's connections. Idempotent."""
        await self._model.close()

    async def _ask_once(self, question: Question, purpose: str, deadline: float) -> Completion:
        self._breaker.check()
        reservation = self._ledger.reservation(
            self._backend.id, purpose, self._most_usd(question) or 0.0
        )
        usage: Usage | None = None
        try:
            await self._ledger.reserve(reservation)
            # From here on until an answer says otherwise (also when cancelled): the most it can
            # cost.
            usage = self._presumed_usage(reservation)
            completion = await self._in_time(question, deadline)
            usage = self._usage(completion, reservation)
        except BackendUnavailableError as error:
            usage = usage if error.answered else Usage(failed=True)
            self._breaker.note_failure(str(error), error.retry_after)
            raise
        except BackendRefusedError as error:
            usage = Usage(failed=True)
            if error.always:
                self._breaker.note_failure(str(error))
            else:
                self._breaker.note_success()
            raise
        else:
            self._breaker.note_success()
            return completion
        finally:
            self._breaker.note_abandonment()
            self._ledger.settle(reservation, usage)

    async def _in_time(self, question: Question, deadline: float) -> Completion:
        now = asyncio.get_running_loop().time()
        seconds = max(0.0, min(self._llm.attempt_seconds, deadline - now))
        try:
            async with asyncio.timeout(seconds):
                return await self._model.complete(question)
        except TimeoutError as error:
            raise BackendUnavailableError(
                f"no complete answer within {seconds:.3g} s{self._remedy()}", answered=True
            ) from error

    def _remedy(self) -> str:
        """Return the remedy for a slow program on one person's machine; empty for other servers."""
        if not self._backend.preset.personal:
            return ""
        shorter = "" if self._backend.prompt is PromptProfile.SMALL else "LLM_PROMPT=small, or "
        return f" (on a slow machine: {shorter}a longer LLM_TIMEOUT_SECONDS)"

    def _gave_up(self, error: BackendUnavailableError, attempts: int) -> BackendUnavailableError:
        wish = "" if error.retry_after is None else f", and asks for {error.retry_after:.0f} s"
        times = "once" if attempts == 1 else f"{attempts} times"
        return BackendUnavailableError(f"{self._backend.id}: {error} (asked {times}{wish})")

    def _most_usd(self, question: Question) -> float | None:
        """Return the most that an answer can cost.

        A token is at least one byte of UTF-8 in the tokenisers in use, so bytes bound tokens.
        """
        if self._backend.price is None:
            return None
        text_bytes = len(question.text.encode())
        schema_bytes = len(json.dumps(answer_schema(question.form)))
        return self._backend.price.of(
            text_bytes + schema_bytes + _CHAT_TEMPLATE_TOKENS, output_limit(question, self._llm)
        )

    def _presumed_usage(self, reservation: Reservation) -> Usage:
        # The server may bill a call whose answer is lost, so the whole reservation counts.
        usd = None if self._backend.price is None else reservation.usd
        return Usage(usd=usd, failed=True, presumed=True)

    def _usage(self, completion: Completion, reservation: Reservation) -> Usage:
        input_tokens, output_tokens, price = (
            completion.input_tokens,
            completion.output_tokens,
            self._backend.price,
        )
        if completion.usd is not None:
            return Usage(input_tokens or 0, output_tokens or 0, completion.usd)
        if price is None:
            return Usage(input_tokens or 0, output_tokens or 0, None)
        if input_tokens is None or output_tokens is None:
            return Usage(input_tokens or 0, output_tokens or 0, reservation.usd, presumed=True)
        return Usage(input_tokens, output_tokens, price.of(input_tokens, output_tokens))
