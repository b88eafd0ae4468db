"""Answers of the actor to posts that ask it: one for each post, whatever crashes in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cgp.annotators import AnnotationError
from cgp.mycelium.fediverse.actor_records import Outgoing, Post, Question
from cgp.mycelium.fediverse.actor_store import ActorStore
from cgp.mycelium.fediverse.local_actor import LocalActor
from cgp.mycelium.fediverse.outgoing import as_bytes
from cgp.mycelium.fediverse.post_text import paragraph
from cgp.mycelium.fediverse.skills import HELP, Skills, request_in
from cgp.signing import RateLimit

logger = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 2 * 86_400.0
"""Time for which the delivery of an answer is tried."""

PER_MINUTE: Final = 6
"""Answers a minute to one author; further posts of theirs get none."""

MAX_FAILURES: Final = 20
"""Failures of the annotator over one question before the question is dropped."""

_LONGEST_SLEEP: Final = 30.0


class Answering:
    """Answers the questions of an actor's store. ``clock`` gives seconds since 1970."""

    def __init__(
        self,
        actor: LocalActor,
        store: ActorStore,
        skills: Skills,
        *,
        on_answer: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._actor = actor
        self._store = store
        self._skills = skills
        self._on_answer = on_answer
        self._clock = clock
        self._rates = RateLimit(PER_MINUTE)
        self._failures: Counter[str] = Counter()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look for questions now."""
        self._wake.set()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            self._wake.clear()
            if not await self.answer_waiting():
                try:
                    async with asyncio.timeout(_LONGEST_SLEEP):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def answer_waiting(self) -> int:
        """Answer the questions that wait; return how many need no answer any more."""
        count = 0
        for question in await self._store.waiting_questions():
            try:
                await self._answer(question)
            except AnnotationError as error:
                # The annotator may be away: the question waits, and is asked again later.
                logger.warning("A question waits: %s", error)
                self._failures[question.post] += 1
                if self._failures[question.post] < MAX_FAILURES:
                    continue
                await self._store.drop_question(question.post)
            self._failures.pop(question.post, None)
            count += 1
        return count

    async def _answer(self, question: Question) -> None:
        if self._rates.wait(question.author):
            # Too many questions of one author: the others must not wait for them.
            await self._store.drop_question(question.post)
            return
        self._rates.count(question.author)
        request = request_in(question.text)
        # A mention that asks for nothing we know gets help, once.
        words = HELP
        if request is not None:
            words = await self._skills.answer(request, question.author, question.post)
        now = self._clock()
        note = self._actor.note(
            paragraph(f"{question.handle} {words}"),
            datetime.fromtimestamp(now, UTC),
            to=(question.author,),
            in_reply_to=question.post,
            mentions={question.handle: question.author},
        )
        create = self._actor.create(note)
        body = as_bytes(create)
        post = Post(str(note["id"]), str(create["id"]), body.decode(), is_public=False)
        outgoing = Outgoing(str(create["id"]), (question.inbox,), body, now + ANSWER_SECONDS)
        # The mark "answered" and the delivery are one transaction.
        await self._store.answer(question.post, post, outgoing, now)
        self._on_answer()
