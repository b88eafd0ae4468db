"""A miner's process on a small embedded chain, with validators that may call it: for benchmarks."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import bittensor as bt

from cgp.chain import add_stake, advance, create_wallet, embedded_client, genesis, register

NETUID = 18
ROOT = Path(__file__).resolve().parent.parent
MINER = ROOT / "miner" / "miner.py"


@dataclass(frozen=True)
class LocalSubnet:
    """A subnet on an embedded chain: its folder, its validators' keypairs, its miner's hotkey."""

    folder: Path
    validators: list[Any]
    miner: str

    def start_miner(
        self, port: int, *, script: Sequence[str | Path] = (MINER,), **flags: object
    ) -> MinerProcess:
        """Start the miner as its operator does, or another script (and its words) with the same flags."""
        chosen: dict[str, object] = {
            "netuid": NETUID,
            "subtensor.chain_file": self.folder / "chain.sqlite",
            "wallet.path": self.folder,
            "wallet.name": "miner",
            "axon.host": "127.0.0.1",
            "axon.port": port,
            "data_dir": self.folder / "data",
            "log.format": "json",
        }
        words = [
            word for flag, value in (chosen | flags).items() for word in (f"--{flag}", str(value))
        ]
        log = self.folder / f"miner-{port}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen([sys.executable, *map(str, script), *words], stderr=stream)
        return MinerProcess(process, port, log)


@dataclass(frozen=True)
class MinerProcess:
    """A miner that runs: its process, its port and the file of its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    async def ready(self, seconds: float = 120.0) -> None:
        """Wait until the miner says that it is ready.

        Raises:
            SystemExit: with the end of its log, where it ended or takes longer.
        """
        deadline = time.monotonic() + seconds
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            while not await self._is_ready(http):
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit("the miner did not start: " + self.log.read_text()[-2000:])
                await asyncio.sleep(0.2)

    async def _is_ready(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"http://127.0.0.1:{self.port}/healthz") as reply:
                return reply.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    def stop(self) -> None:
        """Stop the miner in good order."""
        self.process.terminate()
        self.process.wait(30)

    @property
    def memory(self) -> float:
        """The memory of the process in MB."""
        return resident(self.process.pid)

    @property
    def processor_seconds(self) -> float:
        """The processor time that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def make_subnet(folder: Path, validators: int = 1) -> LocalSubnet:
    """Make a chain with validators that have permits, and a miner."""
    owner, miner = create_wallet(folder, "owner"), create_wallet(folder, "miner")
    callers = [create_wallet(folder, f"validator-{i}") for i in range(validators)]
    everybody: list[bt.Wallet] = [owner, miner, *callers]
    chain = folder / "chain.sqlite"
    genesis(
        chain,
        netuid=NETUID,
        owner_hotkey=owner.hotkey.ss58_address,
        owner_coldkey=owner.coldkey.ss58_address,
        balances={wallet.coldkey.ss58_address: 100_000.0 for wallet in everybody},
        block_seconds=1,
    )
    async with embedded_client(chain) as client:
        for wallet in (miner, *callers):
            await register(client, wallet, netuid=NETUID)
        for wallet in callers:
            await add_stake(client, wallet, netuid=NETUID, tao=5_000)
    await advance(chain, 50)
    return LocalSubnet(folder, [w.hotkey for w in callers], miner.hotkey.ss58_address)


def resident(pid: int) -> float:
    """Return the memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
