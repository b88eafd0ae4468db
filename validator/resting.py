"""Rest for miners that keep failing, so that they do not slow the others down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LEAST_FAILURES: Final = 3
FIRST_REST_SECONDS: Final = 1.0
"""Short, since a restart takes seconds: no miner should lose more windows than it was away for."""
LONGEST_REST_SECONDS: Final = 60.0


class Asking(StrEnum):
    """Decision about asking a miner now."""

    ASK = "ask"
    PROBE = "probe"
    """Ask, to see if the miner is back; no other request goes to it meanwhile."""
    REST = "rest"


@dataclass(slots=True)
class _Failures:
    in_a_row: int = 0
    rest: float = 0.0
    until: float = 0.0
    probing: bool = False


class Resting:
    """Remembers which miners did not answer.

    After three failures in a row (silence or no connection, not a bad answer) a miner rests for a
    second. Then one request, the probe, goes through; each probe that fails doubles the rest, to at
    most a minute. So an outage costs at most about twice its own length. While a miner rests it
    counts as silent for each window that it is chosen for (silence is a zero, so resting is not a
    way out). ``clock`` gives seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, _Failures] = {}

    def seconds_left(self, hotkey: str) -> float:
        """Return the seconds until a miner may be asked again (0: now)."""
        failures = self._failures.get(hotkey)
        return max(0.0, failures.until - self._clock()) if failures else 0.0

    def rests(self, hotkey: str) -> bool:
        """Tell if a miner would not be asked now. Begins no probe."""
        failures = self._failures.get(hotkey)
        return failures is not None and (failures.probing or failures.until > self._clock())

    def asking(self, hotkey: str) -> Asking:
        """Decide about asking a miner now; a probe must end in ``note_failure`` or
        ``note_answer``.
        """
        failures = self._failures.get(hotkey)
        # No failures, or too few for a rest.
        if failures is None or failures.rest == 0 == failures.until:
            return Asking.ASK
        if self.rests(hotkey):
            return Asking.REST
        failures.probing = True
        return Asking.PROBE

    def note_failure(self, hotkey: str, asking: Asking = Asking.ASK) -> None:
        """Remember that a miner did not answer a request that ``asking`` allowed."""
        failures = self._failures.setdefault(hotkey, _Failures())
        failures.in_a_row += 1
        if asking is Asking.PROBE:
            failures.rest = min(2 * failures.rest or FIRST_REST_SECONDS, LONGEST_REST_SECONDS)
        elif failures.rest > 0 or failures.in_a_row < LEAST_FAILURES:
            # It was on its way when the rest began: the same outage, told twice.
            return
        else:
            failures.rest = FIRST_REST_SECONDS
        failures.probing = False
        failures.until = self._clock() + failures.rest

    def asked_to_wait(self, hotkey: str, seconds: float) -> None:
        """Leave a miner in peace for as long as it asks (at most a minute)."""
        failures = self._failures.setdefault(hotkey, _Failures())
        failures.probing = False
        failures.until = self._clock() + min(seconds, LONGEST_REST_SECONDS)

    def note_answer(self, hotkey: str) -> None:
        """Remember that a miner answered."""
        self._failures.pop(hotkey, None)

    def forgive(self, hotkeys: Iterable[str]) -> None:
        """Forget the failures of miners that were not to blame."""
        for hotkey in hotkeys:
            self._failures.pop(hotkey, None)
