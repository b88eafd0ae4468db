"""The subnet as the validator last saw it: kept, and used, while the chain is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from cgp.chain.metagraph import Chain, Metagraph, Neuron
from cgp.chain.watch import MetagraphWatch
from cgp.config import Settings
from cgp.errors import CgpError
from cgp.scoring import Identity
from cgp.telemetry import Problem
from validator.selection import MinerCandidate, candidates, is_public


class NotRegisteredError(
    CgpError,
    RuntimeError,
    code="validator.not_registered",
    remedy="register the hotkey: btcli subnets register",
):
    """The validator's hotkey has no uid on the subnet."""

    @classmethod
    def of(cls, settings: Settings, hotkey: str) -> Self:
        """Return the error of a hotkey, with the command that registers it on its network."""
        network, wallet = settings.subtensor.network, settings.wallet
        problem = f"hotkey {hotkey} is not registered on netuid {settings.netuid} of {network}"
        if network == "local":
            return cls(f"{problem}: `cgp localnet` makes a chain with a registered validator")
        return cls(
            f"{problem}; register it: btcli -n {network} -w {wallet.name} -H {wallet.hotkey} "
            f"subnets register --netuid {settings.netuid}"
        )


class ObstacleError(
    CgpError,
    code="validator.obstacle",
    remedy="none is needed: the work continues once miners can be asked",
):
    """No miner may or can be asked now: work that has begun is left for later."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class Subnet:
    """The last good metagraph, and its consequences."""

    def __init__(self, chain: Chain, *, allow_private: bool) -> None:
        self._chain = chain
        self._allow_private = allow_private
        self._watch = MetagraphWatch(chain)
        self._candidates: tuple[MinerCandidate, ...] = ()

    @property
    def metagraph(self) -> Metagraph:
        """The last metagraph that could be read."""
        assert self._watch.metagraph is not None, "refresh first"
        return self._watch.metagraph

    @property
    def age(self) -> float:
        """Seconds since the metagraph was read."""
        age = self._watch.age_seconds
        return float("inf") if age is None else age

    @property
    def candidates(self) -> tuple[MinerCandidate, ...]:
        """The miners that can be asked."""
        return self._candidates

    @property
    def own_neuron(self) -> Neuron | None:
        """Ourselves."""
        return self._watch.own_neuron

    @property
    def identities(self) -> Mapping[str, Identity]:
        """Identities behind each miner, as far as the chain tells.

        Addresses inside a private network are shared by neighbours, so they are not an identity.
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
            Exception: any error of the chain when it is away.
        """
        metagraph = await self._watch.refresh()
        self._candidates = candidates(
            metagraph, self._chain.hotkey, allow_private=self._allow_private
        )
        return metagraph

    def require_candidates(self) -> tuple[MinerCandidate, ...]:
        """Return the miners that can be asked.

        Raises:
            ObstacleError: if there are none, or we may not ask: a miner must not be scored zero for
                refusing a validator without a permit.
        """
        if (obstacle := self.obstacle()) is not None:
            raise ObstacleError(obstacle)
        return self._candidates

    def obstacle(self) -> Problem | None:
        """Return the obstacle to asking miners; None without one."""
        if self._watch.metagraph is None:
            return Problem("chain", "the metagraph has not been read yet", "see the duty 'sync'")
        neuron = self.own_neuron
        if neuron is None:
            return Problem(
                "unregistered",
                f"hotkey {self._chain.hotkey} is no longer registered on netuid {self._chain.netuid}",
                "register it again with btcli subnets register",
            )
        if not neuron.validator_permit:
            return Problem(
                "no permit",
                "No validator permit yet",
                "it comes with an epoch, given enough stake (btcli stake add)",
            )
        if not self._candidates:
            return Problem("no miners", "No miner serves on this subnet yet", "wait for miners")
        return None
