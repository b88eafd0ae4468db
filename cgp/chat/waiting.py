"""The queue before the workers: fair among keys, bounded, first come first served within a key."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from cgp.chat.errors import ChatError
from cgp.chat.requests import ChatQuestion


@dataclass(eq=False, slots=True)
class Ticket:
    """One request that waits for a worker: its key, its owner's token, its past workers, and the
    error of the last of them.
    """

    key: str
    owner: str
    question: ChatQuestion
    begun_at: float
    place: asyncio.Future[str]
    past_workers: set[str] = field(default_factory=set)
    last_word: ChatError | None = None


class FairQueue:
    """Tickets of many keys. A key that had fewer places lately comes first."""

    def __init__(self, limit: int, most_per_key: int) -> None:
        self._most = limit
        self._most_per_key = most_per_key
        self._tickets: dict[str, deque[Ticket]] = {}
        # Places that each waiting key had, counted from the least of all when it came.
        self._places: dict[str, float] = {}
        self._floor = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._tickets.values()))

    def add(self, ticket: Ticket) -> None:
        """Let a ticket wait.

        Raises:
            ChatError: 429 where too many wait.
        """
        line = self._tickets.get(ticket.key, ())
        if len(self) >= self._most:
            raise ChatError(429, "queue_full", "too many requests wait", retry_after=2.0)
        if len(line) >= self._most_per_key:
            message = f"{len(line)} requests of this key wait already"
            raise ChatError(429, "queue_full", message, retry_after=2.0)
        if ticket.key not in self._tickets:
            # A newcomer starts level: past quiet is not credit, past use no debt.
            self._places[ticket.key] = max(self._places.get(ticket.key, 0.0), self._floor)
            self._tickets[ticket.key] = deque()
        self._tickets[ticket.key].append(ticket)

    def remove(self, ticket: Ticket) -> None:
        """Take a ticket out. Idempotent."""
        line = self._tickets.get(ticket.key)
        if line is None or ticket not in line:
            return
        line.remove(ticket)
        if not line:
            del self._tickets[ticket.key]
            self._forget_old()

    def count(self, key: str) -> None:
        """Count a place that a ticket of ``key`` got."""
        # Start-time fair queueing: the clock of the queue is the start of the job served last.
        self._floor = max(self._places.get(key, 0.0), self._floor)
        self._places[key] = self._floor + 1.0

    def in_order(self) -> Iterator[Ticket]:
        """Yield the tickets in the order in which they deserve a place."""
        places = {key: self._places.get(key, 0.0) for key in self._tickets}
        lines = {key: deque(line) for key, line in self._tickets.items()}
        while lines:
            key = min(lines, key=places.__getitem__)
            yield lines[key].popleft()
            places[key] += 1.0
            if not lines[key]:
                del lines[key]

    def _forget_old(self) -> None:
        if len(self._places) > 10_000:
            self._places = {key: self._places[key] for key in self._tickets}
