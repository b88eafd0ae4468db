"""Redacting ahead: the conversations that are next in line, on a thread of its own.

A validator that takes one then finds its redaction made.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from cgp.conversation import Conversation
from cgp.privacy import Redaction, RedactionPolicy
from cgp.store_errors import StoreError

logger = logging.getLogger(__name__)

CONVERSATIONS_AHEAD: Final = 16
"""Conversations that are redacted ahead of any request: takers come seldom, imports at once."""


class _Conversations(Protocol):
    def next_unredacted(self, policy: RedactionPolicy, count: int) -> list[str]:
        """Return the ids of the conversations that are next in line and lack a redaction."""
        ...

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Return one conversation, None where there is none of this id."""
        ...

    def redaction_of(self, conversation: Conversation, policy: RedactionPolicy) -> Redaction:
        """Return a stored conversation's redaction, made where there is none."""
        ...


class RedactingAhead:
    """Redacts the next conversations in line at each wake-up. Any thread may wake it."""

    def __init__(
        self, store: _Conversations, policy: RedactionPolicy, *, count: int = CONVERSATIONS_AHEAD
    ) -> None:
        self._store = store
        self._policy = policy
        self._count = count
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="redacting-ahead")
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # over the one round that waits its turn
        self._next: Future[None] | None = None

    def wake(self) -> Future[None]:
        """Begin a round, unless one waits to begin already; return that round."""
        with self._lock:
            if self._next is None:
                self._next = self._executor.submit(self._round)
            return self._next

    def _round(self) -> None:
        with self._lock:
            self._next = None
        try:
            for identifier in self._store.next_unredacted(self._policy, self._count):
                if self._stopping.is_set():
                    return
                conversation = self._store.conversation(identifier)
                if conversation is not None:
                    self._store.redaction_of(conversation, self._policy)
        except (SQLAlchemyError, StoreError) as error:
            # Nothing is lost: a conversation that is taken without a redaction gets it then.
            logger.warning("Redacting ahead stopped until it is asked again: %s", error)

    def close(self) -> None:
        """End after the conversation under way. A round that waits is dropped."""
        self._stopping.set()
        self._executor.shutdown(cancel_futures=True)
