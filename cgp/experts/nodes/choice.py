"""Choice of a node for a call: of two drawn at random the one that promises to answer sooner."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field

_NEW_SECONDS = 0.05
"""Latency that is taken for a node of which nothing is known yet."""
_SHARE_OF_THE_LAST = 0.2


@dataclass(slots=True)
class NodeStanding:
    """A node as the reader knows it.

    ``latency`` is a moving average in seconds. ``fault`` says why it is asked no more, or is empty.
    """

    latency: float = _NEW_SECONDS
    running: int = 0
    calls: int = 0
    failures: int = 0
    fault: str = ""


@dataclass
class NodeChoice:
    """Load, latency and faults of nodes, by id. ``draws`` picks the two that are compared.

    The better of two random nodes keeps the load even without a look at all of them (Mitzenmacher
    2001).
    """

    draws: random.Random
    nodes: dict[str, NodeStanding] = field(default_factory=dict)

    def pick(self, candidates: Collection[str]) -> str | None:
        """Return a node to ask, None where every candidate is under quarantine."""
        good = sorted(node for node in candidates if not self.of(node).fault)
        if not good:
            return None
        return min(self.draws.sample(good, min(2, len(good))), key=self._promise)

    def of(self, node: str) -> NodeStanding:
        """Return the standing of a node."""
        return self.nodes.setdefault(node, NodeStanding())

    def begin(self, node: str) -> None:
        """Note a call that begins."""
        self.of(node).running += 1
        self.of(node).calls += 1

    def end(self, node: str, seconds: float, *, failed: bool) -> None:
        """Note the end of a call; a failure counts as slow, so that others are tried first."""
        standing = self.of(node)
        standing.running -= 1
        standing.failures += failed
        standing.latency += _SHARE_OF_THE_LAST * (seconds - standing.latency)

    def quarantine(self, node: str, fault: str) -> None:
        """Ask a node no more: it gave other values than the expert does."""
        self.of(node).fault = fault

    def _promise(self, node: str) -> float:
        standing = self.of(node)
        return (1 + standing.running) * standing.latency
