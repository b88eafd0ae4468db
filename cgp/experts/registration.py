"""The hotkeys of the subnet as a service of experts knows them: read again while it runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

import bittensor as bt

from cgp.errors import CgpError

logger = logging.getLogger(__name__)
_SECONDS: Final = 60.0
"""Age at which the hotkeys are read again: refused callers cannot make it more often."""


class RegisteredHotkeys:
    """Tells whether a hotkey is registered. Safe for threads.

    Args:
        read: reads the subnet's hotkeys from the chain; it may take seconds.
        clock: seconds that only grow.

    Raises:
        bittensor.ChainError: if the first reading fails, as all errors of ``read`` do then.
    """

    def __init__(
        self, read: Callable[[], frozenset[str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._hotkeys = read()
        self._read_at = clock()

    def __call__(self, hotkey: str) -> bool:
        """Return whether a hotkey is registered, by a reading that is at most a minute old.

        While the chain cannot be read the last reading stands, and the log says so.
        """
        with self._lock:
            if self._clock() - self._read_at >= _SECONDS:
                try:
                    self._hotkeys = self._read()
                except (CgpError, bt.ChainError, OSError) as error:
                    logger.warning(
                        "The hotkeys of the subnet stay as they were read last: %s", error
                    )
                # After a failure too: a chain that is away is not asked by every submission.
                self._read_at = self._clock()
            return hotkey in self._hotkeys
