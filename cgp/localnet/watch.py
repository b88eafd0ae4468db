"""A watch over a run: it ends one whose ground truth only fails."""

from __future__ import annotations

import math
import time

from cgp.localnet.processes import LocalnetError
from cgp.localnet.progress import Progress
from cgp.localnet.reports import Reports, trouble_in

VALIDATOR = "validator"
"""Name of the validator's wallet, process and log."""

_REPORT_SECONDS = 1.0


class Watch:
    """Follows the reports of annotators, and ends a run whose ground truth only fails."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._looked_at = -math.inf
        self._moved_at = time.monotonic()
        self._progress: Progress | None = None
        self.trouble = ""

    @property
    def due(self) -> bool:
        """True when it is time to look again."""
        return time.monotonic() - self._looked_at >= _REPORT_SECONDS

    def see(self, progress: Progress, reports: Reports) -> None:
        """Take note of where the run stands.

        Raises:
            LocalnetError: if nothing has moved for long, and the ground truth's annotators fail.
        """
        now = self._looked_at = time.monotonic()
        self.trouble = trouble_in(reports)
        if progress != self._progress:
            self._progress, self._moved_at = progress, now
        # A slow model moves now and then; one that only fails moves nothing.
        failing = [report for report in reports.get(VALIDATOR, ()) if report.failed]
        if failing and now - self._moved_at > self._patience:
            raise LocalnetError(
                f"nothing has moved for {self._patience:.0f} s, since there is no ground truth:"
                f" {failing[0].last_failure}"
            )
