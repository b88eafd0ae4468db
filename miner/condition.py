"""The miner's condition: its duties, its model, its clock, and all that is wrong with them."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from typing import Final

from cgp.backoff import pause_after
from cgp.chain import ChainAwayError
from cgp.config import Settings
from cgp.telemetry import Duties, Duty, DutyName, Problem, disk_problems

logger = logging.getLogger(__name__)

MODEL_FAILURES: Final = 3
"""Windows in a row without an annotation after which the model is left in peace for a while."""
FIRST_PAUSE_SECONDS: Final = 2.0
LONGEST_PAUSE_SECONDS: Final = 60.0
STALE_REQUESTS: Final = 3
"""Well-signed requests in a row that came at another time: by then it is our clock,
not a caller's.
"""

FRESH_SECONDS: Final = 60.0
"""Time for which one fresh request shows that our clock is right."""

_ALIVE_SECONDS = 30.0
_TELEMETRY_SECONDS = 120.0


class ModelWatch:
    """Watch over the annotator. ``clock`` gives seconds.

    After some failures in a row tasks are refused without asking it, since each call may be
    billed; one is let through after a pause that doubles, to see whether it works again.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._in_a_row = 0
        self._until = 0.0
        self.error = ""

    @property
    def failing(self) -> bool:
        """True if the model is taken to be dead."""
        return self._in_a_row >= MODEL_FAILURES

    def wait(self) -> float:
        """Return the seconds until the next task may be tried (0: now)."""
        return max(0.0, self._until - self._clock()) if self.failing else 0.0

    def note_success(self) -> None:
        """Remember an annotation."""
        if self.failing:
            logger.warning("The annotator works again")
        self._in_a_row, self.error = 0, ""

    def note_failure(self, why: str) -> None:
        """Remember a failure; pause where there are too many."""
        self._in_a_row += 1
        self.error = why
        if self.failing:
            pause = pause_after(
                self._in_a_row - MODEL_FAILURES,
                first=FIRST_PAUSE_SECONDS,
                longest=LONGEST_PAUSE_SECONDS,
            )
            self._until = self._clock() + pause
            logger.error(
                "%d windows in a row without an annotation (%s): tasks are refused for %.0f s",
                self._in_a_row,
                why,
                pause,
            )


class ClockWatch:
    """Watch over this machine's clock, by the clocks of the validators that call.

    One validator's clock may be wrong: as long as others' requests come in time, ours is right.
    ``clock`` gives seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._offsets: list[float] = []
        self._fresh_until = -math.inf

    def stale(self, hotkey: str, seconds: float) -> None:
        """Remember a well-signed request from ``seconds`` ahead of our clock (below 0: behind)."""
        was_stale = bool(self.reason)
        self._offsets = [*self._offsets, seconds][-STALE_REQUESTS:]
        if self.reason and not was_stale:
            logger.warning("%s, as %s shows: no request is answered", self.reason, hotkey)

    def fresh(self) -> None:
        """Remember a request that came in time."""
        self._offsets.clear()
        self._fresh_until = self._clock() + FRESH_SECONDS

    @property
    def reason(self) -> str:
        """Description of the fault; empty without one."""
        # A request that came in time clears our clock: the callers with other times are wrong.
        if len(self._offsets) < STALE_REQUESTS or self._clock() < self._fresh_until:
            return ""
        # The median: one caller with a wrong clock must not name the size of the error.
        middle = sorted(self._offsets)[STALE_REQUESTS // 2]
        side = "behind" if middle > 0 else "ahead of"
        return f"this machine's clock is {abs(middle):.1f} s {side} the validators' that call"


class Condition:
    """Knows all that is wrong with a miner."""

    def __init__(self, settings: Settings) -> None:
        self.duties = Duties(
            Duty(
                DutyName.TELEMETRY,
                _TELEMETRY_SECONDS,
                "make room on the disk of DATA_DIR; see WANDB_MODE",
            ),
            Duty(
                DutyName.SERVE,
                _ALIVE_SECONDS,
                "see whether another program or a firewall on this machine holds the port",
            ),
            Duty(
                DutyName.SYNC,
                2 * settings.miner.refresh_seconds + settings.subtensor.call_seconds,
                ChainAwayError.remedy,
            ),
        )
        self._data_dir = settings.data_dir
        self.model = ModelWatch()
        self.clock = ClockWatch()
        self.stopping = False
        self.starting = "the metagraph has not been read yet"
        self.registered = True
        self.replaced_by = ""
        """The address at which another process advertises this hotkey; empty where none does."""

    def problems(self) -> Iterator[Problem]:
        """Yield all that is wrong, the most telling first."""
        if self.stopping:
            yield Problem("stopping", "it was asked to stop", "start it again")
        if self.starting:
            yield Problem("starting", self.starting, "wait; the log says what it waits for")
        if not self.registered:
            yield Problem(
                "unregistered",
                "the hotkey is no longer registered on the subnet",
                "register it again with btcli subnets register",
            )
        if self.replaced_by:
            yield Problem(
                "replaced",
                f"another process with this hotkey advertises {self.replaced_by}",
                "stop one of the two, and start the other anew",
            )
        if reason := self.clock.reason:
            yield Problem("clock", reason, "set this machine's clock (timedatectl, chrony)")
        if self.model.failing:
            yield Problem(
                "model", self.model.error, "check LLM_TYPE, LLM_MODEL, the key and the budget"
            )
        yield from disk_problems(self._data_dir)
        for problem in self.duties.problems():
            name = "chain away" if problem.name == DutyName.SYNC else problem.name
            yield Problem(name, problem.reason, problem.remedy)
