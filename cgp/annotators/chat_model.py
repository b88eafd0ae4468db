"""The form of every wire (OpenAI's, Anthropic's) for the annotator: a question in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cgp.annotators.prompt import Question
from cgp.model_settings import LlmSettings


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer, and its cost.

    The token counts are ``None`` where the server does not tell them. ``refusal`` is the reason
    where the model or its server declined to answer; ``truncated`` says that the answer ends at
    the limit on its length. ``usd`` is the price where the server tells it.
    """

    text: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    refusal: str | None = None
    truncated: bool = False
    usd: float | None = None


class ChatModel(Protocol):
    """One model behind one server. Makes one request per call and repeats none."""

    async def complete(self, question: Question) -> Completion:
        """Return the model's answer.

        Raises:
            ContextOverflowError: if the question is too long for the model.
            BackendUnavailableError: if the same request may succeed later.
            BackendRefusedError: if it will not.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


def output_limit(question: Question, llm: LlmSettings) -> int:
    """Return the most tokens of an answer: the settings' limit, or less if more is of no use."""
    return min(llm.max_output_tokens, question.max_tokens or llm.max_output_tokens)
