"""Answers of the actor to posts that ask it: one for each post, whatever crashes in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cgp.annotators import AnnotationError
from cgp.mycelium.fediverse.actor_records import ActorQuestion, Outgoing
from cgp.mycelium.fediverse.actor_store import ActorStore
from cgp.mycelium.fediverse.alarm import Alarm
from cgp.mycelium.fediverse.answer_limits import AnswerLimits
from cgp.mycelium.fediverse.local_actor import LocalActor
from cgp.mycelium.fediverse.outgoing import as_bytes
from cgp.mycelium.fediverse.post_text import paragraph
from cgp.mycelium.fediverse.skills import HELP, Skills, request_in

logger = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 2 * 86_400.0
"""Time for which the delivery of an answer is tried."""

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
        self._limits = AnswerLimits()
        self._alarm = Alarm()

    def wake(self) -> None:
        """Look for questions now."""
        self._alarm.ring()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            if not await self.answer_waiting():
                await self._alarm.sleep(_LONGEST_SLEEP)

    async def answer_waiting(self) -> int:
        """Answer the questions that wait; return how many need no answer any more."""
        count = 0
        for question in await self._store.waiting_questions():
            if self._limits.is_reached:
                break
            if self._limits.is_reached_by(question.author):
                # Too many questions of one author: the others must not wait for them.
                await self._store.drop_question(question.post)
                count += 1
                continue
            try:
                await self._answer(question)
            except AnnotationError as error:
                # The annotator may be away: the question waits, and is asked again later.
                logger.warning("A question waits: %s", error)
                if not self._limits.is_given_up(question.post):
                    continue
                await self._store.drop_question(question.post)
            else:
                self._limits.count_answer(question.author, question.post)
            count += 1
        return count

    async def _answer(self, question: ActorQuestion) -> None:
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
        outgoing = Outgoing(
            str(create["id"]), (question.inbox,), as_bytes(create), now + ANSWER_SECONDS
        )
        # The mark "answered" and the delivery are one transaction.
        await self._store.answer(question.post, outgoing, now)
        self._on_answer()
