"""Who may call a miner: validators with a permit and enough stake, as the chain last said."""

from __future__ import annotations

import time

from cgp.chain.metagraph import Chain, Metagraph, Neuron
from cgp.signing import Refusal


class Permits:
    """The metagraph as last read, and what it allows.

    While the chain is away the last good reading stays in force. ``minimum_stake`` is in TAO.
    """

    def __init__(self, chain: Chain, *, minimum_stake: float) -> None:
        self._chain = chain
        self._minimum_stake = minimum_stake
        self._read_at = 0.0
        self.metagraph: Metagraph | None = None

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the metagraph was read; None before it was."""
        return None if self.metagraph is None else time.monotonic() - self._read_at

    @property
    def own(self) -> Neuron | None:
        """This miner as the chain shows it; None if it is not registered, or nothing was read."""
        return self._neuron(self._chain.hotkey)

    @property
    def callers(self) -> int:
        """How many hotkeys may call."""
        neurons = self.metagraph.neurons if self.metagraph else ()
        return sum(self._objection(neuron) is None for neuron in neurons)

    def uid_of(self, hotkey: str) -> int | None:
        """Return the uid of a hotkey, None if it is unknown."""
        neuron = self._neuron(hotkey)
        return neuron.uid if neuron else None

    def check(self, hotkey: str) -> None:
        """Return if ``hotkey`` may call.

        Raises:
            Refusal: 403 if it may not, 503 before the metagraph was read.
        """
        if self.metagraph is None:
            raise Refusal(503, "Starting", "the metagraph has not been read yet", retry_after=1.0)
        neuron = self._neuron(hotkey)
        if neuron is None:
            raise Refusal(403, "NotRegistered", "this hotkey is not registered on the subnet")
        if objection := self._objection(neuron):
            raise Refusal(403, *objection)

    async def refresh(self) -> Metagraph:
        """Read the metagraph; whatever the chain raises is the caller's to handle."""
        self.metagraph = await self._chain.metagraph()
        self._read_at = time.monotonic()
        return self.metagraph

    def _neuron(self, hotkey: str) -> Neuron | None:
        return self.metagraph.by_hotkey.get(hotkey) if self.metagraph else None

    def _objection(self, neuron: Neuron) -> tuple[str, str] | None:
        if not neuron.validator_permit:
            return "NoPermit", "this hotkey has no validator permit"
        if neuron.stake < self._minimum_stake:
            return (
                "LowStake",
                f"this hotkey has {neuron.stake:.3f} TAO at stake, less than {self._minimum_stake:g}",
            )
        return None
