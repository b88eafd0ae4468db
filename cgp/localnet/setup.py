"""The preparations of a local network: keys, a chain, registrations, stake."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bittensor as bt

from cgp import samples
from cgp.chain import (
    Profile,
    add_stake,
    block_seconds,
    chain_exists,
    create_wallet,
    embedded_client,
    genesis,
    register,
)
from cgp.config import DEFAULT_NETUID
from cgp.durable_files import open_private, private_folder
from cgp.localnet.processes import LocalnetError
from cgp.miner_names import NAMES_FILE
from cgp.sources.importing import ImportReport, import_records
from cgp.sources.reading import Read
from cgp.store import Store

VALIDATOR_STAKE_TAO = 10_000.0

# More than the dearest registration (100 TAO): each of many makes the next one dearer.
REGISTRATION_TAO = 250.0

NAME = "localnet"
"""Name of the folder of a local network."""

REMAINS = "the chain, store, search index, wallets, logs and miners' names"
"""The things that ``Folder.clear`` removes, in words."""

_MADE_HERE = ("chain.sqlite", "store.sqlite", NAMES_FILE)


def folder_in(data_dir: Path) -> Folder:
    """Return the local network's folder in a data folder, which may be that folder itself."""
    return Folder(data_dir if data_dir.name == NAME else data_dir / NAME)


@dataclass(frozen=True)
class Folder:
    """The folder of a local network, and where things are in it."""

    path: Path

    @property
    def chain(self) -> Path:
        """File of the embedded chain."""
        return self.path / "chain.sqlite"

    @property
    def store(self) -> Path:
        """File of the store."""
        return self.path / "store.sqlite"

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the store."""
        return f"sqlite:///{self.store}"

    @property
    def wallets(self) -> Path:
        """Folder of the wallets."""
        return self.path / "wallets"

    def log(self, name: str) -> Path:
        """Log file of a neuron."""
        return self.path / "logs" / f"{name}.log"

    @property
    def is_occupied(self) -> bool:
        """Whether an earlier run left something here."""
        return self.chain.exists() or self.store.exists()

    def clear(self) -> None:
        """Remove the remains of an earlier run that ``REMAINS`` names, and nothing else."""
        for name in _MADE_HERE:
            for file in self.path.glob(f"{name}*"):
                file.unlink()
        for folder in (self.wallets, self.path / "logs", self.path / "index"):
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process alone.

        Raises:
            LocalnetError: if another local network runs in it.
        """
        private_folder(self.path)
        lock = open_private(self.path / "localnet.lock", os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(lock, "w", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LocalnetError(
                    f"another local network runs in {self.path}; stop it or set DATA_DIR"
                ) from error
            # For people: the lock itself is what counts.
            file.write(str(os.getpid()))
            file.flush()
            yield


@dataclass(frozen=True)
class Keys:
    """The wallets of a local network."""

    owner: bt.Wallet
    validator: bt.Wallet
    miners: Sequence[bt.Wallet]


async def make_subnet(folder: Folder, miners: Sequence[str], profile: Profile) -> Keys:
    """Make wallets and chain where there are none, register everybody, stake for the validator.

    ``miners`` are the names of their wallets; ``profile`` is for a chain that is made now.

    Raises:
        LocalnetError: if the chain that is there has another profile.
        bittensor.BittensorError: if the chain refuses a step.
    """
    keys = Keys(
        owner=create_wallet(folder.wallets, "owner"),
        validator=create_wallet(folder.wallets, "validator"),
        miners=[create_wallet(folder.wallets, name) for name in miners],
    )
    if chain_exists(folder.chain):
        await _require_profile(folder, profile)
    else:
        genesis(
            folder.chain,
            netuid=DEFAULT_NETUID,
            owner_hotkey=keys.owner.hotkeypub.ss58_address,
            owner_coldkey=keys.owner.coldkeypub.ss58_address,
            balances={keys.owner.coldkeypub.ss58_address: 100 * VALIDATOR_STAKE_TAO},
            block_seconds=profile.block_seconds,
            hyperparameters=profile.rules,
        )
    async with embedded_client(folder.chain) as client:
        await _join(client, keys.owner, keys.validator, stake=VALIDATOR_STAKE_TAO)
        for wallet in keys.miners:
            await _join(client, keys.owner, wallet, stake=0.0)
    return keys


async def _require_profile(folder: Folder, profile: Profile) -> None:
    """Check that the chain that is there has the block time of the profile.

    Raises:
        LocalnetError: if it has another.
    """
    seconds = await block_seconds(folder.chain)
    if seconds != profile.block_seconds:
        raise LocalnetError(
            f"the chain in {folder.path} makes a block every {seconds:g} s, the profile that you ask for "
            f"every {profile.block_seconds:g} s: name the chain's own --profile, or leave out --keep"
        )


async def _join(client: bt.Client, owner: bt.Wallet, wallet: bt.Wallet, *, stake: float) -> None:
    """Fund, register and stake a wallet, unless it is registered already."""
    hotkey = wallet.hotkeypub.ss58_address
    # A run that was interrupted goes on here with the wallets that are missing.
    if await client.neurons.uid(hotkey, DEFAULT_NETUID) is not None:
        return
    transfer = bt.Transfer(
        dest_ss58=wallet.coldkeypub.ss58_address, amount_tao=bt.tao(stake + REGISTRATION_TAO)
    )
    (await client.execute(transfer, owner)).raise_for_failure()
    await register(client, wallet, DEFAULT_NETUID)
    if stake:
        await add_stake(client, wallet, DEFAULT_NETUID, stake)


def add_conversations(
    store: Store, records: Sequence[Read] | None, limit: int | None
) -> ImportReport:
    """Import the records of a run into the store; None: the first ``limit`` of the samples.

    The samples stay away from a store of other conversations: nobody asked for them there. They
    are not in the report.

    Raises:
        LocalnetError: if there is no conversation to run over.
    """
    if records is None:
        sample_conversations = samples.load()
        ids = {conversation.id for conversation in sample_conversations}
        if all(status.id in ids for status in store.conversation_statuses()):
            store.add_conversations(sample_conversations[:limit])
    report = import_records(records or (), store)
    if not any(store.count_conversations().values()):
        raise LocalnetError("there is no conversation to run over: name some with --conversations")
    return report
