"""A watch over a run: it ends one whose ground truth only fails, or in which nothing moves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence

from cgp.annotators.report import AnnotatorReport
from cgp.chain import Profile
from cgp.counts import counted
from cgp.localnet.processes import LocalnetError
from cgp.localnet.progress import Progress
from cgp.localnet.reports import Reports, trouble_in

VALIDATOR = "validator"
"""Name of the validator's wallet, process and log."""

_REPORT_SECONDS = 1.0
_FAILING_SECONDS = 120.0
# A slow model may fail once, or be one of several: one that is of no use fails again and again.
_FAILURES = 3
_STANDING_SECONDS = 900.0  # a slow model may move only every few minutes


def watch_over(profile: Profile, *, stays: bool) -> Watch:
    """Return the watch over a run; a network that stays may stand as long as it likes.

    A validator may wait two epochs for its permit, which on the main network is over two hours.
    """
    epochs = 2 * profile.rules.tempo * profile.block_seconds
    return Watch(_FAILING_SECONDS, math.inf if stays else _STANDING_SECONDS + epochs)


class Watch:
    """Follows the reports of annotators, and ends a run that stands still.

    ``patience`` and ``limit`` are seconds without progress: ``patience`` where the ground truth
    fails, ``limit`` whatever the cause.
    """

    def __init__(
        self, patience: float, limit: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience = patience
        self._limit = limit
        self._clock = clock
        self._looked_at = -math.inf
        self._moved_at = clock()
        self._progress: Progress | None = None
        self._failures_before: Mapping[str, int] = {}
        self.trouble = ""

    @property
    def due(self) -> bool:
        """True when it is time to look again."""
        return self._clock() - self._looked_at >= _REPORT_SECONDS

    def see(self, progress: Progress, reports: Reports) -> None:
        """Take note of where the run stands.

        Raises:
            LocalnetError: if nothing has moved for long.
        """
        now = self._looked_at = self._clock()
        self.trouble = trouble_in(reports)
        truths = reports.get(VALIDATOR, ())
        if progress != self._progress:
            self._progress, self._moved_at = progress, now
            self._failures_before = {report.annotator: report.failed for report in truths}
        if progress.is_finished:
            return
        standing = now - self._moved_at
        if standing > self._patience and self._fails_only(truths):
            raise LocalnetError(
                f"nothing has moved for {self._patience:.0f} s, since there is no ground truth:"
                f" {truths[0].last_failure}"
            )
        if standing > self._limit:
            raise LocalnetError(
                f"nothing has moved for {self._limit:.0f} s while {progress.stage}:"
                f" {counted(progress.conversations_done, 'conversation')} of"
                f" {progress.conversations} done, {progress.windows_done} of"
                f" {counted(progress.windows, 'window')}; the validator's log says why"
            )

    def _fails_only(self, truths: Sequence[AnnotatorReport]) -> bool:
        """Tell if every annotator of ground truths has failed again and again since it moved."""
        return bool(truths) and all(
            report.failed - self._failures_before.get(report.annotator, 0) >= _FAILURES
            for report in truths
        )
