"""A chain in a temporary folder, with real wallets and a clock that only tests move."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest

from cgp.chain import FAST, add_stake, create_wallet, embedded_client, genesis, register
from cgp.chain.networks import open_chain
from cgp.config import Settings, SubtensorSettings

NETUID = 18
FROZEN = 86_400.0
"""Seconds a block takes: so long that only writes and ``advance`` make blocks."""

Begin = Callable[..., Path]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("BTCLI_TOKEN_SYMBOLS_CACHE", str(tmp_path / "symbols.json"))
    return home


@pytest.fixture(scope="session")
def wallets(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bt.Wallet]:
    folder = tmp_path_factory.mktemp("wallets")
    return cache(lambda name: create_wallet(folder, name))


@pytest.fixture
def begin(tmp_path: Path, wallets: Callable[[str], bt.Wallet]) -> Begin:
    def begin(*names: str, **options: Any) -> Path:
        return begin_at(tmp_path / "chain.sqlite", wallets, *names, **options)

    return begin


def begin_at(
    path: Path,
    wallets: Callable[[str], bt.Wallet],
    *names: str,
    block_seconds: float = FROZEN,
    **rules: int | bool,
) -> Path:
    owner = wallets("owner")
    genesis(
        path,
        netuid=NETUID,
        owner_hotkey=owner.hotkey.ss58_address,
        owner_coldkey=owner.coldkey.ss58_address,
        balances={wallets(name).coldkey.ss58_address: 20_000.0 for name in ("owner", *names)},
        block_seconds=block_seconds,
        hyperparameters=replace(FAST.rules, **rules),
    )
    return path


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory, wallets) -> Path:
    """A chain file with a validator (uid 1, 5,000 staked) and two miners (uids 2, 3), at block 5."""
    names = ("validator", "miner-a", "miner-b")
    path = begin_at(tmp_path_factory.mktemp("registered") / "chain.sqlite", wallets, *names)

    async def join() -> None:
        async with embedded_client(path) as client:
            for name in names:
                await register(client, wallets(name), NETUID)
            await add_stake(client, wallets("validator"), NETUID, 5_000)

    asyncio.run(join())
    return path


@pytest.fixture
async def subnet(registered: Path, tmp_path: Path) -> AsyncIterator[tuple[Path, bt.Client]]:
    """A copy of the registered chain, before its first epoch, and a client of it."""
    path = tmp_path / "chain.sqlite"
    shutil.copyfile(registered, path)
    async with embedded_client(path) as client:
        yield path, client


def settings_of(path: Path, **more) -> Settings:
    return Settings(
        _env_file=None, netuid=NETUID, subtensor=SubtensorSettings(chain_file=path), **more
    )


@pytest.fixture
def opened(wallets):
    return lambda path, name: open_chain(settings_of(path), wallets(name))
