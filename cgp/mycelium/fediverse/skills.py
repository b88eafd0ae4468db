"""Skills: requests that a post can make, and the answers to them.

``tag: TEXT`` gives tags of the text, ``like: TITLE`` recommends from a catalogue, ``add: ITEM``
proposes an item for it, which waits in quarantine for the operator.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cgp.annotators import Annotator
from cgp.conversation import Conversation, Participant, Turn
from cgp.mycelium.fediverse.catalogue import Catalogue
from cgp.mycelium.fediverse.post_text import harmless, shortened, without_mentions
from cgp.mycelium.fediverse.quarantine import Proposal, Quarantine
from cgp.privacy import redact

MAX_REQUEST: Final = 4000
"""Most characters of a request; more is cut off."""

TAGS: Final = 8
LIKES: Final = 5
# Of a text without spaces at the ends of its lines (``without_mentions``), so it needs no way back.
_REQUEST: Final = re.compile(
    r"^(tag|like|add) ?:\s*(\S.*)", re.IGNORECASE | re.MULTILINE | re.DOTALL
)

HELP: Final = (
    "I know three requests: “tag: TEXT” names the subjects of a text, “like: TITLE” recommends "
    "something similar, “add: TITLE, FIELD, …” proposes an item."
)


class Skill(StrEnum):
    """The requests that a post can make."""

    TAG = "tag"
    LIKE = "like"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a post: ``text`` is data of its author."""

    skill: Skill
    text: str


def request_in(text: str) -> Request | None:
    """Return the request in a post's plain text, None where there is none.

    A request begins at the first line that begins with a skill's name and a colon, once mentions
    and hashtags are taken out; all that follows belongs to it.
    """
    match = _REQUEST.search(without_mentions(text[:MAX_REQUEST]))
    return None if match is None else Request(Skill(match[1].lower()), match[2])


def wants_answer(text: str, *, is_mention: bool, is_reply: bool) -> bool:
    """Tell if a post's plain text gets an answer: each request, and a mention that is not a reply.

    A mention without a request gets help. A reply without one gets nothing: two programs that
    answer each other, and do not know each other as such, would never end.
    """
    return request_in(text) is not None or (is_mention and not is_reply)


class Skills:
    """Answers requests. ``author`` below is the address of a person, kept with a proposal."""

    def __init__(
        self, annotator: Annotator, quarantine: Quarantine, catalogue: Catalogue | None = None
    ) -> None:
        self._annotator = annotator
        self._catalogue = catalogue
        self._quarantine = quarantine

    async def answer(self, request: Request, author: str, post: str) -> str:
        """Return the answer to a request of a post: one line that acts on nobody.

        Raises:
            AnnotationError: if tags cannot be made now; it can be asked again.
        """
        if request.skill is Skill.TAG:
            return shortened(await self._tag(request.text))
        if request.skill is Skill.LIKE:
            # Spellings are compared with each title of the catalogue: too long for the event loop.
            return shortened(await asyncio.to_thread(self._like, request.text))
        return shortened(await self._add(request.text, author, post))

    async def _tag(self, text: str) -> str:
        # Each line is a turn of one speaker, so that a long post can be cut like a conversation.
        turns = tuple(Turn(0, line) for line in text.split("\n") if line.strip())
        post = Conversation("post", "fediverse", (Participant("author"),), turns)
        # An answer is read by more people than the question may have been meant for.
        safe = (await asyncio.to_thread(redact, post)).conversation
        metadata = await self._annotator.annotate(safe, max_tags=TAGS, purpose="fediverse")
        tags = [harmless(tag.text) for tag in metadata.tags]
        return (
            f"Tags: {', '.join(filter(None, tags))}" if tags else "I see no subject in that text."
        )

    def _like(self, text: str) -> str:
        if self._catalogue is None:
            return "I have no catalogue to recommend from."
        advice = self._catalogue.like(text, LIKES)
        titles = [harmless(item.label) for item in advice.items]
        if not titles:
            return "My catalogue has nothing like that."
        opening = "I do not know that title. By its words"
        if advice.title:
            opening = f"Like “{harmless(advice.title)}”"
        return f"{opening}: {'; '.join(titles)}"

    async def _add(self, text: str, author: str, post: str) -> str:
        if not await self._quarantine.add(Proposal(post, author, text)):
            return "Too many proposals wait already; please try again another day."
        return "Thank you. Your proposal waits for the operator, who decides on it."
