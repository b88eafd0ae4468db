"""Deferral: conversations that are put off keep their leases, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable

from cgp.store import Lease

MOST_DEFERRED = 16
"""Conversations that are put off at once: half of what a validator may hold at an API."""


class Deferral:
    """Conversations that wait, each until its time; ``clock`` gives seconds that only run."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, tuple[float, Lease]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """True if no further conversation can be put off."""
        return len(self._waiting) >= MOST_DEFERRED

    def put(self, lease: Lease, seconds: float) -> None:
        """Put a conversation off for ``seconds``."""
        self._waiting[lease.conversation.id] = self._clock() + seconds, lease

    def take(self) -> Lease | None:
        """Return the conversation whose time came first, if any has come; it waits no more."""
        if not self._waiting:
            return None
        identifier, (due, lease) = min(self._waiting.items(), key=lambda item: item[1][0])
        if due > self._clock():
            return None
        del self._waiting[identifier]
        return lease

    def clear(self) -> None:
        """Forget all: their leases are gone."""
        self._waiting.clear()
