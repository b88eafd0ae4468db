"""Miners and validators of the soak: how each is started, broken, mended and looked at."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp
from local_miner import NETUID, ROOT, resident

ANSWERS_SLOWLY = 2.5
"""Time (s) for the health page: the harness looks twice a second."""

DOOR_FAULTS = ("refuse", "hang", "garbage", "storm")
PROCESS_FAULTS = ("kill", "stop")

# What health must say of each fault; a process that is gone or stopped says nothing.
VALIDATOR_FAULTS: dict[str, set[str]] = {
    "kill": set(),
    "stop": set(),
    "clock +3": {"holding"},
    "clock -3": {"holding"},
    "clock -3600": {"holding"},
    "clock +3600": {"holding"},
    "chain silent": {"sync", "weights"},
    "chain away": {"sync", "weights"},
    "chain refusing": {"sync", "weights"},
    "store locked": {"store", "forward"},
    "disk full": {"disk", "store", "forward", "telemetry"},
    "model dead": {"model"},
}
HARMLESS = frozenset({"clock -3"})
"""Miners take requests that are up to 10 s old: of a clock 3 s behind nobody can tell, and nobody suffers."""


class Door:
    """The port of a miner as the network sees it. An async context manager."""

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
            with suppress(OSError, asyncio.CancelledError):
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


class MinerUnderTest:
    """A miner behind a door; with ``flags``, a process of its own that can be killed and stopped."""

    def __init__(self, door: Door, log: Path, flags: list[str] | None = None) -> None:
        self.door = door
        self.log = log
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults that this miner can have."""
        return DOOR_FAULTS + (PROCESS_FAULTS if self._flags is not None else ())

    def start(self) -> None:
        """Start the process, where it has one."""
        if self._flags is not None:
            script = ROOT / "miner" / "miner.py"
            with self.log.open("ab") as log:
                self._process = subprocess.Popen([sys.executable, script, *self._flags], stderr=log)

    def begin(self, fault: str) -> None:
        """Break it."""
        if fault in DOOR_FAULTS:
            self.door.mood = fault
            return
        assert self._process is not None
        self._stopped = fault == "stop"
        self._process.send_signal(signal.SIGSTOP if self._stopped else signal.SIGKILL)

    def end(self) -> None:
        """Mend it."""
        self.door.mood = "well"
        if self._process is None:
            return
        if self._stopped:
            self._process.send_signal(signal.SIGCONT)
            self._stopped = False
        elif self._process.poll() is not None:
            self.start()

    def take_down(self) -> None:
        """End the process for good."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@dataclass
class Life:
    """One process of a validator, from its start: when it was ready first, and its memory (MB)."""

    began: float
    ready_at: float | None = None
    memory: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """Whether health told of one fault of a validator, and after how many seconds."""

    validator: str
    fault: str
    seconds: float | None
    while_starting: bool = False


class ValidatorUnderTest:
    """A validator's process, its store, and what was seen of it."""

    def __init__(self, name: str, folder: Path, chain: Path, wallets: Path, port: int) -> None:
        self.name = name
        self.folder = folder
        self.port = port
        self.control = chain.parent / f"{name}.json"
        self.log = chain.parent / f"{name}.log"
        self.seen: list[tuple[float, set[str] | None]] = []
        self.lives: list[Life] = []
        self.fault = ""
        self._process: subprocess.Popen[bytes] | None = None
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
            "validator.deadline_seconds": 6,
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

    @property
    def starting(self) -> bool:
        """Whether the present process has not been ready yet."""
        return self.lives[-1].ready_at is None

    def set(self, **values: object) -> None:
        """Change what is broken."""
        old = json.loads(self.control.read_text()) if self.control.exists() else {}
        part = self.control.with_suffix(".part")
        part.write_text(json.dumps(old | values))
        part.replace(self.control)

    def start(self) -> None:
        """Start the process."""
        script = Path(__file__).with_name("soak_validator.py")
        self.lives.append(Life(time.monotonic()))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(script), str(self.control), *self._flags],
                stderr=log,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
            )

    def begin(self, fault: str) -> None:
        """Break something."""
        assert self._process is not None
        self.fault = fault
        kind, _, how = fault.partition(" ")
        if kind == "kill":
            self._process.send_signal(signal.SIGKILL)
        elif kind == "stop":
            self._process.send_signal(signal.SIGSTOP)
        elif kind == "clock":
            self.set(clock=float(how))
        elif kind in {"chain", "model"}:
            self.set(**{kind: how})
        elif kind == "store":
            self._lock = sqlite3.connect(
                self.folder / "store.sqlite",
                timeout=5,
                isolation_level=None,
                check_same_thread=False,  # locked in a thread, since that may wait
            )
            self._lock.execute("BEGIN IMMEDIATE")
        else:
            with suppress(OSError), (self.folder / "ballast").open("wb") as ballast:
                while True:
                    ballast.write(b"\0" * 4096)
                    ballast.flush()

    def end(self) -> None:
        """Mend it."""
        assert self._process is not None
        kind = self.fault.partition(" ")[0]
        if kind == "kill":
            self._process.wait()
            self.start()
        elif kind == "stop":
            self._process.send_signal(signal.SIGCONT)
        elif kind == "store" and self._lock is not None:
            self._lock.close()
        elif kind == "disk":
            (self.folder / "ballast").unlink()
        self.set(clock=0, chain="well", model="well")
        self.fault = ""

    def take_down(self) -> None:
        """Stop the process for good."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    async def look(self, http: aiohttp.ClientSession) -> None:
        """Read the health page and the memory once."""
        assert self._process is not None
        names: set[str] | None
        try:
            async with http.get(f"http://127.0.0.1:{self.port}/healthz") as reply:
                names = {problem["name"] for problem in (await reply.json())["problems"]}
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            names = None
        now, life = time.monotonic(), self.lives[-1]
        self.seen.append((now, names))
        if names == set() and life.ready_at is None:
            life.ready_at = now
        with suppress(OSError, IndexError):  # gone
            life.memory.append((now, resident(self._process.pid)))

    def told(self, fault: str, broken: float, *, starting: bool, seconds: float) -> Told:
        """Return whether health told of a fault that began at ``broken`` within ``seconds``.

        A validator that was still starting tells the truth where it does not say that it is ready.
        """
        wanted = VALIDATOR_FAULTS[fault]
        seen = [(at, names) for at, names in self.seen if broken < at < broken + seconds]
        if starting:
            honest = bool(seen) and all(names != set() for _, names in seen)
            return Told(self.name, fault, 0.0 if honest else None, while_starting=True)
        for at, names in seen:
            if (names is None and not wanted) or (names and names & wanted):
                return Told(self.name, fault, at - broken)
        return Told(self.name, fault, None)
