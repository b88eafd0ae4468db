"""Limits on messages of others: keys cost nothing, so all of them together have one too."""

from __future__ import annotations

from collections.abc import Callable

from cgp.signing import RateLimit

_ALL = ""


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
