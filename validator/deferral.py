"""Deferral: conversations that are put off keep their leases, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from cgp.conversation import Conversation
from cgp.store import Lease


class Deferral:
    """Leases of conversations that wait, each until its time: at most ``most``, None for no bound.

    ``clock`` gives seconds that only run.
    """

    def __init__(
        self, most: int | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._clock = clock
        self._waiting: dict[str, tuple[float, Lease]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """True if no further conversation can be put off."""
        return self._most is not None and len(self._waiting) >= self._most

    def put(self, lease: Lease, seconds: float) -> None:
        """Put a conversation off for ``seconds``."""
        identifier = lease.conversation.id
        # Its text is not kept: it may be forgotten meanwhile, and a thousand may wait.
        fence = replace(lease, conversation=Conversation(identifier, "", (), ()))
        self._waiting[identifier] = self._clock() + seconds, fence

    def take(self) -> Lease | None:
        """Return the lease whose time came first, if any has come; it waits no more.

        The conversation in it has its id only.
        """
        if not self._waiting:
            return None
        identifier, (due, lease) = min(self._waiting.items(), key=lambda item: item[1][0])
        if due > self._clock():
            return None
        del self._waiting[identifier]
        return lease

    def clear(self) -> list[Lease]:
        """Return all leases, of which none waits any more."""
        leases = [lease for _, lease in self._waiting.values()]
        self._waiting.clear()
        return leases
