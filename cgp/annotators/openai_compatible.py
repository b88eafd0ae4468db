"""Chat completions as OpenAI defines them, which most other servers understand too.

Needs the ``llm`` extra. Reference: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import re
from typing import Any, get_args

import openai
from pydantic import BaseModel, Field

from cgp.annotators.answer import answer_schema, without_bounds
from cgp.annotators.chat_model import Completion, output_limit
from cgp.annotators.errors import BackendUnavailableError
from cgp.annotators.http_answers import (
    bounded_client,
    connection_failure,
    error_text,
    raise_for_overflow,
    raise_for_status,
    read_response,
)
from cgp.annotators.presets import Backend, Structured
from cgp.annotators.prompt import Question
from cgp.model_settings import LlmSettings

_MODES: tuple[Structured, ...] = get_args(Structured)
_LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_MOST_FEATURES = 8
# 500: what llama-cpp-python's server says of a parameter that it does not know.
_TURNED_DOWN = frozenset({400, 422, 500})


_SCHEMA = re.compile(
    r"response[_ ]format|json_schema|json_object|grammar|samplers|schema"
    r"|m(?:ax|in)(?:items|length|imum)",
)


class _Part(BaseModel):
    type: str = "text"
    text: str = ""


class _Message(BaseModel):
    content: str | list[_Part] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = Field(None, description="the same, as Ollama and OpenRouter name it")

    @property
    def text(self) -> str:
        """The answer; where a server takes all of it for reasoning, that."""
        content = self.content
        if isinstance(content, list):
            content = "".join(part.text for part in content if part.type == "text")
        if content and not content.isspace():
            return content
        return self.reasoning_content or self.reasoning or content or ""


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(0, ge=0)
    cost: float | None = Field(None, ge=0, description="USD; OpenRouter tells it")


class _Answer(BaseModel):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


class OpenAICompatibleModel:
    """A model behind ``/chat/completions``.

    A feature (the bounds of the schema, structured output, seed, temperature, stop sequences, the
    name of the output limit) that the server turns down with an error naming it is left out from
    then on, and the request made again.
    """

    def __init__(self, backend: Backend, llm: LlmSettings) -> None:
        self._backend = backend
        self._llm = llm
        self._mode: Structured = backend.structured
        self._bounds = backend.bounds
        self._stop = True
        self._seed = backend.preset.seed
        self._temperature = backend.preset.temperature
        self._limit = backend.preset.output_limit
        self._client = openai.AsyncOpenAI(
            api_key=backend.key.get_secret_value() if backend.key else "none",
            base_url=backend.base_url,
            timeout=llm.attempt_seconds,
            max_retries=0,
            http_client=bounded_client(llm.attempt_seconds, llm.concurrency),
        )

    async def complete(self, question: Question) -> Completion:
        """Ask once; see ``ChatModel``."""
        for _ in range(_MOST_FEATURES):
            try:
                raw = await self._client.chat.completions.with_raw_response.create(
                    **self._request(question)
                )
            except openai.APIStatusError as error:
                raise_for_overflow(error.response)
                if error.status_code in _TURNED_DOWN and self._left_out(error):
                    continue
                raise_for_status(error.response, self._backend.key)
            except openai.APIConnectionError as error:
                raise connection_failure(error) from error
            return self._completion(read_response(_Answer, raw.http_response))
        raise BackendUnavailableError("the server turned down every form of the request")

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._client.close()

    def _request(self, question: Question) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._backend.model,
            "messages": [{"role": "system", "content": question.system}, *question.messages],
            self._limit: output_limit(question, self._llm),
        }
        if question.stop and self._stop:
            request["stop"] = list(question.stop)
        if self._temperature:
            request["temperature"] = self._llm.temperature
        if self._seed:
            request["seed"] = self._llm.seed
        if self._mode == "json_schema":
            schema = answer_schema(question.form)
            schema = schema if self._bounds else without_bounds(schema)
            form = {"name": "annotation", "schema": schema, "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": form}
        elif self._mode == "json_object":
            request["response_format"] = {"type": "json_object"}
        return request

    def _left_out(self, error: openai.APIStatusError) -> bool:
        """Leave out a feature that a server's error names; tell whether there was one."""
        text = f"{error.param or ''} {error.response.text[:4000]}".lower()
        if self._renamed_limit(text):
            return True
        if self._temperature and "temperature" in text:
            self._temperature = False
        elif self._seed and re.search(r"\bseed\b", text):
            self._seed = False
        elif self._stop and re.search(r"\bstop\b", text):
            self._stop = False
        elif self._mode == "json_schema" and self._bounds and _SCHEMA.search(text):
            self._bounds = False
        elif self._mode != "text" and _SCHEMA.search(text):
            self._mode = _MODES[_MODES.index(self._mode) + 1]
        else:
            return False
        return True

    def _renamed_limit(self, text: str) -> bool:
        """Use the other name of the output limit, once, where an error names this one."""
        first = self._backend.preset.output_limit
        if self._limit != first or not re.search(rf"\b{first}\b", text) or "context" in text:
            return False
        self._limit = _LIMITS[first]
        return True

    def _completion(self, answer: _Answer) -> Completion:
        if not answer.choices:
            reason = error_text(str(answer.error or "no choices"), self._backend.key)
            raise BackendUnavailableError(f"the response holds no answer ({reason})", answered=True)
        choice, usage = answer.choices[0], answer.usage
        refusal = choice.message.refusal
        if choice.finish_reason == "content_filter":
            refusal = refusal or "the server's content filter stopped the answer"
        return Completion(
            text=choice.message.text,
            input_tokens=usage.prompt_tokens if usage else None,
            output_tokens=usage.completion_tokens if usage else None,
            refusal=refusal,
            truncated=choice.finish_reason == "length",
            usd=usage.cost if usage else None,
        )
