"""Callers of a miner: validators with a permit and enough stake, as the chain last said."""

from __future__ import annotations

import asyncio
import logging
import time

import bittensor as bt

from cgp.caller_permits import objection_to, require_permit
from cgp.chain.metagraph import Chain, Metagraph, Neuron
from cgp.chain.watch import MetagraphWatch
from cgp.signing import RateLimit, Refusal

logger = logging.getLogger(__name__)

LOOKS_PER_MINUTE = 12.0
"""Extra readings of the metagraph that callers without a permit can cause, all together."""


class Permits:
    """The metagraph as last read, and the callers that it permits.

    While the chain is away the last good reading stays in force. ``minimum_stake`` is in TAO.
    """

    def __init__(self, chain: Chain, *, minimum_stake: float) -> None:
        self._watch = MetagraphWatch(chain)
        self._minimum_stake = minimum_stake
        self._looks = RateLimit(LOOKS_PER_MINUTE)
        self._looking = asyncio.Lock()

    @property
    def metagraph(self) -> Metagraph | None:
        """The last metagraph; None before the first reading."""
        return self._watch.metagraph

    @property
    def age_seconds(self) -> float | None:
        """Seconds since the metagraph was read; None before it was."""
        return self._watch.age_seconds

    @property
    def own_neuron(self) -> Neuron | None:
        """This miner as the chain shows it; None if it is not registered, or nothing was read."""
        return self._watch.own_neuron

    @property
    def callers(self) -> int:
        """Number of hotkeys that may call."""
        neurons = self.metagraph.neurons if self.metagraph else ()
        return sum(objection_to(neuron, self._minimum_stake) is None for neuron in neurons)

    def uid_of(self, hotkey: str) -> int | None:
        """Return the uid of a hotkey, None if it is unknown."""
        neuron = self._watch.neuron(hotkey)
        return neuron.uid if neuron else None

    def check(self, hotkey: str) -> None:
        """Return if ``hotkey`` may call.

        Raises:
            Refusal: 403 if it may not, 503 before the metagraph was read.
        """
        require_permit(self._watch, hotkey, self._minimum_stake)

    async def admit(self, hotkey: str) -> None:
        """As ``check``, but look once more at the chain before a registered hotkey is refused.

        A permit comes with an epoch: without that look, everybody who got one would be refused
        until the next reading. Strangers cause no reading, others only a few.

        Raises:
            Refusal: see ``check``.
        """
        try:
            self.check(hotkey)
        except Refusal:
            asked_at = time.monotonic()
            # A stranger causes no reading: anybody can make names up, but a registration costs.
            if self._watch.neuron(hotkey) is None or self._looks.wait(""):
                raise
            # Callers that come together wait for one reading, and the second one finds it done.
            async with self._looking:
                if self._watch.read_at < asked_at:
                    await self._look()
            self.check(hotkey)

    async def _look(self) -> None:
        self._looks.count("")
        try:
            await self.refresh()
        except (bt.BittensorError, OSError, TimeoutError) as error:
            logger.warning("Chain away, keeping the last metagraph: %s", error)

    async def refresh(self) -> Metagraph:
        """Read the metagraph; errors of the chain reach the caller."""
        return await self._watch.refresh()
