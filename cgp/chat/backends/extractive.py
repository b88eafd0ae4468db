"""Backend ``extractive``: no model; sentences of the genome, word by word, each with its turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any, Final

from cgp.chat.requests import MAX_QUESTION, text_of
from cgp.chat.shaping import citation_json
from cgp.jobs import Job, JobKind
from cgp.jobs.errors import JobFailedError
from cgp.retrieval import CitedAnswer, Level, RetrievalError, Retriever, cited_answer

MODEL: Final = "extractive"
# As many as a model gets, so that both answer from the same words.
_PASSAGES = 5


class Extractive:
    """Answers the last message of the user from a ``retriever``.

    ``levels`` are the passages that callers may read. It generates nothing: the answer is words of
    conversations, or the sentence that they do not answer.
    """

    def __init__(self, retriever: Retriever, levels: frozenset[Level]) -> None:
        self._retriever = retriever
        self._levels = levels

    async def models(self) -> Mapping[JobKind, tuple[str, ...]]:
        """Return the one name, which says that there is no model."""
        return {JobKind.CHAT: (MODEL,)}

    async def answer(self, job: Job) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the cited sentences, as a stream of words where it is asked for."""
        if job.kind is not JobKind.CHAT:
            raise JobFailedError({"status": 400, "message": f"this worker does no {job.kind}"})
        question = _last_question(job.body)
        if not question:
            raise JobFailedError({"status": 400, "message": "messages: no words of a user"})
        try:
            answer = await asyncio.to_thread(self._search, question)
        except RetrievalError as error:
            raise JobFailedError({"status": 503, "message": str(error)[:500]}) from None
        head = {"created": int(time.time()), "model": MODEL}
        citations = [citation_json(citation) for citation in answer.citations]
        usage = _usage(question, answer.text)
        if not job.body.get("stream"):
            message = {"role": "assistant", "content": answer.text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            yield {**head, "choices": [choice], "citations": citations, "usage": usage}
            return
        for number, word in enumerate(_words(answer.text)):
            delta = {"content": word} if number else {"role": "assistant", "content": word}
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            yield {**head, "choices": [choice]}
        last: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": "stop"}
        yield {**head, "choices": [last], "citations": citations}
        yield {**head, "choices": [], "usage": usage}

    async def close(self) -> None:
        """Close the index."""
        await asyncio.to_thread(self._retriever.close)

    def _search(self, question: str) -> CitedAnswer:
        answer = self._answer(question)
        if answer.answerable:
            return answer
        meant = self._retriever.respelled(question, levels=self._levels)
        if meant is None or not self._answer(meant).answerable:
            return answer
        return replace(answer, text=f"{answer.text} Did you mean: {meant}")

    def _answer(self, question: str) -> CitedAnswer:
        passages = self._retriever.search(question, levels=self._levels, limit=_PASSAGES)
        return cited_answer(question, passages)


def _last_question(body: Mapping[str, Any]) -> str:
    messages = body.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            return text_of(message.get("content")).strip()[:MAX_QUESTION]
    return ""


def _words(text: str) -> list[str]:
    """Return a text in pieces of a word each, spaces with the word before."""
    pieces = text.split(" ")
    return [piece + " " for piece in pieces[:-1]] + pieces[-1:]


def _usage(question: str, answer: str) -> Mapping[str, int]:
    """Return counts of words, since there are no tokens without a model."""
    prompt, completion = len(question.split()), len(answer.split())
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
