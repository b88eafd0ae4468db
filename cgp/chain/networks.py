"""From settings to a chain: the only place that knows the names of networks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import bittensor as bt
from bittensor.settings import default_fallback_endpoints, resolve_endpoint

from cgp.chain.connection import ClosingSubstrate
from cgp.chain.errors import ChainSetupError
from cgp.chain.localnet import EMBEDDED_ENDPOINT, embedded_substrate
from cgp.chain.metagraph import Chain
from cgp.chain.patient import Endpoint, PatientChain
from cgp.chain.subnet import SubnetChain
from cgp.config import Settings

LOCAL = "local"
PUBLIC = ("test", "finney")


@asynccontextmanager
async def open_chain(settings: Settings, wallet: bt.Wallet) -> AsyncIterator[PatientChain]:
    """Return the subnet ``settings.netuid`` as ``wallet.hotkey`` sees it.

    ``settings.subtensor.network`` is ``local`` (the embedded chain in ``settings.chain_file``),
    ``test``, ``finney``, or an address that begins with ``ws://`` or ``wss://``. The hotkey need
    not be registered yet. The embedded chain is opened at once; a real network is connected to by
    the first call, so that a neuron can say that the chain is away. Each neuron opens its own
    connection.

    Raises:
        ChainSetupError: if the network is unknown, there is no chain file, or no such subnet (for a
            real network: from the first call), or if a public network is used without a netuid.
    """
    _require_netuid(settings)
    endpoints = tuple(_endpoints(settings, wallet))
    hotkey = wallet.hotkey.ss58_address
    seconds = settings.subtensor.call_seconds
    async with PatientChain(settings.netuid, hotkey, endpoints, seconds=seconds) as chain:
        if settings.subtensor.network == LOCAL:
            await chain.block()
        yield chain


def is_public(network: str) -> bool:
    """Tell whether strangers use ``network`` too."""
    return network in PUBLIC


def _require_netuid(settings: Settings) -> None:
    """Check that a netuid was given where the default may be a stranger's subnet.

    Raises:
        ChainSetupError: if it was not.
    """
    if is_public(settings.subtensor.network) and "netuid" not in settings.model_fields_set:
        raise ChainSetupError(
            f"on {settings.subtensor.network} give the subnet's number with --netuid or NETUID: the "
            f"default, {settings.netuid}, is for local networks and may be a stranger's subnet there"
        )


def _endpoints(settings: Settings, wallet: bt.Wallet) -> Iterator[Endpoint]:
    network = settings.subtensor.network
    if network == LOCAL:
        yield Endpoint(str(settings.chain_file), partial(_embedded_chain, settings, wallet))
        return
    if network not in PUBLIC and not network.startswith(("ws://", "wss://")):
        raise ChainSetupError(
            f"unknown network {network!r}; allowed: {LOCAL}, {', '.join(PUBLIC)}, ws://..., wss://..."
        )
    _, first = resolve_endpoint(network)
    extra_urls = [url.strip() for url in settings.subtensor.endpoints.split(",")]
    # The operator's own endpoints come before the public ones; each is tried once.
    for url in dict.fromkeys(
        [first, *filter(None, extra_urls), *default_fallback_endpoints(network)]
    ):
        yield Endpoint(url, partial(_remote, settings, wallet, url))


@asynccontextmanager
async def _embedded_chain(settings: Settings, wallet: bt.Wallet) -> AsyncIterator[Chain]:
    async with embedded_substrate(settings.chain_file) as substrate:
        client = bt.Client(EMBEDDED_ENDPOINT, substrate=substrate)
        await _require_subnet(client, settings)
        yield SubnetChain(client, settings.netuid, wallet, substrate)


@asynccontextmanager
async def _remote(settings: Settings, wallet: bt.Wallet, url: str) -> AsyncIterator[Chain]:
    # Our own endpoints, deadlines and pauses go for the SDK's, which would wait for ever.
    async with bt.Client(url, substrate=ClosingSubstrate(url)) as client:
        await _require_subnet(client, settings)
        yield SubnetChain(client, settings.netuid, wallet)


async def _require_subnet(client: bt.Client, settings: Settings) -> None:
    """Check that the subnet exists.

    Raises:
        ChainSetupError: naming the subnets that do.
    """
    if not await client.query(("SubtensorModule", "NetworksAdded"), [settings.netuid]):
        raise ChainSetupError(_no_such_subnet(settings, await client.subnets.all()))


def _no_such_subnet(settings: Settings, subnets: Sequence[object]) -> str:
    netuids = ", ".join(str(getattr(subnet, "netuid", subnet)) for subnet in subnets[:20]) or "none"
    return (
        f"there is no subnet {settings.netuid} on {settings.subtensor.network} (there: {netuids}); "
        "set the right one with --netuid or NETUID"
    )
