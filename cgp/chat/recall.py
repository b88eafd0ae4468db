"""Recall: passages for a question from the gateway's own memory and from workers that lend theirs.

Lists are merged by reciprocal rank: scores of machines with more or fewer windows cannot be
compared. Passages of other machines are checked field by field, and never replace own ones.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from cgp.chat.access import Caller
from cgp.chat.backends.retrieving import NAME
from cgp.chat.dispatch import Dispatcher, Journey
from cgp.chat.errors import ChatError
from cgp.chat.requests import MAX_QUESTION, ChatQuestion
from cgp.jobs import JobKind
from cgp.retrieval import Level, Passage, RetrievalError, Retriever, is_answerable, merge_by_rank
from cgp.retrieval.passages import readable

logger = logging.getLogger(__name__)

PASSAGES: Final = 5
"""Five windows of about 800 characters fit the context of a small model with room to answer."""
MAX_WORKERS: Final = 8
WORKER_SECONDS: Final = 2.0
"""A worker that takes longer is left out: the reader waits for the first word."""

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Recollection:
    """Passages that may answer a question, the best first.

    ``lenders`` names the worker of each passage that is another machine's, by the passage's place.
    """

    passages: tuple[Passage, ...] = ()
    lenders: Mapping[Place, str] = field(default_factory=dict)


class Recall:
    """Asks the own ``retriever``, and the workers of the kind ``retrieve``."""

    def __init__(self, retriever: Retriever, dispatcher: Dispatcher) -> None:
        self._retriever = retriever
        self._dispatcher = dispatcher

    async def passages(
        self, caller: Caller, question: ChatQuestion, levels: AbstractSet[Level]
    ) -> Recollection:
        """Return the passages that may answer a question; none where they do not answer it.

        Raises:
            RetrievalError: if the own memory cannot be searched.
        """
        words = question.last_words.strip()[:MAX_QUESTION]
        if not words:
            return Recollection()
        local_passages, worker_passages = await asyncio.gather(
            asyncio.to_thread(self._retriever.search, words, levels=levels, limit=PASSAGES),
            self._all_lent(caller, question, words, levels - {Level.PRIVATE}),
        )
        merged = merged_passages(local_passages, worker_passages)
        return merged if is_answerable(words, merged.passages) else Recollection()

    async def _all_lent(
        self, caller: Caller, question: ChatQuestion, words: str, levels: AbstractSet[Level]
    ) -> list[tuple[str, list[Passage]]]:
        workers = self._lenders(caller, question)
        asked = (self._lent(caller, question, worker, words, levels) for worker in workers)
        return await asyncio.gather(*asked)

    def _lenders(self, caller: Caller, question: ChatQuestion) -> list[str]:
        offers = self._dispatcher.roster.offers(caller.owner, question.audience, JobKind.RETRIEVE)
        return list(dict.fromkeys(worker for worker, _ in offers))[:MAX_WORKERS]

    async def _lent(
        self,
        caller: Caller,
        question: ChatQuestion,
        worker: str,
        words: str,
        levels: AbstractSet[Level],
    ) -> tuple[str, list[Passage]]:
        """Return a worker's name and its passages, as many as came in time."""
        body = {"question": words, "limit": PASSAGES}
        asked = ChatQuestion(
            JobKind.RETRIEVE, NAME, body, audience=question.audience, worker=worker
        )
        journey, passages = Journey(), list[Passage]()
        answer = self._dispatcher.answer(caller.key, caller.owner, asked, journey)
        try:
            async with asyncio.timeout(WORKER_SECONDS), aclosing(answer):
                async for part in answer:
                    if len(passages) < PASSAGES:
                        passages.append(Passage.from_json(part.get("passage")))
        except (ChatError, RetrievalError, TimeoutError) as error:
            # One worker's fault is not a fault of the answer. Not the message: it may hold text.
            logger.warning("passages of worker %s: %s", worker, type(error).__name__)
        return journey.worker_name, readable(passages, levels)


def merged_passages(
    local_passages: Sequence[Passage],
    worker_passages: Iterable[tuple[str, Sequence[Passage]]],
    limit: int = PASSAGES,
) -> Recollection:
    """Return own passages and lent ones (pairs with a worker's name) by reciprocal rank.

    Of a place that is here too the own words stand, and so does the own score.
    """
    here = {passage.place: passage for passage in local_passages}
    conversations = {passage.conversation for passage in local_passages}
    lists, lenders = [list(local_passages)], dict[Place, str]()
    for name, passages in worker_passages:
        accepted = []
        for passage in passages:
            if passage.place in here:
                accepted.append(here[passage.place])
            # Other words under the name of a conversation that is here would pass for its own.
            elif passage.conversation not in conversations:
                accepted.append(passage)
                lenders.setdefault(passage.place, name)
        # With own passages in its list a worker's agreement lifts them: that is what ranks are for.
        lists.append(accepted)
    best = tuple(merge_by_rank(lists, limit))
    return Recollection(best, {p.place: lenders[p.place] for p in best if p.place in lenders})
