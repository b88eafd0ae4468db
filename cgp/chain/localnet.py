"""The steps of a local network's operator on the embedded chain, through the SDK as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import bittensor as bt

from cgp.chain.embedded.substrate import EmbeddedSubstrate
from cgp.chain.errors import ChainSetupError

EMBEDDED_ENDPOINT = "ws://embedded.invalid"
"""A label for the SDK: an address that cannot exist (RFC 2606), so nothing is ever dialled."""


@asynccontextmanager
async def embedded_substrate(chain_file: Path) -> AsyncIterator[EmbeddedSubstrate]:
    """Open an embedded chain for the SDK.

    Raises:
        ChainSetupError: if there is no chain at ``chain_file``.
    """
    substrate = EmbeddedSubstrate(chain_file)
    await substrate.connect()
    try:
        yield substrate
    finally:
        await substrate.close()


@asynccontextmanager
async def embedded_client(chain_file: Path) -> AsyncIterator[bt.Client]:
    """Open the SDK's client on an embedded chain.

    The client's own ``connect`` would cache token symbols under ``$HOME``; the substrate, which
    knows them anyway, is connected instead.

    Raises:
        ChainSetupError: if there is no chain at ``chain_file``.
    """
    async with embedded_substrate(chain_file) as substrate:
        yield bt.Client(EMBEDDED_ENDPOINT, substrate=substrate)


async def register(client: bt.Client, wallet: bt.Wallet, netuid: int) -> int:
    """Register the wallet's hotkey (paid by its coldkey) and return its uid; does nothing twice.

    Raises:
        bittensor.ChainError: if the chain refuses (registration closed, too little balance, ...).
    """
    hotkey = wallet.hotkeypub.ss58_address
    uid = await client.neurons.uid(hotkey, netuid)
    if uid is None:
        result = await client.execute(bt.BurnedRegister(netuid=netuid), wallet)
        result.raise_for_failure()
        uid = await client.neurons.uid(hotkey, netuid)
    # In a full subnet the next newcomer can evict this one at once.
    if uid is None:
        raise ChainSetupError(
            f"hotkey {hotkey} was evicted from netuid {netuid} at once; try again"
        )
    return int(uid)


async def add_stake(client: bt.Client, wallet: bt.Wallet, netuid: int, tao: float) -> None:
    """Stake ``tao`` of the wallet's coldkey on its hotkey.

    Raises:
        bittensor.ChainError: if the chain refuses (too little balance, ...).
    """
    intent = bt.AddStake(
        hotkey_ss58=wallet.hotkeypub.ss58_address, netuid=netuid, amount_tao=bt.tao(tao)
    )
    (await client.execute(intent, wallet)).raise_for_failure()


async def advance(chain_file: Path, blocks: int) -> int:
    """Let ``blocks`` blocks pass at once, with the epochs they hold, and return the new head."""
    async with embedded_substrate(chain_file) as substrate:
        return await substrate.advance(blocks)


async def block_seconds(chain_file: Path) -> float:
    """Return the seconds that a block of an embedded chain takes."""
    async with embedded_substrate(chain_file) as substrate:
        return await substrate.block_time()


async def has_waiting_commits(chain_file: Path, netuid: int) -> bool:
    """Tell whether weights are committed that the chain has not revealed yet."""
    async with embedded_client(chain_file) as client:
        return bool(await client.weights.timelocked_weight_commits(netuid))
