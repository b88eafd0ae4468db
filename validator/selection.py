"""Selection of miners for a window: fair, unpredictable to them, repeatable to us."""

from __future__ import annotations

import hashlib
import ipaddress
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cgp.chain.metagraph import Metagraph

# A miner that was away for long is not flooded to catch up with the others.
_MOST_BEHIND = 3


@dataclass(frozen=True, slots=True)
class MinerCandidate:
    """A miner that can be asked: where it serves, and since when its hotkey holds its uid."""

    uid: int
    hotkey: str
    coldkey: str
    axon: str
    registered_at: int


def candidates(
    metagraph: Metagraph, own_hotkey: str, *, allow_private: bool
) -> tuple[MinerCandidate, ...]:
    """Return every neuron that serves, by uid, except ourselves.

    A validator that serves is asked as well: its reward as a miner depends on its answers. Unless
    ``allow_private``, addresses that are not on the public internet are left out, so that no miner
    can aim a validator's requests at its operator's own network by advertising one.
    """
    return tuple(
        MinerCandidate(n.uid, n.hotkey, n.coldkey, n.axon, n.registered_at)
        for n in metagraph.neurons
        if n.axon is not None and n.hotkey != own_hotkey and (allow_private or is_public(n.axon))
    )


def is_public(axon: str) -> bool:
    """Tell if an ``ip:port`` (``[ip]:port``) is on the public internet."""
    host = axon.rpartition(":")[0].strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Multicast addresses count as global in ``ipaddress``, and reach many machines.
    return address.is_global and not address.is_multicast


class Selection:
    """Chooses miners so that all are asked equally often.

    ``asked`` says how many windows each hotkey was asked about so far. A newcomer starts at the
    present level, so it is asked as often as the others, not instead of them.
    """

    def __init__(self, times_asked: Mapping[str, int], seed: int) -> None:
        self._asked = dict(times_asked)
        self._seed = seed

    @property
    def times_asked(self) -> Mapping[str, int]:
        """Number of windows that each hotkey was asked about."""
        return self._asked

    def replace(self, times_asked: Mapping[str, int]) -> None:
        """Take over how many windows each hotkey was asked about, as it is stored."""
        self._asked = dict(times_asked)

    def choose(
        self, among: Sequence[MinerCandidate], count: int, conversation_id: str, window: int
    ) -> tuple[MinerCandidate, ...]:
        """Return ``count`` miners (or all there are) for a window, and remember that they are
        asked.
        """
        miners = self.order(among, conversation_id, window)[:count]
        self.remember(miners, among)
        return miners

    def order(
        self, among: Sequence[MinerCandidate], conversation_id: str, window: int
    ) -> tuple[MinerCandidate, ...]:
        """Return miners in the order in which they are to be asked about a window.

        The least asked come first; the seed, the window and the hotkey break ties.
        """
        level = self._level(among)
        return tuple(
            sorted(
                among,
                key=lambda c: (
                    max(self._asked.get(c.hotkey, level), level),
                    draw(self._seed, conversation_id, window, c.hotkey),
                ),
            )
        )

    def remember(self, miners: Sequence[MinerCandidate], among: Sequence[MinerCandidate]) -> None:
        """Remember that these miners are asked about one more window, of all that could be."""
        level = self._level(among)
        for candidate in miners:
            self._asked[candidate.hotkey] = max(self._asked.get(candidate.hotkey, level), level) + 1

    def _level(self, among: Sequence[MinerCandidate]) -> int:
        counts = [self._asked[c.hotkey] for c in among if c.hotkey in self._asked]
        # The median: neither a miner that was away nor one that was asked too often moves it.
        return max(0, int(statistics.median(counts)) - _MOST_BEHIND) if counts else 0


def draw(*parts: object) -> int:
    """Return a number of 63 bits that depends on ``parts`` only: the same on every machine."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode("utf-8", "replace"))
    # One bit less than 64: databases store signed integers.
    return int.from_bytes(digest.digest()[:8], "big") >> 1
