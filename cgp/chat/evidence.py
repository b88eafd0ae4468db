"""Evidence of one answer: its words, and whether the usage that a worker claims can be true.

A token of any tokenizer stands for a byte of text at least. So no answer has more tokens than
bytes, and no prompt has many more tokens than its request has bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cgp.chat.shaping import usage_of

_ANSWER_SLACK: Final = 16
"""Tokens that have no byte: the ends of an answer, and of each part of it."""
_PROMPT_SLACK: Final = 512
"""Tokens of a model's own template, with the instructions that some templates add."""
_TEXTS: Final = ("content", "reasoning_content", "reasoning", "refusal")


@dataclass(slots=True)
class Evidence:
    """Words and claims of an answer; ``prompt_bytes`` is the size of the request."""

    prompt_bytes: int
    answer_bytes: int = 0
    usage: Mapping[str, int] | None = None
    hidden_tokens: int = 0
    _pieces: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Evidence:
        """Return the evidence of an answer to a request that has not begun."""
        return cls(len(json.dumps(body, ensure_ascii=False).encode()))

    def add(self, part: Mapping[str, Any]) -> None:
        """Take a part of the answer, as the worker sent it."""
        if (usage := usage_of(part)) is not None:
            self.usage = usage
            self.hidden_tokens = _hidden_tokens(part["usage"])
        for choice in _objects(part.get("choices")):
            for words in _objects([choice.get("delta"), choice.get("message")]):
                texts = [words[name] for name in _TEXTS if isinstance(words.get(name), str)]
                self.answer_bytes += sum(len(text.encode()) for text in texts)
                for call in ("tool_calls", "function_call"):
                    if words.get(call):
                        self.answer_bytes += len(json.dumps(words[call]))
                if choice.get("index", 0) == 0 and isinstance(words.get("content"), str):
                    self._pieces.append(words["content"])

    @property
    def text(self) -> str:
        """Words of the first choice."""
        return "".join(self._pieces)

    @property
    def most_completion_tokens(self) -> int:
        """Greatest number of tokens that the answer can have."""
        return self.answer_bytes + _ANSWER_SLACK + self.hidden_tokens

    @property
    def most_prompt_tokens(self) -> int:
        """Greatest number of tokens that the request can have."""
        return self.prompt_bytes + _PROMPT_SLACK

    @property
    def is_forged(self) -> bool:
        """True where more tokens are claimed than there can be."""
        return self.usage is not None and (
            self.usage["completion_tokens"] > self.most_completion_tokens
            or self.usage["prompt_tokens"] > self.most_prompt_tokens
        )


def _objects(values: object) -> Iterable[dict[str, Any]]:
    return (
        (value for value in values if isinstance(value, dict)) if isinstance(values, list) else ()
    )


def _hidden_tokens(usage: Mapping[str, Any]) -> int:
    """Return the tokens of thoughts that a model does not show, as its usage tells them."""
    details = usage.get("completion_tokens_details")
    hidden = details.get("reasoning_tokens") if isinstance(details, dict) else 0
    return hidden if type(hidden) is int and 0 <= hidden < 2**31 else 0
