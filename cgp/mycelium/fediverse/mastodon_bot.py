"""The bot: it reads mentions and a hashtag, answers each once, and posts a new best model once.

After a crash or a lost answer of the instance, a post may be out without our knowing. Such a draft
waits; then the thread is read, and it is sent again only where it is not there, under the same
idempotency key.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from cgp.annotators import AnnotationError
from cgp.mycelium.fediverse.answer_limits import AnswerLimits
from cgp.mycelium.fediverse.bot_memory import BotMemory, BotQuestion, ReplyDraft
from cgp.mycelium.fediverse.mastodon_account import (
    REQUEST_SECONDS,
    InstanceAwayError,
    InstancePost,
    MastodonAccount,
    PostRefusedError,
)
from cgp.mycelium.fediverse.post_text import MAX_ANSWER, harmless, shortened
from cgp.mycelium.fediverse.skills import HELP, Skills, request_in, wants_answer

logger = logging.getLogger(__name__)

SETTLE_SECONDS: Final = 3 * REQUEST_SECONDS
"""Time after which a draft that may be out is looked for: a late request has arrived by then."""

MAX_PAGES: Final = 5
_MENTIONS: Final = "mentions"
# An answer is for its author: it is not put before everybody's eyes.
_VISIBILITY: Final = {"public": "unlisted", "unlisted": "unlisted"}


class MastodonBot:
    """A bot on one account.

    ``tags`` are hashtags without ``#``. ``name``, where it is not empty, must be the account's.
    ``clock`` gives seconds since 1970.
    """

    def __init__(
        self,
        account: MastodonAccount,
        memory: BotMemory,
        skills: Skills,
        *,
        tags: tuple[str, ...] = (),
        name: str = "",
        settle_seconds: float = SETTLE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._account = account
        self._memory = memory
        self._skills = skills
        self._tags = tags
        self._name = name
        self._settle_seconds = settle_seconds
        self._clock = clock
        self._limits = AnswerLimits()

    async def run(
        self,
        seconds: float,
        news: Callable[[], Awaitable[list[ReplyDraft]]] | None = None,
    ) -> None:
        """Read and answer every ``seconds`` until cancelled; ``news`` gives posts to make.

        Raises:
            AccountError: if the account's key is not valid (any more).
        """
        while True:
            pause = seconds
            try:
                for draft in [] if news is None else await news():
                    await self._memory.add_draft(draft, self._clock())
                await self.turn()
            except InstanceAwayError as error:
                pause = max(seconds, error.seconds)
                logger.warning("The instance is left alone for %.0f s: %s", pause, error)
            await asyncio.sleep(pause)

    async def turn(self) -> None:
        """Read what is new, answer it, and settle what is uncertain.

        Raises:
            InstanceAwayError: if the instance cannot answer; nothing is lost.
            AccountError: if the account's key is not valid.
        """
        own_id = await self._account.own_id(self._name)
        await self._read(own_id)
        await self._answer()
        for draft in await self._memory.waiting_drafts():
            await self._send(draft)
        for draft in await self._memory.uncertain_drafts(self._clock() - self._settle_seconds):
            await self._settle(draft, own_id)

    async def _read(self, own_id: str) -> None:
        await self._read_feed(_MENTIONS, self._account.mention_page, own_id)
        for tag in self._tags:

            async def page(after: str, tag: str = tag) -> list[tuple[str, InstancePost]]:
                return await self._account.tag_page(tag, after)

            try:
                await self._read_feed(f"#{tag}", page, own_id)
            except PostRefusedError as error:
                # Some instances show no tags; mentions are answered all the same.
                logger.warning("Posts under #%s cannot be read: %s", tag, error)

    async def _read_feed(
        self,
        feed: str,
        page: Callable[[str], Awaitable[list[tuple[str, InstancePost]]]],
        own_id: str,
    ) -> None:
        """Read a feed from its mark on; posts that are older than the bot get no answer."""
        mark = await self._memory.mark(feed)
        if not mark:
            entries = await page("")
            # "0" is before every id of every kind of instance.
            first = entries[-1][0] if entries else "0"
            await self._memory.add_questions(feed, first, [], self._clock())
            return
        for _ in range(MAX_PAGES):
            entries = await page(mark)
            if not entries:
                return
            mark = entries[-1][0]
            questions = [
                BotQuestion(post.id, post.author, post.handle, post.text, post.visibility)
                for _, post in entries
                if self._is_question(post, feed, own_id)
            ]
            await self._memory.add_questions(feed, mark, questions, self._clock())

    def _is_question(self, post: InstancePost, feed: str, own_id: str) -> bool:
        # Two bots that answer each other would never end.
        if post.author == own_id or post.is_bot:
            return False
        # A post under the tag may be talk about us.
        return wants_answer(post.text, is_mention=feed == _MENTIONS, is_reply=bool(post.reply_to))

    async def _answer(self) -> None:
        for question in await self._memory.waiting_questions():
            if self._limits.is_reached:
                return
            if self._limits.is_reached_by(question.author):
                await self._memory.drop_question(question.post)
                continue
            try:
                words = await self._words(question)
            except AnnotationError as error:
                logger.warning("A question waits: %s", error)
                if self._limits.is_given_up(question.post):
                    await self._memory.drop_question(question.post)
                continue
            self._limits.count_answer(question.author, question.post)
            visibility = _VISIBILITY.get(question.visibility, "direct")
            text = f"@{question.handle} {words}"
            draft = ReplyDraft(f"answer {question.post}", question.post, visibility, text)
            await self._memory.add_draft(draft, self._clock())

    async def _words(self, question: BotQuestion) -> str:
        request = request_in(question.text)
        if request is None:
            return HELP
        words = await self._skills.answer(request, question.handle, question.post)
        return shortened(words, max(80, MAX_ANSWER - len(question.handle)))

    async def _send(self, draft: ReplyDraft) -> None:
        await self._memory.claim(draft, self._clock())
        try:
            post = await self._account.post(
                draft.text,
                hashlib.sha256(draft.key.encode()).hexdigest(),
                reply_to=draft.reply_to,
                visibility=draft.visibility,
            )
        except PostRefusedError as error:
            await self._memory.give_up(draft)
            logger.info("A post is given up: %s", error)
        except InstanceAwayError as error:
            if not error.is_uncertain:
                await self._memory.release(draft)
            raise
        else:
            await self._memory.finish(draft, post)

    async def _settle(self, draft: ReplyDraft, own_id: str) -> None:
        """Look for a draft that may be out; send it where it is not."""
        if draft.reply_to:
            posts = await self._account.replies_to(draft.reply_to)
            candidates = (post for post in posts if post.author == own_id)
            post = next((post for post in candidates if post.reply_to == draft.reply_to), None)
        else:
            form = _bare(draft.text)
            posts = await self._account.own_posts()
            post = next((post for post in posts if _bare(post.text) == form), None)
        if post is None:
            await self._send(draft)
        else:
            await self._memory.finish(draft, post.id)


def _bare(text: str) -> str:
    """Return a text as it can be compared with itself after an instance made HTML of it."""
    return "".join(harmless(text).split())
