"""Duties: work that a neuron keeps doing, each on its own, restarted after failures, shown by the
health page.

One duty's failure never stops another. Each says when it last succeeded, and within which time it
should have: a duty that hangs is found out like one that fails.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cgp.backoff import pause_after
from cgp.errors import CgpError
from cgp.telemetry.health import Problem

logger = logging.getLogger(__name__)

# Pauses double: work goes on soon after a hiccup, and a service that is down is left in peace.
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0


class DutyName(StrEnum):
    """The duties of a neuron."""

    SERVE = "serve"
    """Answer HTTP requests."""
    SYNC = "sync"
    """Read the metagraph."""
    FORWARD = "forward"
    """Take conversations through (validator), or annotate windows (miner)."""
    WEIGHTS = "weights"
    """Set weights."""
    TELEMETRY = "telemetry"
    """Write measurements."""


@dataclass(frozen=True, slots=True)
class DutyReport:
    """State of a duty: seconds since its last success (None: none yet), failures,
    its last error.
    """

    age_seconds: float | None
    deadline_seconds: float
    failures: int
    failures_in_a_row: int
    error: str


class Duty:
    """One duty. ``deadline`` is the time within which it should succeed again; ``clock`` gives
    seconds.

    ``remedy`` is the operator's remedy when it does not, and no error brings a remedy of its own.
    """

    def __init__(
        self,
        name: DutyName,
        deadline: float,
        remedy: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.deadline = deadline
        self._remedy = remedy
        self._clock = clock
        self._began = clock()
        self._succeeded_at: float | None = None
        self._failures = 0
        self._in_a_row = 0
        self._error = ""
        self._error_remedy = ""

    def note_success(self) -> None:
        """Remember a success."""
        if self._in_a_row:
            logger.warning("%s: works again after %d failures", self.name, self._in_a_row)
        self._succeeded_at = self._clock()
        self._in_a_row, self._error, self._error_remedy = 0, "", ""

    def note_failure(self, why: str, remedy: str = "") -> None:
        """Remember a failure, and say so; one that repeats is said less and less often.

        ``remedy`` is the failure's own, where it has one: it goes for the duty's.
        """
        self._failures += 1
        self._in_a_row += 1
        # ``n & (n - 1)`` is 0 for powers of two: of equal failures in a row the 2nd, 4th, 8th ...
        # are logged.
        quiet = why == self._error and self._in_a_row & (self._in_a_row - 1)
        logger.log(logging.DEBUG if quiet else logging.WARNING, "%s: %s", self.name, why)
        self._error, self._error_remedy = why, remedy

    def report(self) -> DutyReport:
        """Return the state of the duty."""
        since = self._succeeded_at
        return DutyReport(
            age_seconds=None if since is None else self._clock() - since,
            deadline_seconds=self.deadline,
            failures=self._failures,
            failures_in_a_row=self._in_a_row,
            error=self._error,
        )

    def problem(self) -> Problem | None:
        """Return the fault of the duty: it fails, or has not succeeded within its deadline."""
        if self._in_a_row:
            return Problem(self.name, self._error, self._error_remedy or self._remedy)
        since = self._began if self._succeeded_at is None else self._succeeded_at
        if (silent := self._clock() - since) > self.deadline:
            return Problem(self.name, f"no success for {silent:.0f} s", self._remedy)
        return None


class Duties:
    """The duties of one process."""

    def __init__(self, *duties: Duty) -> None:
        self._duties = {duty.name: duty for duty in duties}

    def __getitem__(self, name: DutyName) -> Duty:
        return self._duties[name]

    def problems(self) -> Iterator[Problem]:
        """Yield the fault of each duty that has one."""
        for duty in self._duties.values():
            if (problem := duty.problem()) is not None:
                yield problem

    def reports(self) -> Mapping[str, DutyReport]:
        """Return the state of each duty, by name."""
        return {name.value: duty.report() for name, duty in self._duties.items()}


async def supervise(
    duty: Duty,
    work: Callable[[], Awaitable[None]],
    *,
    fatal: tuple[type[BaseException], ...] = (),
    defect: Callable[[BaseException], bool] = lambda _: True,
) -> None:
    """Do ``work`` until it ends by itself; begin it again, after a growing pause, where it fails.

    Errors in ``fatal`` are raised. ``defect`` says of which errors the traceback is logged.
    """
    while True:
        try:
            await work()
        except Exception as error:
            cause = first_cause(error)
            if isinstance(cause, fatal):
                raise cause from None
            remedy = cause.remedy if isinstance(cause, CgpError) else ""
            duty.note_failure(f"{type(cause).__name__}: {cause}"[:500], remedy)
            if defect(cause):
                logger.exception("%s failed", duty.name, exc_info=cause)
        else:
            return
        in_a_row = duty.report().failures_in_a_row
        pause = pause_after(in_a_row - 1, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause)


def first_cause(error: BaseException) -> BaseException:
    """Return the first error inside nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def duty_details(duties: Duties) -> dict[str, dict[str, object]]:
    """Return the state of each duty, for the health page."""
    return {
        name: {
            "last_success_seconds_ago": None
            if report.age_seconds is None
            else round(report.age_seconds, 1),
            "deadline_seconds": report.deadline_seconds,
            "failures": report.failures,
            "error": report.error,
        }
        for name, report in duties.reports().items()
    }
