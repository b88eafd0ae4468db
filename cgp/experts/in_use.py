"""The tag model with the experts that stand in a ledger: the model of the embedded annotator.

Heads are looked up again once a minute at most, so that an accepted expert is used the next minute
without a restart. A ledger that is damaged or cannot be read leaves the model as it was, and the
log says so.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cgp.experts.errors import DamagedLedgerError, ExpertsError
from cgp.experts.ledger import Ledger
from cgp.experts.specification import released_base
from cgp.experts.standing import Networks, standing_mixture
from cgp.tagmodel import TagModel, shipped_model

logger = logging.getLogger(__name__)

LOOK_SECONDS = 30.0


class OtherModelError(
    ExpertsError, code="experts.other_model", remedy="unset EXPERTS_LEDGER, or begin a new ledger"
):
    """The ledger's experts were measured over another tag model than this release's."""


class LedgerModel:
    """A ``cgp.tagmodel.ModelSource``: the released model and the experts that stand.

    ``clock`` gives seconds that only grow.

    Raises:
        NoLedgerError: if there is no ledger in the folder.
        OtherModelError: if it belongs to another release.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._ledger = Ledger.open(folder)
        base = self._ledger.specification.base
        if base != released_base():
            self._ledger.close()
            raise OtherModelError(
                f"the experts in {folder} belong to the tag model {base[:19]}..., and this release"
                f" has {released_base()[:19]}..."
            )
        self._networks = Networks(self._ledger)
        self._clock = clock
        self._look_seconds = look_seconds
        self._lock = threading.Lock()
        self._looked = -look_seconds
        self._heads: dict[str, str] | None = None
        self._model = shipped_model()

    def current(self) -> TagModel:
        """Return the model with the experts that stand."""
        with self._lock:
            now = self._clock()
            if now - self._looked >= self._look_seconds:
                self._looked = now
                # Answers must not hang on a disk's fault: the last good model goes on.
                try:
                    self._look()
                except (ExpertsError, OSError, sqlite3.Error) as error:
                    logger.warning("The experts stay as they were: %s", error)
            return self._model

    def _look(self) -> None:
        heads = self._ledger.heads()
        # Only a head that moved makes a new mixture; networks in memory stay.
        if heads == self._heads:
            return
        mixture = standing_mixture(self._ledger, self._networks)
        # Networks are loaded when a window needs them, which is too late to find one damaged.
        for digest in heads.values():
            for payload in self._ledger.block(digest).payloads:
                if not self._ledger.blobs.is_whole(payload.digest):
                    raise DamagedLedgerError(f"{payload.digest} of {digest} is missing or damaged")
        self._model = shipped_model().with_addition(mixture if heads else None)
        self._heads = heads
