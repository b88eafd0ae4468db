"""From settings to a chain: the only place that knows the names of networks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import bittensor as bt

from cgp.chain.errors import ChainSetupError
from cgp.chain.localnet import EMBEDDED_ENDPOINT, embedded_substrate
from cgp.chain.metagraph import Chain
from cgp.chain.subnet import SubnetChain, WeightsEscrow
from cgp.config import Settings

LOCAL = "local"
NAMED = ("test", "finney")


@asynccontextmanager
async def open_chain(settings: Settings, wallet: bt.Wallet) -> AsyncIterator[Chain]:
    """Connect ``wallet.hotkey`` to the subnet ``settings.netuid``.

    ``settings.subtensor.network`` is ``local`` (the embedded chain in ``settings.chain_file``),
    ``test``, ``finney``, or an address that begins with ``ws://`` or ``wss://``. The hotkey need not be
    registered yet. Real networks are retried for ever; each neuron opens its own connection.

    Raises:
        ChainSetupError: if the network is unknown, there is no chain file, or no such subnet.
        bittensor.BittensorError: if a real network refuses the connection.
    """
    async with _client(settings) as (client, escrow):
        if not await client.query(("SubtensorModule", "NetworksAdded"), [settings.netuid]):
            raise ChainSetupError(_no_such_subnet(settings, await client.subnets.all()))
        yield SubnetChain(client, settings.netuid, wallet, escrow)


@asynccontextmanager
async def _client(settings: Settings) -> AsyncIterator[tuple[bt.Client, WeightsEscrow | None]]:
    network = settings.subtensor.network
    if network == LOCAL:
        async with embedded_substrate(settings.chain_file) as substrate:
            yield bt.Client(EMBEDDED_ENDPOINT, substrate=substrate), substrate
    elif network in NAMED or network.startswith(("ws://", "wss://")):
        async with bt.Client(network, retry_forever=True) as client:
            yield client, None
    else:
        raise ChainSetupError(
            f"unknown network {network!r}; allowed: {LOCAL}, {', '.join(NAMED)}, ws://..., wss://..."
        )


def _no_such_subnet(settings: Settings, subnets: Sequence[object]) -> str:
    known = ", ".join(str(getattr(subnet, "netuid", subnet)) for subnet in subnets[:20]) or "none"
    return (
        f"there is no subnet {settings.netuid} on {settings.subtensor.network} (there: {known}); "
        "set the right one with --netuid or NETUID"
    )
