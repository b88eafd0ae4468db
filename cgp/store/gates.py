"""Gates of stored conversations: each is redacted once, while it is asked about."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from cgp.conversation import Conversation
from cgp.privacy import Gate, Redaction, RedactionPolicy

MOST_CHARACTERS = 8_000_000
"""Text of the conversations whose gates are kept."""


class _Conversations(Protocol):
    def conversation(self, conversation_id: str) -> Conversation | None:
        """Return one conversation, None where there is none of this id."""
        ...

    def content_hashes(self, conversation_ids: Iterable[str]) -> dict[str, str]:
        """Return the content hash of each of these conversations that is stored, by its id."""
        ...

    def redaction_of(self, conversation: Conversation, policy: RedactionPolicy) -> Redaction:
        """Return a stored conversation's redaction under a policy."""
        ...


@dataclass(frozen=True, slots=True)
class _Entry:
    """A gate with the hash of the content that it was made of, and the characters of that."""

    gate: Gate
    content_hash: str
    characters: int


class Gates:
    """The gates of a store's conversations under one policy. Any thread may use it.

    A conversation's redacted form is kept for the next question about it, as long as its content
    is the same: a later import may replace a conversation by a longer one. At most
    ``most_characters`` of text are kept, the last asked about.
    """

    def __init__(
        self,
        store: _Conversations,
        policy: RedactionPolicy,
        *,
        most_characters: int = MOST_CHARACTERS,
    ) -> None:
        self._store = store
        self._policy = policy
        self._most_characters = most_characters
        self._cache: OrderedDict[str, _Entry] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()  # over the memory only: threads redact beside each other

    def of(self, conversation_id: str) -> Gate | None:
        """Return a conversation's gate, None where there is no such conversation."""
        content = self._store.content_hashes([conversation_id]).get(conversation_id)
        if content is None:
            return None
        with self._lock:
            entry = self._cache.get(conversation_id)
            if entry is not None and entry.content_hash == content:
                self._cache.move_to_end(conversation_id)
                return entry.gate
        conversation = self._store.conversation(conversation_id)
        if conversation is None:
            return None
        redaction = self._store.redaction_of(conversation, self._policy)
        gate = Gate(conversation, redaction, self._policy)
        self._keep(conversation, content, gate)
        return gate

    def _keep(self, conversation: Conversation, content: str, gate: Gate) -> None:
        characters = sum(len(turn.text) for turn in conversation.turns)
        with self._lock:
            if (old := self._cache.pop(conversation.id, None)) is not None:
                self._characters -= old.characters
            self._cache[conversation.id] = _Entry(gate, content, characters)
            self._characters += characters
            while self._characters > self._most_characters and len(self._cache) > 1:
                _, oldest = self._cache.popitem(last=False)
                self._characters -= oldest.characters
