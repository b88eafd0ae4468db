"""Weeks in minutes: two validators and many miners, a random fault every ten seconds, and what came of it.

    python benchmarks/soak.py --minutes 30 --seed 1
    python benchmarks/soak.py --minutes 1 --miners 6      # the version that is a test

Validators are real processes (``soak_validator.py``) on an embedded chain of fast blocks, each with a
store of its own. Miners are real miners behind a door of the harness's own, which refuses, hangs, sends
garbage or opens and shuts like a miner in a restart storm. Half of the miners are never faulted: what
they lose, they lose by others' faults. Faults of validators: kill, stop (SIGSTOP), the clock by 3 s and by
an hour, the chain silent, away or refusing, the store locked, the disk full (a small tmpfs, where this
user may mount one), the model dead. Exit status 0: all that must hold held.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
import bittensor as bt

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
from cgp.scoring import Answer
from cgp.store import Store
from miner.service import MinerService

NETUID = 18
BLOCK_SECONDS = 0.25
WEIGHTS_BLOCKS = 20
FAULT_EVERY, FAULT_LASTS = 10.0, 9.5
TELL_SECONDS = 10.0
"""Time within which health must tell the truth."""
WAITING = 10
"""Conversations that wait at each validator."""
MOST_LOSS = 0.05
SUBJECTS = ("turbine", "harbour", "ferry", "lighthouse", "sandbank", "tide table")

MINER_FAULTS = ("refuse", "hang", "garbage", "storm")
# What health must say of each; a process that is gone or stopped says nothing.
VALIDATOR_FAULTS = {
    "kill": set(),
    "stop": set(),
    "clock +3": {"holding"},
    "clock -3600": {"holding"},
    "clock +3600": {"holding"},
    "chain silent": {"sync", "weights"},
    "chain away": {"sync", "weights"},
    "chain refusing": {"sync", "weights"},
    "store locked": {"store", "forward"},
    "disk full": {"store", "forward", "telemetry"},
    "model dead": {"model"},
}


def talk(number: int) -> Conversation:
    """Return a conversation that is cut into a dozen small windows."""
    turns = (
        Turn(
            i % 2,
            f"On day {number} the {SUBJECTS[i % 6]} {i} was repaired by the crew of {number}.",
        )
        for i in range(16)
    )
    return Conversation(
        f"talk-{number}", "soak", (Participant("Ann"), Participant("Bo")), tuple(turns)
    )


class Door:
    """What stands before a miner: its port as the network sees it."""

    def __init__(self) -> None:
        self.behind = 0
        self.mood = "well"
        self.port = 0
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                await self._let_through(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _let_through(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        shut = self.mood == "storm" and int(time.monotonic()) % 3 < 2
        if self.mood == "refuse" or shut:
            writer.transport.abort()
        elif self.mood == "hang":
            await reader.read()
        elif self.mood == "garbage":
            await reader.read(2000)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ngarbage")
            await writer.drain()
        else:
            inside = await asyncio.open_connection("127.0.0.1", self.behind)
            await asyncio.gather(_pump(reader, inside[1]), _pump(inside[0], writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


class ValidatorUnderTest:
    """One validator's process, its store, and what was seen of it."""

    def __init__(self, name: str, folder: Path, chain: Path, wallets: Path, port: int) -> None:
        self.name = name
        self.folder = folder
        self.port = port
        self.control = chain.parent / f"{name}.json"
        self.log = chain.parent / f"{name}.log"
        self.seen: list[tuple[float, set[str] | None]] = []
        self.memory: list[tuple[float, float]] = []
        self.fault = ""
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: sqlite3.Connection | None = None
        flags = {
            "netuid": NETUID,
            "subtensor.chain_file": chain,
            "subtensor.call_seconds": 3,
            "wallet.path": wallets,
            "wallet.name": name,
            "data_dir": folder,
            "validator.health_port": port,
            "validator.refresh_seconds": 0.5,
            "validator.poll_seconds": 0.3,
            "validator.deadline_seconds": 4,
            "validator.windows_in_flight": 3,
            "window.characters": 110,
            "window.overlap": 0,
            "log.format": "json",
        }
        self._flags = [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]
        self.set(clock=0, chain="well", model="well")

    @property
    def url(self) -> str:
        """SQLAlchemy URL of its store."""
        return f"sqlite:///{self.folder / 'store.sqlite'}"

    def set(self, **values: object) -> None:
        """Change what is broken."""
        old = json.loads(self.control.read_text()) if self.control.exists() else {}
        part = self.control.with_suffix(".part")
        part.write_text(json.dumps(old | values))
        part.replace(self.control)

    def start(self) -> None:
        """Start the process."""
        script = Path(__file__).with_name("soak_validator.py")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(script), str(self.control), *self._flags],
                stderr=log,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
            )

    def send(self, signum: int) -> None:
        """Send a signal to the process."""
        assert self.process is not None
        self.process.send_signal(signum)

    def begin(self, fault: str) -> None:
        """Break something."""
        self.fault = fault
        kind, _, how = fault.partition(" ")
        if kind == "kill":
            self.send(signal.SIGKILL)
        elif kind == "stop":
            self.send(signal.SIGSTOP)
        elif kind == "clock":
            self.set(clock=float(how))
        elif kind in {"chain", "model"}:
            self.set(**{kind: how})
        elif kind == "store":
            self._lock = sqlite3.connect(
                self.folder / "store.sqlite", timeout=5, isolation_level=None
            )
            self._lock.execute("BEGIN IMMEDIATE")
        else:
            with suppress(OSError), (self.folder / "ballast").open("wb") as ballast:
                while True:
                    ballast.write(b"\0" * 4096)
                    ballast.flush()

    def end(self) -> None:
        """Mend it."""
        kind = self.fault.partition(" ")[0]
        if kind == "kill":
            assert self.process is not None
            self.process.wait()
            self.start()
        elif kind == "stop":
            self.send(signal.SIGCONT)
        elif kind == "store" and self._lock is not None:
            self._lock.close()
        elif kind == "disk":
            (self.folder / "ballast").unlink()
        self.set(clock=0, chain="well", model="well")
        self.fault = ""

    async def look(self, http: aiohttp.ClientSession) -> None:
        """Read the health page and the memory once."""
        names: set[str] | None
        try:
            async with http.get(f"http://127.0.0.1:{self.port}/healthz") as reply:
                names = {problem["name"] for problem in (await reply.json())["problems"]}
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            names = None
        self.seen.append((time.monotonic(), names))
        with suppress(OSError, AttributeError):  # gone, or on no Linux
            self.memory.append((time.monotonic(), _resident(self.process.pid)))


class Soak:
    """One run."""

    def __init__(self, folder: Path, minutes: float, seed: int, miners: int) -> None:
        self.folder = folder
        self.seconds = 60 * minutes
        self.chance = random.Random(seed)
        self.miners = miners
        self.doors: list[Door] = []
        self.validators: list[ValidatorUnderTest] = []
        self.told: list[tuple[str, str, bool]] = []
        self.faults: Counter[str] = Counter()
        self.given = 0
        self.mounts: list[Path] = []
        self.hotkeys: list[str] = []
        self.owner = ""

    async def run(self) -> dict[str, Any]:
        """Run it, and return what came of it."""
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
                made = ValidatorUnderTest(name, data, chain, self.folder / "wallets", _free_port())
                self.validators.append(made)
                Store(made.url).close()
            self._supply()
            for validator in self.validators:
                validator.start()
            timeout = aiohttp.ClientTimeout(total=2.5)
            async with aiohttp.ClientSession(timeout=timeout) as http:
                await self._until(http, self._all_ready, 120)
                await self._break_things(http)
                await self._until(http, self._all_done, 180)
                await asyncio.sleep(2 * WEIGHTS_BLOCKS * BLOCK_SECONDS)
            return await self._judge(chain)

    async def _make_chain(self, chain: Path) -> list[bt.Wallet]:
        wallets = self.folder / "wallets"
        owner = create_wallet(wallets, "owner")
        self.owner = owner.hotkey.ss58_address
        validators = [create_wallet(wallets, f"validator-{i}") for i in range(2)]
        miners = [create_wallet(wallets, f"miner-{i}") for i in range(self.miners)]
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
        for wallet in wallets:
            settings = Settings(
                _env_file=None,
                netuid=NETUID,
                data_dir=self.folder / wallet.name,
                subtensor={"network": "local", "chain_file": chain_file},
                axon={"host": "127.0.0.1", "port": 0, "connections_per_address": 1000},
            )
            chain = await stack.enter_async_context(open_chain(settings, wallet))
            door = await stack.enter_async_context(Door())
            axon = settings.axon.model_copy(update={"external_port": door.port})
            settings = settings.model_copy(update={"axon": axon})
            miner = MinerService(settings, wallet, chain, annotator, embedder)
            await stack.enter_async_context(miner)
            door.behind = miner.port
            self.doors.append(door)

    def _mount(self, folder: Path) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)],
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            self.mounts.append(folder)

    def _take_down(self) -> None:
        for validator in self.validators:
            if validator.process is not None and validator.process.poll() is None:
                validator.process.send_signal(signal.SIGCONT)
                validator.process.send_signal(signal.SIGTERM)
                try:
                    validator.process.wait(20)
                except subprocess.TimeoutExpired:
                    validator.process.kill()
                    validator.process.wait()
        for folder in self.mounts:
            subprocess.run(["umount", "-l", str(folder)], check=False)

    def _supply(self) -> None:
        """Keep conversations waiting at each validator: one that is idle notices no fault."""
        for validator in self.validators:
            if validator.fault in {"store locked", "disk full"}:
                continue
            store = Store(validator.url)
            try:
                while store.count_conversations()["waiting"] < WAITING:
                    store.add_conversations([talk(self.given)])
                    self.given += 1
            finally:
                store.close()

    async def _until(
        self, http: aiohttp.ClientSession, reached: Callable[[], bool], seconds: float
    ) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
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

    async def _break_things(self, http: aiohttp.ClientSession) -> None:
        began = time.monotonic()
        kinds = [f for f in VALIDATOR_FAULTS if f != "disk full" or len(self.mounts) == 2]
        number = 0
        while (elapsed := time.monotonic() - began) < self.seconds:
            faulted = self.doors[: len(self.doors) // 2]
            door = self.chance.choice(faulted)
            door.mood = self.chance.choice(MINER_FAULTS)
            self.faults[f"miner {door.mood}"] += 1
            victim = self.validators[number % 2]
            fault = self.chance.choice(kinds)
            self.faults[fault] += 1
            sys.stderr.write(f"{elapsed:6.0f} s  {victim.name}: {fault}; a miner: {door.mood}\n")
            victim.begin(fault)
            broken = time.monotonic()
            while time.monotonic() - broken < FAULT_LASTS:
                await self._look(http)
                self._supply()
            self._note(victim, fault, broken)
            victim.end()
            door.mood = "well"
            number += 1
            while time.monotonic() - broken < FAULT_EVERY:
                await self._look(http)
            self._supply()

    def _note(self, victim: ValidatorUnderTest, fault: str, broken: float) -> None:
        """Note whether the health page said what was broken."""
        wanted = VALIDATOR_FAULTS[fault]
        seen = [names for at, names in victim.seen if broken < at < broken + TELL_SECONDS]
        told = any(
            names is None if not wanted else bool(names and names & wanted) for names in seen
        )
        self.told.append((victim.name, fault, told))

    async def _judge(self, chain_file: Path) -> dict[str, Any]:
        settings = Settings(
            _env_file=None,
            netuid=NETUID,
            subtensor={"network": "local", "chain_file": chain_file},
        )
        owner = bt.Wallet("owner", "default", str(self.folder / "wallets"))
        async with open_chain(settings, owner) as chain:
            graph = await chain.metagraph()
            vectors = [
                await chain.weights_of(graph.by_hotkey[_hotkey(self.folder, v.name)].uid)
                for v in self.validators
            ]
        owner_uid = graph.by_hotkey[self.owner].uid
        uids = set(vectors[0]) | set(vectors[1])
        agreement = 1 - 0.5 * sum(abs(vectors[0].get(u, 0) - vectors[1].get(u, 0)) for u in uids)
        spared = self.hotkeys[len(self.hotkeys) // 2 :]
        stores = [self._judge_store(v, owner_uid, spared) for v in self.validators]
        logs = "".join(v.log.read_text() for v in self.validators)
        report: dict[str, Any] = {
            "minutes": self.seconds / 60,
            "faults": dict(self.faults),
            "disk full tried": len(self.mounts) == 2,
            "conversations": sum(s["conversations"] for s in stores),
            "not done": sum(s["not done"] for s in stores),
            "windows without an answer": sum(s["unanswered"] for s in stores),
            "weights set": sum(s["weights"] for s in stores),
            "weights to the owner": sum(s["owner"] for s in stores),
            "missed weight windows": sum(s["missed"] for s in stores),
            "worst loss of a spared miner": max(s["loss"] for s in stores),
            "agreement of the validators": round(agreement, 4),
            "tracebacks": logs.count("Traceback"),
            "faults not told": [f"{name}: {fault}" for name, fault, told in self.told if not told],
            "memory slope, MB/min": [round(_slope(v.memory), 2) for v in self.validators],
        }
        report["holds"] = not any(
            (
                report["not done"],
                report["windows without an answer"],
                report["weights to the owner"],
                report["missed weight windows"],
                report["worst loss of a spared miner"] > MOST_LOSS,
                report["tracebacks"],
                report["faults not told"],
                not report["weights set"],
            )
        )
        return report

    def _judge_store(
        self, validator: ValidatorUnderTest, owner_uid: int, spared: list[str]
    ) -> dict[str, Any]:
        store = Store(validator.url)
        try:
            statuses = list(store.conversation_statuses())
            asked: Counter[str] = Counter()
            lost: Counter[str] = Counter()
            unanswered = 0
            for status in statuses:
                for window in store.windows_of(status.id):
                    answers = store.answers_of(status.id, window.index)
                    unanswered += not any(isinstance(a.answer, Answer) for a in answers)
                    for scored in answers:
                        asked[scored.hotkey] += 1
                        lost[scored.hotkey] += not scored.score.valid
            with sqlite3.connect(validator.folder / "store.sqlite") as connection:
                rows = connection.execute("SELECT set_at, weights, success FROM weights").fetchall()
        finally:
            store.close()
        taken = [at for at, _, success in rows if success]
        return {
            "conversations": len(statuses),
            "not done": sum(status.state != "done" or status.attempts > 0 for status in statuses),
            "unanswered": unanswered,
            "weights": len(taken),
            "owner": sum(json.loads(w).get(str(owner_uid), 0) > 0 for _, w, ok in rows if ok),
            "missed": self._missed(validator, taken),
            "loss": max((lost[h] / asked[h] for h in spared if asked[h]), default=0.0),
        }

    def _missed(self, validator: ValidatorUnderTest, taken: list[float]) -> int:
        """Return in how many stretches of readiness, each long enough, no weights were set."""
        offset = time.time() - time.monotonic()
        patience = 2 * WEIGHTS_BLOCKS * BLOCK_SECONDS + 4
        missed, since = 0, None
        for at, names in validator.seen:
            if names != set():
                since = None
                continue
            since = since or at
            if at - since > patience:
                span = (since + offset, at + offset)
                missed += not any(span[0] <= moment <= span[1] for moment in taken)
                since = at
        return missed


def _hotkey(folder: Path, name: str) -> str:
    return str(bt.Wallet(name, "default", str(folder / "wallets")).hotkey.ss58_address)


def _resident(pid: int) -> float:
    """Return the memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _slope(memory: list[tuple[float, float]]) -> float:
    """Return the growth of memory (MB) a minute, after a third of the time for warming up."""
    kept = memory[len(memory) // 3 :]
    if len(kept) < 3:
        return 0.0
    mean_t = sum(t for t, _ in kept) / len(kept)
    mean_m = sum(m for _, m in kept) / len(kept)
    over = sum((t - mean_t) * (m - mean_m) for t, m in kept)
    under = sum((t - mean_t) ** 2 for t, _ in kept)
    return 60 * over / under


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Run a soak and print its report as JSON."""
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
        report = asyncio.run(soak.run())
    print(json.dumps(report, indent=2))
    return 0 if report["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
