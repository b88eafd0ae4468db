"""Messages as Anthropic's API defines them.

Needs the ``llm`` extra. The API of the SDK in use offers neither a temperature nor a seed.
Reference: https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import Any

import anthropic
from pydantic import BaseModel, Field

from cgp.annotators.answer import answer_schema, without_bounds
from cgp.annotators.chat_model import Completion, output_limit
from cgp.annotators.http_answers import (
    bounded_client,
    connection_failure,
    raise_for_overflow,
    raise_for_status,
    read_response,
)
from cgp.annotators.presets import Backend
from cgp.annotators.prompt import Question
from cgp.model_settings import LlmSettings

_LENGTH_STOPS = frozenset({"max_tokens", "model_context_window_exceeded"})


class _Block(BaseModel):
    type: str
    text: str = ""


class _Usage(BaseModel):
    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    cache_creation_input_tokens: int | None = Field(None, ge=0)
    cache_read_input_tokens: int | None = Field(None, ge=0)

    @property
    def read(self) -> int:
        """All input tokens; cached ones are counted beside ``input_tokens``."""
        cache_tokens = (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        return self.input_tokens + cache_tokens


class _Answer(BaseModel):
    content: list[_Block]
    stop_reason: str | None = None
    usage: _Usage | None = None


class AnthropicModel:
    """A model behind ``/v1/messages``.

    Structured output is left out from then on where the server turns it down (older models do).
    """

    def __init__(self, backend: Backend, llm: LlmSettings) -> None:
        self._backend = backend
        self._llm = llm
        self._structured = backend.structured == "json_schema"
        self._client = anthropic.AsyncAnthropic(
            api_key=backend.key.get_secret_value() if backend.key else "none",
            base_url=backend.base_url,
            timeout=llm.attempt_seconds,
            max_retries=0,
            http_client=bounded_client(llm.attempt_seconds, llm.concurrency),
        )

    async def complete(self, question: Question) -> Completion:
        """Ask once; see ``ChatModel``."""
        try:
            raw = await self._client.messages.with_raw_response.create(**self._request(question))
        except anthropic.BadRequestError as error:
            raise_for_overflow(error.response)
            if self._structured and "output_" in error.response.text:
                self._structured = False
                return await self.complete(question)
            raise_for_status(error.response, self._backend.key)
        except anthropic.APIStatusError as error:
            raise_for_overflow(error.response)
            raise_for_status(error.response, self._backend.key)
        except anthropic.APIConnectionError as error:
            raise connection_failure(error) from error
        return _completion(read_response(_Answer, raw.http_response))

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._client.close()

    def _request(self, question: Question) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._backend.model,
            "max_tokens": output_limit(question, self._llm),
            "system": question.system,
            "messages": question.messages,
        }
        if self._structured:
            # Its schema dialect knows no bounds.
            schema = without_bounds(answer_schema(question.form))
            request["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return request


def _completion(answer: _Answer) -> Completion:
    is_refusal = answer.stop_reason == "refusal"
    return Completion(
        text="".join(block.text for block in answer.content if block.type == "text"),
        input_tokens=answer.usage.read if answer.usage else None,
        output_tokens=answer.usage.output_tokens if answer.usage else None,
        refusal="the model refused" if is_refusal else None,
        truncated=answer.stop_reason in _LENGTH_STOPS,
    )
