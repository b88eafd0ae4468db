"""Backend ``retrieve``: no answers; the passages of this machine that fit a question.

A gateway merges them with its own. Private passages never leave this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from cgp.jobs import Job, JobKind
from cgp.jobs.errors import JobFailedError
from cgp.retrieval import Level, RetrievalError, Retriever, without_private

NAME: Final = "passages"
"""Name that stands for the model where there is none."""

MAX_LIMIT: Final = 20
_SHARED_LEVELS: Final = frozenset({Level.PUBLIC, Level.GROUP})


class Retrieving:
    """Gives passages of a ``retriever``, the best first, a part for each."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    async def models(self) -> Mapping[JobKind, tuple[str, ...]]:
        """Return the one name, for retrieval alone."""
        return {JobKind.RETRIEVE: (NAME,)}

    async def answer(self, job: Job) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield a part with each passage that fits the question."""
        question, limit = job.body.get("question"), job.body.get("limit")
        if job.kind is not JobKind.RETRIEVE:
            raise JobFailedError({"status": 400, "message": f"this worker does no {job.kind}"})
        if not isinstance(question, str) or type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
            message = f"a question is a text, and its limit 1 to {MAX_LIMIT}"
            raise JobFailedError({"status": 400, "message": message})
        try:
            passages = await asyncio.to_thread(
                self._retriever.search, question, levels=_SHARED_LEVELS, limit=limit
            )
        except RetrievalError as error:
            raise JobFailedError({"status": 503, "message": str(error)[:500]}) from None
        # The query asked for no private rows; this keeps them here whatever the query did.
        for passage in without_private(passages):
            yield {"passage": passage.to_json()}

    async def close(self) -> None:
        """Close the index."""
        await asyncio.to_thread(self._retriever.close)
