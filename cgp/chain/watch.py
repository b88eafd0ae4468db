"""The last good metagraph of a subnet: it stays in force while the chain is away."""

from __future__ import annotations

import time
from collections.abc import Callable

from cgp.chain.metagraph import Chain, Metagraph, Neuron


class MetagraphWatch:
    """Keeps the metagraph as it was last read. ``clock`` gives seconds.

    A failed reading changes nothing: a neuron goes on with an old metagraph rather than with none.
    """

    def __init__(self, chain: Chain, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._chain = chain
        self._clock = clock
        self.metagraph: Metagraph | None = None
        """The last metagraph; None before the first reading."""
        self.read_at = 0.0
        """Time of the last reading on the clock; 0 before the first."""

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the metagraph was read; None before it was."""
        return None if self.metagraph is None else self._clock() - self.read_at

    @property
    def own_neuron(self) -> Neuron | None:
        """The neuron of this hotkey; None if it is not registered, or nothing was read."""
        return self.neuron(self._chain.hotkey)

    def neuron(self, hotkey: str) -> Neuron | None:
        """Return the neuron of a hotkey; None if it is not registered, or nothing was read."""
        return self.metagraph.by_hotkey.get(hotkey) if self.metagraph else None

    async def refresh(self) -> Metagraph:
        """Read the metagraph.

        Raises:
            bittensor.BittensorError: if the chain is away; the last reading stays.
        """
        metagraph = await self._chain.metagraph()
        self.metagraph, self.read_at = metagraph, self._clock()
        return metagraph
