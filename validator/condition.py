"""The validator's condition: its duties, the obstacles to them, and the health page that shows
both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cgp
from cgp.chain import ChainAwayError
from cgp.config import Settings
from cgp.store import SerialWorker
from cgp.telemetry import (
    Duties,
    Duty,
    DutyName,
    Health,
    Problem,
    disk_problems,
    duty_details,
)
from validator.holding import Holding
from validator.model_trust import ModelTrust
from validator.pulse import Pulse
from validator.unanswered import Unanswered

STORE_PATIENCE_SECONDS = 5.0
"""Time for one call to the store after which it is said to hang; calls take milliseconds."""

# A monitor gives up after a few seconds: the problems are told without details where the store is
# slow.
_DETAILS_SECONDS = 2.0

_TELEMETRY_SECONDS = 120.0

Details = Callable[[], Mapping[str, Any]]


class Condition:
    """Knows all that is wrong with a validator, from its first second on."""

    def __init__(self, settings: Settings, hotkey: str) -> None:
        validator = settings.validator
        self.duties = Duties(
            Duty(
                DutyName.TELEMETRY,
                _TELEMETRY_SECONDS,
                "make room on the disk of DATA_DIR; see WANDB_MODE",
            ),
            Duty(
                DutyName.SYNC,
                2 * validator.refresh_seconds + settings.subtensor.call_seconds,
                ChainAwayError.remedy,
            ),
            Duty(
                DutyName.FORWARD,
                validator.lease_seconds,
                "see the log for what it waits for; cgp doctor checks model and store",
            ),
            Duty(
                DutyName.WEIGHTS,
                # An attempt reads the metagraph and makes several calls to the chain, each of which
                # may be slow.
                4 * validator.refresh_seconds + 10 * settings.subtensor.call_seconds,
                "the log names what the chain answered; cgp doctor checks permit, stake and version key",
            ),
        )
        self.holding = Holding()
        self.unanswered = Unanswered()
        self.model = ModelTrust()
        self.pulse = Pulse()
        self.stopping = asyncio.Event()
        self.starting = "opening the store and the chain"
        self.standing: dict[str, Problem] = {}
        """Problems that last until the next start, by name."""
        self.outage = ""
        """Why the model does not answer at all; empty where it does."""
        self._hotkey = hotkey
        self._settings = settings
        self._began = time.monotonic()
        self._obstacle: Callable[[], Problem | None] = lambda: None
        self._details: Details = dict
        self._database: SerialWorker | None = None

    def attach(
        self, obstacle: Callable[[], Problem | None], details: Details, database: SerialWorker
    ) -> None:
        """Look at a validator that has started: its obstacles, and its details."""
        self._obstacle, self._details, self._database = obstacle, details, database
        self.starting = ""

    def problems(self) -> Iterator[Problem]:
        """Yield all that is wrong, the most telling first."""
        if self.stopping.is_set():
            yield Problem("stopping", "it was asked to stop", "start it again")
        if self.starting:
            yield Problem("starting", self.starting, "wait; the log says what it waits for")
        yield from self.standing.values()
        if (fault := self.holding.fault) is not None:
            yield Problem("holding", fault.reason, fault.remedy)
        if (obstacle := self._obstacle()) is not None:
            yield obstacle
        elif not self.starting and self.duties[DutyName.FORWARD].report().age_seconds is None:
            yield Problem("starting", "loading what is remembered", "wait a moment")
        if model := self.outage or self.model.error:
            yield Problem("model", model, "check LLM_TYPE, LLM_MODEL, the key and the budget")
        if (busy := self._store_silence()) > STORE_PATIENCE_SECONDS:
            yield Problem(
                "store",
                f"the store has not answered for {busy:.0f} s",
                "see what else holds DATABASE_URL or DATA_DIR/store.sqlite, and whether the disk is full",
            )
        yield from disk_problems(self._settings.data_dir)
        yield from self.duties.problems()

    def _store_silence(self) -> float:
        return self._database.busy_seconds if self._database is not None else 0.0

    def brief_health(self) -> Health:
        """Return the validator's health without details: the store is not asked."""
        return Health(tuple(self.problems()), {})

    async def health(self) -> Health:
        """Return the validator's health. Never fails, in any state of the store."""
        try:
            async with asyncio.timeout(_DETAILS_SECONDS):
                details = await asyncio.to_thread(self._details)
        except Exception as error:  # noqa: BLE001 - the page must be there above all when things fail
            details = {"details": f"not to be had: {type(error).__name__}"}
        common = {
            "version": cgp.__version__,
            "netuid": self._settings.netuid,
            "hotkey": self._hotkey,
            "uptime_seconds": round(time.monotonic() - self._began, 1),
            "duties": duty_details(self.duties),
        }
        return Health(tuple(self.problems()), common | dict(details))
