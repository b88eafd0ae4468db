"""Room on the disk of ``DATA_DIR``: a neuron says that it runs out before a write has failed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from cgp.telemetry.health import Problem

# A database writes into room that it took before: writes go on for a while on a full disk, and the
# one that fails may be the one that matters. An hour of a busy validator writes less than this.
LEAST_FREE_BYTES = 16 * 2**20


def disk_problems(folder: Path) -> Iterator[Problem]:
    """Yield a problem where the disk of ``folder`` has little room left."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        # The folder is not there yet, or no longer: the store's and the telemetry's duties say so.
        return
    if free < LEAST_FREE_BYTES:
        yield Problem(
            "disk",
            f"{free / 2**20:.0f} MiB free on the disk of DATA_DIR",
            "make room: cgp state --prune 30 --compact drops old answers",
        )
