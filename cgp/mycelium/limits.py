"""Limits on messages of others: keys cost nothing, so all of them together have one too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cgp.signing import RateLimit

_ALL = ""

# Events a minute, of one node and of all: heads that are handed out (answers ten times as long as
# the request), messages that are heard (an honest node sends a few a beat, and beats five times a
# second at most), and faults that are kept.
HAND_OUTS: Final = (30, 1200)
MESSAGES: Final = (3600, 60_000)
FAULTS: Final = (60, 600)


class NodeLimit:
    """Limit of events a minute, of each node and of all together. ``clock`` gives seconds."""

    def __init__(self, of_one: float, of_all: float, clock: Callable[[], float]) -> None:
        self._of_one = RateLimit(of_one, clock=clock)
        self._of_all = RateLimit(of_all, clock=clock)

    def allows(self, node: str) -> bool:
        """Tell if a node may cause one more event now, and count it if so."""
        if self._of_one.wait(node) or self._of_all.wait(_ALL):
            return False
        self._of_one.count(node)
        self._of_all.count(_ALL)
        return True
