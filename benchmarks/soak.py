"""Weeks in minutes: two validators and many miners, a random fault every ten seconds, and what came of it.

    python benchmarks/soak.py --minutes 30 --seed 1
    python benchmarks/soak.py --minutes 1 --miners 6      # the version that is a test

Validators are real processes (``soak_validator.py``) on an embedded chain of fast blocks, each with a
store of its own. Miners are real miners behind a door of the harness's own, which refuses, hangs, sends
garbage or opens and shuts like a miner in a restart storm; some are processes, which are killed and
stopped too. Half of the miners are never faulted: what they lose, they lose by others' faults. Faults of
validators: kill, stop (SIGSTOP), the clock by 3 s and by an hour either way, the chain silent, away or
refusing, the store locked, the disk full (a small tmpfs, where this user may mount one), the model dead.
The second validator is killed in the first third only, so that its memory can be followed.

A line for each thing that must hold; exit status 0: all of them held.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import bittensor as bt
from local_miner import NETUID, free_port
from soak_subjects import (
    ANSWERS_SLOWLY,
    VALIDATOR_FAULTS,
    Door,
    MinerUnderTest,
    Told,
    ValidatorUnderTest,
)
from soak_verdicts import Agreement, judge, read_store
from sqlalchemy.exc import OperationalError
from verdicts import Verdict, say_all

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.chain import (
    add_stake,
    advance,
    create_wallet,
    embedded_client,
    genesis,
    open_chain,
    register,
)
from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.store import Store
from miner.service import MinerService

BLOCK_SECONDS = 0.25
WEIGHTS_BLOCKS = 20
FAULT_EVERY, FAULT_LASTS = 10.0, 9.5
TELL_SECONDS = 10.0
"""Time within which health must tell the truth."""
WEIGHTS_PATIENCE = 2 * WEIGHTS_BLOCKS * BLOCK_SECONDS + 4
"""Time (s) in which a ready validator sets weights: the chain's own limit twice, and a round's work."""
TURNS = 8
SUPPLY_SECONDS = 4.0
"""A validator gets a conversation as often: it is never idle for long, since one that is idle notices no
fault, and two cores keep up. Were there always work, the miners, which share the cores, would be late
through no fault of a validator."""
WAITING = 10
"""Most conversations that wait at a validator, as behind a fault."""
SUBJECTS = ("turbine", "harbour", "ferry", "lighthouse", "sandbank", "tide table")


def talk(number: int) -> Conversation:
    """Return a conversation that is cut into a few small windows: the model is asked often."""
    turns = (
        Turn(
            i % 2,
            f"On day {number} the {SUBJECTS[i % 6]} {i} was repaired by the crew of {number}.",
        )
        for i in range(TURNS)
    )
    return Conversation(
        f"talk-{number}", "soak", (Participant("Ann"), Participant("Bo")), tuple(turns)
    )


class Soak:
    """One run."""

    def __init__(self, folder: Path, minutes: float, seed: int, miners: int) -> None:
        self.folder = folder
        self.seconds = 60 * minutes
        self.chance = random.Random(seed)
        self.count = miners
        self.miners: list[MinerUnderTest] = []
        self.validators: list[ValidatorUnderTest] = []
        self.told: list[Told] = []
        self.faults: Counter[str] = Counter()
        self.given = 0
        self.supplied_at: dict[str, float] = {}
        self.mounts: list[Path] = []
        self.hotkeys: list[str] = []
        self.owner = ""

    async def run(self) -> list[Verdict]:
        """Run it, and judge what came of it."""
        chain = self.folder / "chain.sqlite"
        wallets = await self._make_chain(chain)
        async with AsyncExitStack() as stack:
            stack.callback(self._take_down)
            await self._start_miners(stack, chain, wallets)
            for i in range(2):
                name = f"validator-{i}"
                data = self.folder / name
                data.mkdir()
                self._mount(data)
                made = ValidatorUnderTest(name, data, chain, self.folder / "wallets", free_port())
                self.validators.append(made)
                Store(made.url).close()
            self._supply()
            for validator in self.validators:
                validator.start()
            timeout = aiohttp.ClientTimeout(total=ANSWERS_SLOWLY)
            async with aiohttp.ClientSession(timeout=timeout) as http:
                await self._until(http, self._all_ready, 180)
                await self._break_things(http)
                await self._until(http, self._all_done, 300)
                await asyncio.sleep(2 * WEIGHTS_BLOCKS * BLOCK_SECONDS)
            return await self._judge(chain)

    async def _make_chain(self, chain: Path) -> list[bt.Wallet]:
        wallets = self.folder / "wallets"
        owner = create_wallet(wallets, "owner")
        self.owner = owner.hotkey.ss58_address
        validators = [create_wallet(wallets, f"validator-{i}") for i in range(2)]
        miners = [create_wallet(wallets, f"miner-{i}") for i in range(self.count)]
        everybody = [owner, *validators, *miners]
        genesis(
            chain,
            netuid=NETUID,
            owner_hotkey=self.owner,
            owner_coldkey=owner.coldkey.ss58_address,
            balances={wallet.coldkey.ss58_address: 100_000.0 for wallet in everybody},
            block_seconds=BLOCK_SECONDS,
        )
        async with embedded_client(chain) as client:
            for wallet in everybody[1:]:
                await register(client, wallet, netuid=NETUID)
            for wallet in validators:
                await add_stake(client, wallet, netuid=NETUID, tao=5_000)
        await advance(chain, 50)
        self.hotkeys = [wallet.hotkey.ss58_address for wallet in miners]
        return miners

    async def _start_miners(
        self, stack: AsyncExitStack, chain_file: Path, wallets: list[bt.Wallet]
    ) -> None:
        embedder, annotator = default_embedder(), EmbeddedAnnotator()
        stack.push_async_callback(annotator.close)
        # Its model loads with the first window, which would otherwise come too late for a deadline.
        await annotator.annotate(talk(0), max_tags=5)
        processes = max(1, self.count // 8)
        for number, wallet in enumerate(wallets):
            door = await stack.enter_async_context(Door())
            log = self.folder / f"{wallet.name}.log"
            if number < processes:
                door.behind = free_port()
                miner = MinerUnderTest(door, log, self._flags(chain_file, wallet.name, door))
            else:
                settings = self._settings(chain_file, wallet.name, door)
                chain = await stack.enter_async_context(open_chain(settings, wallet))
                service = MinerService(settings, wallet, chain, annotator, embedder)
                await stack.enter_async_context(service)
                door.behind = service.port
                miner = MinerUnderTest(door, log)
            miner.start()
            self.miners.append(miner)

    def _settings(self, chain_file: Path, name: str, door: Door) -> Settings:
        return Settings(
            _env_file=None,
            netuid=NETUID,
            data_dir=self.folder / name,
            subtensor={"network": "local", "chain_file": chain_file},
            axon={
                "host": "127.0.0.1",
                "port": 0,
                "external_port": door.port,
                "connections_per_address": 1000,
            },
        )

    def _flags(self, chain_file: Path, name: str, door: Door) -> list[str]:
        flags = {
            "netuid": NETUID,
            "data_dir": self.folder / name,
            "subtensor.chain_file": chain_file,
            "wallet.path": self.folder / "wallets",
            "wallet.name": name,
            "axon.host": "127.0.0.1",
            "axon.port": door.behind,
            "axon.external_port": door.port,
            "axon.connections_per_address": 1000,
            "log.format": "json",
        }
        return [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]

    def _mount(self, folder: Path) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256m", "none", str(folder)],
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            self.mounts.append(folder)

    def _take_down(self) -> None:
        for subject in (*self.validators, *self.miners):
            subject.take_down()
        for folder in self.mounts:
            subprocess.run(["umount", "-l", str(folder)], check=False)

    def _supply(self) -> None:
        """Give each validator a conversation where one is due."""
        for validator in self.validators:
            now = time.monotonic()
            if now - self.supplied_at.get(validator.name, 0.0) < SUPPLY_SECONDS:
                continue
            if validator.fault in {"store locked", "disk full"}:
                continue
            store = Store(validator.url)
            try:
                if store.count_conversations()["waiting"] < WAITING:
                    store.add_conversations([talk(self.given)])
                    self.given += 1
            except OperationalError:
                # A process that was stopped within a transaction, or a fault that began meanwhile,
                # keeps the store locked. The next round supplies; if none can, a clause fails.
                continue
            finally:
                store.close()
            self.supplied_at[validator.name] = now

    async def _until(
        self, http: aiohttp.ClientSession, reached: Callable[[], bool], seconds: float
    ) -> None:
        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(reached):
            if time.monotonic() > deadline:
                problems = {v.name: v.seen[-1][1] if v.seen else "unseen" for v in self.validators}
                raise SystemExit(
                    f"not reached within {seconds:g} s: {reached.__name__}, {problems}"
                )
            await self._look(http)

    async def _look(self, http: aiohttp.ClientSession) -> None:
        await asyncio.gather(*(validator.look(http) for validator in self.validators))
        await asyncio.sleep(0.5)

    def _all_ready(self) -> bool:
        return all(v.seen and v.seen[-1][1] == set() for v in self.validators)

    def _all_done(self) -> bool:
        return all(
            counts["done"] == sum(counts.values()) for counts in map(self._counts, self.validators)
        )

    def _counts(self, validator: ValidatorUnderTest) -> dict[str, int]:
        store = Store(validator.url)
        try:
            return dict(store.count_conversations())
        finally:
            store.close()

    def _choose(self, number: int, elapsed: float) -> str:
        """Return the next validator's fault."""
        kinds = [f for f in VALIDATOR_FAULTS if f != "disk full" or len(self.mounts) == 2]
        if number % 2 and elapsed > self.seconds / 3:
            kinds.remove("kill")
        return self.chance.choice(kinds)

    async def _break_things(self, http: aiohttp.ClientSession) -> None:
        began = time.monotonic()
        number = 0
        while (elapsed := time.monotonic() - began) < self.seconds:
            miner = self.chance.choice(self.miners[: len(self.miners) // 2])
            mood = self.chance.choice(miner.faults)
            victim = self.validators[number % 2]
            fault = self._choose(number, elapsed)
            self.faults.update((f"a miner's {mood}", fault))
            sys.stderr.write(f"{elapsed:6.0f} s  {victim.name}: {fault}; a miner: {mood}\n")
            starting = victim.starting
            miner.begin(mood)
            await asyncio.to_thread(victim.begin, fault)
            broken = time.monotonic()
            while time.monotonic() - broken < FAULT_LASTS:
                await self._look(http)
                await asyncio.to_thread(self._supply)
            self.told.append(victim.told(fault, broken, starting=starting, seconds=TELL_SECONDS))
            await asyncio.to_thread(victim.end)
            miner.end()
            number += 1
            while time.monotonic() - broken < FAULT_EVERY:
                await self._look(http)
            await asyncio.to_thread(self._supply)

    async def _judge(self, chain_file: Path) -> list[Verdict]:
        settings = Settings(
            _env_file=None,
            netuid=NETUID,
            subtensor={"network": "local", "chain_file": chain_file},
        )
        wallets = str(self.folder / "wallets")
        async with open_chain(settings, bt.Wallet("owner", "default", wallets)) as chain:
            graph = await chain.metagraph()
            uids = [
                graph.by_hotkey[bt.Wallet(v.name, "default", wallets).hotkey.ss58_address].uid
                for v in self.validators
            ]
            one, other = [await chain.weights_of(uid) for uid in uids]
        async with embedded_client(chain_file) as client:
            trusts = await client.query(("SubtensorModule", "ValidatorTrust"), [NETUID])
        trust = [trusts[uid] / 65535 for uid in uids]
        difference = sum(abs(one.get(u, 0) - other.get(u, 0)) for u in set(one) | set(other))
        owner_uid = graph.by_hotkey[self.owner].uid
        spared = self.hotkeys[len(self.hotkeys) // 2 :]
        stores = [read_store(v, owner_uid, spared, WEIGHTS_PATIENCE) for v in self.validators]
        logs = [v.log for v in self.validators]
        logs += [miner.log for miner in self.miners if miner.log.exists()]
        kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(self.faults.items()))
        never = [f for f in VALIDATOR_FAULTS if f not in self.faults]
        return [
            Verdict(
                f"faults in {self.seconds / 60:g} minutes",
                f"{kinds}; never: {never or 'none'}",
                "reported",
                holds=True,
            ),
            *judge(stores, self.validators, self.told, Agreement(1 - difference / 2, trust), logs),
        ]


def main() -> int:
    """Run a soak and print a line for each verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--miners", type=int, default=16)
    parser.add_argument(
        "--folder", type=Path, help="keep everything there (default: a temporary one)"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        soak = Soak(folder.absolute(), chosen.minutes, chosen.seed, chosen.miners)
        verdicts = asyncio.run(soak.run())
    return 0 if say_all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
