"""Plan of an export: the finished conversations that are good enough, and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_to_json
from cgp.store import QualityRecord, Store, StoredConversation


class Original(Protocol):
    """The conversation that another one nearly repeats."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


FindNearDuplicate = Callable[[Conversation], Original | None]
"""Returns the conversation of an earlier call that this one nearly repeats, None if
there is none.
"""


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """A conversation of the export; ``digest`` covers all that its rows depend on in the store."""

    id: str
    digest: bytes
    near_duplicate_of: str | None


@dataclass(frozen=True)
class Plan:
    """The conversations of an export by id, and the number of finished ones left out, by reason."""

    entries: tuple[PlanEntry, ...]
    below_quality: int
    unmeasured: int

    def fingerprint(self, recipe: str) -> str:
        """Return a SHA-256 (hex) that is equal for an equal recipe and equal conversations."""
        digest = hashlib.sha256(recipe.encode())
        for entry in self.entries:
            facts = [entry.id, entry.digest.hex(), entry.near_duplicate_of]
            digest.update(json.dumps(facts).encode())
        return digest.hexdigest()


def make_plan(
    store: Store,
    *,
    min_quality: float | None = None,
    find_near_duplicate: FindNearDuplicate | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Plan:
    """Read the finished conversations, in order of arrival, a page of them in memory at a time.

    An entry takes some 300 bytes. ``min_quality`` leaves out conversations below it and
    conversations without a measured quality. ``progress`` is called with the number of
    conversations read.
    """
    entries: list[PlanEntry] = []
    below = unmeasured = 0
    for number, conversation in enumerate(_finished_conversations(store), 1):
        progress(number)
        quality = store.quality_of(conversation.conversation.id)
        # Not measured is not good: without a minimum it is taken, with one it is counted apart.
        if min_quality is not None and quality is None:
            unmeasured += 1
        elif min_quality is not None and quality and quality.quality.summary < min_quality:
            below += 1
        else:
            original = (
                find_near_duplicate(conversation.conversation) if find_near_duplicate else None
            )
            entries.append(_entry(conversation, quality, original))
    # By id and not by arrival: two stores with the same conversations make the same dataset.
    entries.sort(key=lambda entry: entry.id)
    return Plan(tuple(entries), below, unmeasured)


def _finished_conversations(store: Store) -> Iterable[StoredConversation]:
    return store.corpus(mined_only=True)


def _entry(
    conversation: StoredConversation, quality: QualityRecord | None, original: Original | None
) -> PlanEntry:
    metadata = conversation.metadata.to_json() if conversation.metadata else None
    facts = [conversation_to_json(conversation.conversation), metadata, repr(quality)]
    text = json.dumps(facts, sort_keys=True)
    return PlanEntry(
        conversation.conversation.id,
        # Half of the hash: 128 bits tell all conversations apart, and a plan holds one for each.
        hashlib.sha256(text.encode()).digest()[:16],
        original.id if original else None,
    )
