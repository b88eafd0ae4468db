"""The gateway's view of each worker: speed, jobs at work, failures, and the pause after them."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

FAILURES: Final = 3
"""Failures within ``FAILURE_SECONDS`` after which a worker is paused."""

FAILURE_SECONDS: Final = 60.0
COOLING_SECONDS: Final = 30.0
MAX_COOLING_SECONDS: Final = 300.0
FAULT_SECONDS: Final = 300.0
MAX_FAULT_SECONDS: Final = 86_400.0

# Weight of the newest service time: about the last five jobs count.
_NEWEST = 0.2
# Pause after a worker said that it is full: another gateway uses it too.
_FULL_SECONDS = 0.1


@dataclass
class WorkerStanding:
    """Measurements of one worker by one gateway. Times are seconds on the gateway's clock.

    ``spot_checks`` are answers that agreed with another worker's; ``faults`` are
    answers that were found wrong, or whose usage was forged.
    """

    busy: int = 0
    jobs: int = 0
    losses: int = 0
    spot_checks: int = 0
    faults: int = 0
    service_seconds: float | None = None
    first_token_seconds: float | None = None
    tokens_per_second: float | None = None
    full_until: float = 0.0
    cooling_until: float = 0.0
    is_probing: bool = False
    _pauses: int = 0
    _failed_at: float = -math.inf
    _faults_in_a_row: int = 0
    _failures: deque[float] = field(default_factory=deque)

    @property
    def reputation(self) -> float:
        """Share (0 to 1) of jobs answered well, by Laplace's rule: a new worker has one half."""
        return (max(self.jobs - self.faults, 0) + 1) / (self.jobs + self.losses + 2)

    def is_cooling(self, now: float) -> bool:
        """Tell if the worker is paused after failures."""
        return now < self.cooling_until

    def has_room(self, slots: int, now: float) -> bool:
        """Tell if the worker may be asked now. After a pause it gets one job at a time, a probe."""
        if self.is_cooling(now) or now < self.full_until:
            return False
        return self.busy < (1 if self.is_probing else slots)

    def count_success(self, seconds: float, first_token: float, tokens: int) -> None:
        """Count a job that ended well after ``seconds``."""
        self.jobs += 1
        self.service_seconds = _smooth(self.service_seconds, seconds)
        self.first_token_seconds = _smooth(self.first_token_seconds, first_token)
        if tokens > 1 and seconds > first_token:
            speed = (tokens - 1) / (seconds - first_token)
            self.tokens_per_second = _smooth(self.tokens_per_second, speed)
        self.is_probing = False
        self._pauses = 0
        self._failures.clear()

    def count_failure(self, now: float, began: float | None = None) -> None:
        """Count a job, begun at ``began``, that was lost; too many, or a lost probe, pause the
        worker.

        A job that was at work when an earlier failure was counted tells nothing new for the pause:
        a connection that breaks loses all jobs at once.
        """
        self.losses += 1
        if began is not None and began < self._failed_at:
            return
        self._failed_at = now
        self._failures.append(now)
        while self._failures and self._failures[0] < now - FAILURE_SECONDS:
            self._failures.popleft()
        if self.is_probing or len(self._failures) >= FAILURES:
            pause = min(MAX_COOLING_SECONDS, COOLING_SECONDS * 2**self._pauses)
            self._pauses += 1
            self._pause(now + pause)

    def count_agreement(self) -> None:
        """Count a comparison with another worker in which nothing was wrong."""
        self.spot_checks += 1
        self._faults_in_a_row = 0

    def count_fault(self, now: float) -> None:
        """Count an answer that was found wrong: each in a row pauses the worker twice as long."""
        self.faults += 1
        # An honest worker's odd answer costs one short pause; a liar meets the next check too.
        pause = FAULT_SECONDS * 2**self._faults_in_a_row
        self._faults_in_a_row += 1
        self._pause(max(self.cooling_until, now + min(MAX_FAULT_SECONDS, pause)))

    def _pause(self, until: float) -> None:
        self.cooling_until = until
        self.is_probing = True
        self._failures.clear()

    def count_refusal(self, now: float) -> None:
        """Note that the worker refused a job since it has no slot."""
        self.full_until = now + _FULL_SECONDS


def _smooth(average: float | None, newest: float) -> float:
    return newest if average is None else (1 - _NEWEST) * average + _NEWEST * newest
