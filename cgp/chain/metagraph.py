"""The records that a neuron has of its subnet, and the calls that it makes, on any chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Neuron:
    """One registered hotkey.

    ``axon`` is ``ip:port`` (``[ip]:port`` for IPv6), None where nothing was advertised. ``stake``
    is in TAO; ``incentive`` is 0..1; ``last_update`` and ``registered_at`` are block numbers.
    """

    uid: int
    hotkey: str
    coldkey: str
    axon: str | None
    validator_permit: bool
    stake: float
    incentive: float
    last_update: int
    registered_at: int


@dataclass(frozen=True)
class Metagraph:
    """All neurons of a subnet at one block, by uid; the subnet's on-chain name and owner.

    An epoch takes ``tempo`` blocks; the last one ended ``epoch_age`` blocks ago.
    """

    netuid: int
    block: int
    owner_hotkey: str | None
    neurons: tuple[Neuron, ...]
    name: str = ""
    owner_coldkey: str | None = None
    tempo: int = 0
    epoch_age: int = 0

    @cached_property
    def by_hotkey(self) -> Mapping[str, Neuron]:
        """The neurons by hotkey."""
        return {neuron.hotkey: neuron for neuron in self.neurons}


@dataclass(frozen=True, slots=True)
class SubnetRules:
    """The subnet's rules for weights.

    ``version_key`` is the least key that is taken (0: any), ``minimum_weights`` the least number of
    weights above 0, ``rate_limit`` the blocks between two settings. ``reveal_epochs`` is the number
    of epochs after which committed weights are revealed, 0 where weights are set in the open.
    """

    version_key: int
    minimum_weights: int
    rate_limit: int
    reveal_epochs: int = 0


@dataclass(frozen=True, slots=True)
class WeightsOutcome:
    """The outcome of an attempt to set weights.

    ``code`` is the SDK's error code (``RATE_LIMITED``, ``NOT_REGISTERED``, ...) or empty;
    ``message`` is fit for a log line and names the remedy.
    """

    success: bool
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Commitment:
    """A text that a hotkey published, and the block at which it did. It is another person's
    text.
    """

    text: str
    block: int


class Chain(Protocol):
    """One neuron's view of one subnet; made by ``cgp.chain.open_chain``, an async context
    manager.
    """

    @property
    def netuid(self) -> int:
        """The subnet's number."""
        ...

    @property
    def hotkey(self) -> str:
        """This neuron's own hotkey (SS58)."""
        ...

    @property
    def endpoint(self) -> str:
        """Where the chain is asked, for people to read."""
        ...

    async def block(self) -> int:
        """Return the current block number."""
        ...

    async def metagraph(self) -> Metagraph:
        """Read the metagraph at the head."""
        ...

    async def runtime(self) -> int:
        """Return the version of the chain's runtime."""
        ...

    async def rules(self) -> SubnetRules:
        """Return the subnet's rules for weights."""
        ...

    async def serve(self, ip: str, port: int) -> None:
        """Advertise an endpoint, unless the chain already shows it.

        Raises:
            bittensor.ChainError: if the chain refuses.
        """
        ...

    async def blocks_until_weights(self) -> int:
        """Return the number of blocks until this hotkey may set weights (0: now)."""
        ...

    async def set_weights(self, weights: Mapping[int, float], version_key: int) -> WeightsOutcome:
        """Set weights by uid (any positive scale), plain or commit-reveal as the subnet asks."""
        ...

    async def weights_of(self, uid: int) -> Mapping[int, float]:
        """Return the revealed weights set by ``uid``, normalised to a sum of 1 (empty: none)."""
        ...

    async def commit(self, text: str) -> None:
        """Publish a short text as this hotkey's commitment, in place of its earlier one.

        Raises:
            bittensor.ChainError: if the chain refuses.
        """
        ...

    async def commitment_of(self, hotkey: str) -> Commitment | None:
        """Return the commitment of a hotkey, None where it has none."""
        ...

    async def wait_for_block(self, block: int) -> None:
        """Return once the chain's head is at least ``block``."""
        ...
