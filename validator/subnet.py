"""The subnet as the validator last saw it: kept, and used, while the chain is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from cgp.chain.metagraph import Chain, Metagraph, Neuron
from cgp.scoring import Identity
from validator.selection import Candidate, candidates, is_public

logger = logging.getLogger(__name__)


class NotRegisteredError(RuntimeError):
    """The validator's hotkey has no uid on the subnet."""


class Subnet:
    """The last good metagraph, and what follows from it."""

    def __init__(self, chain: Chain, *, allow_private: bool) -> None:
        self._chain = chain
        self._allow_private = allow_private
        self._metagraph: Metagraph | None = None
        self._read_at = 0.0
        self._candidates: tuple[Candidate, ...] = ()
        self._changed = asyncio.Event()

    @property
    def metagraph(self) -> Metagraph:
        """The last metagraph that could be read."""
        assert self._metagraph is not None, "refresh first"
        return self._metagraph

    @property
    def age(self) -> float:
        """Seconds since the metagraph was read."""
        return time.monotonic() - self._read_at if self._metagraph else float("inf")

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The miners that can be asked."""
        return self._candidates

    @property
    def own(self) -> Neuron | None:
        """Ourselves."""
        return self.metagraph.by_hotkey.get(self._chain.hotkey) if self._metagraph else None

    @property
    def identities(self) -> Mapping[str, Identity]:
        """Who stands behind each miner, as far as the chain tells.

        Addresses inside a private network are shared by neighbours, so they identify nobody.
        """
        return {
            c.hotkey: Identity(
                coldkey=c.coldkey,
                address=c.axon.rpartition(":")[0] if is_public(c.axon) else None,
            )
            for c in self._candidates
        }

    async def refresh(self) -> Metagraph:
        """Read the metagraph.

        Raises:
            Exception: whatever the chain raises when it is away.
        """
        metagraph = await self._chain.metagraph()
        self._metagraph, self._read_at = metagraph, time.monotonic()
        self._candidates = candidates(
            metagraph, self._chain.hotkey, allow_private=self._allow_private
        )
        self._changed.set()
        self._changed = asyncio.Event()
        return metagraph

    async def follow(self, seconds: float) -> None:
        """Refresh every ``seconds``, for ever; what was read last stays while the chain is away."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - a chain is away in all the ways of a network
                logger.warning(
                    "Chain away, keeping the metagraph read %.0f s ago: %s", self.age, error
                )
            else:
                if self.own is None:
                    logger.error("hotkey %s is no longer registered", self._chain.hotkey)

    async def wait_for_candidates(self) -> tuple[Candidate, ...]:
        """Return the miners that can be asked, once there is one and we may ask.

        Miners refuse a validator without a permit; their refusals are not theirs to answer for.
        """
        said = ""
        while obstacle := self._obstacle():
            if obstacle != said:
                logger.warning("%s: waiting", obstacle)
                said = obstacle
            await self._changed.wait()
        return self._candidates

    def _obstacle(self) -> str:
        own = self.own
        if own is None or not own.validator_permit:
            return "No validator permit yet (it comes with an epoch, given enough stake)"
        return "" if self._candidates else "No miner serves on this subnet yet"
