"""Keeping: chats of the keys that want it become conversations of the store, to be mined as others.

The longer of two chats that begin alike takes the place of the shorter (see ``cgp.store.growth``),
so a chat that goes on stays one conversation. Instructions to a model and passages of memory are no
words of a participant, and are not kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cgp.chat.access import Caller
from cgp.chat.requests import ChatQuestion, text_of
from cgp.conversation import MAX_CHARACTERS, MAX_TURN_CHARACTERS, Conversation, Participant, Turn
from cgp.errors import CgpError
from cgp.store import Store

logger = logging.getLogger(__name__)

SOURCE: Final = "chat"
# Instructions and answers of tools are not talk of anybody.
_SPEAKERS: Final = {"user": 0, "assistant": 1}


class ChatKeeper:
    """Stores chats. ``now`` returns epoch seconds."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now

    async def keep(self, caller: Caller, question: ChatQuestion, answer: str, model: str) -> None:
        """Store a chat up to an answer. A fault is logged: the answer itself stands."""
        conversation = chat_as_conversation(caller, question, answer, model, self._now())
        if conversation is None:
            return
        try:
            await asyncio.to_thread(self._store.take_conversations, [conversation])
        except (CgpError, SQLAlchemyError, OSError):
            logger.exception("a chat could not be kept")


def chat_as_conversation(
    caller: Caller, question: ChatQuestion, answer: str, model: str, now: float
) -> Conversation | None:
    """Return a chat as a conversation of two participants, None where it has no words of both.

    The user is named User: a key's name is often a person's.
    """
    messages = [
        (_SPEAKERS[message["role"]], text_of(message.get("content")))
        for message in question.body.get("messages", ())
        if message["role"] in _SPEAKERS
    ]
    messages.append((_SPEAKERS["assistant"], answer))
    turns = tuple(
        Turn(speaker, text.strip()[:MAX_TURN_CHARACTERS])
        for speaker, text in messages
        if text.strip()
    )
    is_both = {turn.speaker for turn in turns} == set(_SPEAKERS.values())
    if not is_both or sum(len(turn.text) for turn in turns) > MAX_CHARACTERS:
        return None
    beginning = f"{caller.key}\0{question.affinity}".encode()
    return Conversation(
        id=f"chat-{hashlib.sha256(beginning).hexdigest()[:32]}",
        source=SOURCE,
        participants=(Participant("User"), Participant(f"Assistant ({model})"[:200])),
        turns=turns,
        title=" ".join(turns[0].text.split())[:80],
        started_at=datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
    )
