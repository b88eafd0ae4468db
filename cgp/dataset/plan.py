"""What an export holds: the finished conversations that are good enough, and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_to_json
from cgp.store import QualityRecord, Store, StoredConversation


class Repeated(Protocol):
    """The conversation that another one nearly repeats."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


FindNearDuplicate = Callable[[Conversation], Repeated | None]
"""Says what a conversation nearly repeats of those it was called with before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation of the export; ``digest`` covers all that its rows depend on in the store."""

    id: str
    digest: bytes
    near_duplicate_of: str | None


@dataclass(frozen=True)
class Plan:
    """The conversations of an export by id, and how many finished ones were left out, and why."""

    entries: tuple[Entry, ...]
    below_quality: int
    unmeasured: int

    def fingerprint(self, recipe: str) -> str:
        """Return a SHA-256 (hex) that is equal for an equal recipe and equal conversations."""
        digest = hashlib.sha256(recipe.encode())
        for entry in self.entries:
            known = [entry.id, entry.digest.hex(), entry.near_duplicate_of]
            digest.update(json.dumps(known).encode())
        return digest.hexdigest()


def make_plan(
    store: Store,
    *,
    min_quality: float | None = None,
    find_near_duplicate: FindNearDuplicate | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Plan:
    """Read the finished conversations, in order of arrival, a page of them in memory at a time.

    What is kept of each is some 300 bytes. With ``min_quality`` those below it, and those whose
    quality is not known, are left out. ``progress`` is told how many were read.
    """
    entries: list[Entry] = []
    below = unmeasured = 0
    for number, stored in enumerate(_finished(store), 1):
        progress(number)
        quality = store.quality_of(stored.conversation.id)
        if min_quality is not None and quality is None:
            unmeasured += 1
        elif min_quality is not None and quality and quality.quality.summary < min_quality:
            below += 1
        else:
            found = find_near_duplicate(stored.conversation) if find_near_duplicate else None
            entries.append(_entry(stored, quality, found))
    entries.sort(key=lambda entry: entry.id)
    return Plan(tuple(entries), below, unmeasured)


def _finished(store: Store) -> Iterable[StoredConversation]:
    return store.corpus(mined_only=True)


def _entry(
    stored: StoredConversation, quality: QualityRecord | None, found: Repeated | None
) -> Entry:
    metadata = stored.metadata.to_json() if stored.metadata else None
    known = [conversation_to_json(stored.conversation), metadata, repr(quality)]
    text = json.dumps(known, sort_keys=True)
    return Entry(
        stored.conversation.id,
        hashlib.sha256(text.encode()).digest()[:16],
        found.id if found else None,
    )
