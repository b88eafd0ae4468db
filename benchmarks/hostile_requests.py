"""Hostile requests against a miner: no 500, flat memory, no long log line, and validators still served.

    python benchmarks/hostile_requests.py --count 100000 --seed 1

Each request is a good one spoilt somewhere: bytes flipped, cut or repeated, headers doubled, JSON of other
types, sizes or depths; signed by a permitted validator or by nobody. A real miner process answers over
loopback, with the embedded annotator. Between them a validator asks honestly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import bittensor as bt

from cgp.chain import add_stake, advance, create_wallet, embedded_client, genesis, register
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.protocol import TASK_PATH, TaskRequest, encode_task
from cgp.signing import sign_request

NETUID = 18
AT_ONCE = 16
HOSTILE_SECONDS = 0.5
LONGEST_LINE = 10_000
MOST_GROWTH_MB = 30.0
HOSTILE = (
    None,
    True,
    -1,
    2**70,
    1e308,
    "",
    "\0",
    "\ud800",
    "x" * 5_000,
    [],
    {},
    [[]] * 50,
    {"a": {}},
)


def window(number: int) -> Conversation:
    """Return a window that no miner has seen."""
    text = f"The solar panels of house {number} feed the grid of the harbour."
    return Conversation("c", "hostile", (Participant("Ada"),), (Turn(0, text), Turn(0, text[::-1])))


class Attacker:
    """Makes requests: the good one, and the spoilt ones."""

    def __init__(self, validator: Any, miner: str, seed: int) -> None:  # noqa: ANN401 - a keypair
        self._validator = validator
        self._miner = miner
        self._chance = random.Random(seed)
        self._number = 0

    def good(self) -> bytes:
        """Return a request as a validator sends it."""
        return self._request(self._body())

    def hostile(self) -> bytes:
        """Return a request that is wrong somewhere."""
        way = self._chance.randrange(4)
        if way == 0:
            return self._request(self._spoilt_json())
        if way == 1:
            return self._request(self._flipped(self._body()))
        whole = self._request(self._body())
        return self._flipped(whole) if way == 2 else self._doubled(whole)

    def _body(self) -> bytes:
        self._number += 1
        task = TaskRequest(f"t-{self._number}", window(self._number), 8, default_embedder().id, 5.0)
        return encode_task(task)

    def _request(self, body: bytes) -> bytes:
        headers = sign_request(
            self._validator, method="POST", path=TASK_PATH, body=body, receiver=self._miner
        )
        lines = [f"POST {TASK_PATH} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body

    def _spoilt_json(self) -> bytes:
        document = json.loads(self._body())
        place: Any = document
        for _ in range(self._chance.randrange(5)):
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            inner = [k for k in keys if isinstance(place[k], (dict, list)) and place[k]]
            if not inner:
                break
            place = place[self._chance.choice(inner)]
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        place[self._chance.choice(keys)] = self._chance.choice(HOSTILE)
        return json.dumps(document).encode()

    def _flipped(self, data: bytes) -> bytes:
        spoilt = bytearray(data)
        for _ in range(self._chance.randint(1, 4)):
            place = self._chance.randrange(len(spoilt))
            way = self._chance.randrange(3)
            if way == 0:
                spoilt[place] = self._chance.randrange(256)
            elif way == 1:
                del spoilt[place : place + self._chance.randint(1, 40)]
            else:
                spoilt[place:place] = spoilt[place : place + 30] * self._chance.randint(1, 20)
            if not spoilt:
                break
        return bytes(spoilt)

    def _doubled(self, whole: bytes) -> bytes:
        head, _, body = whole.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        lines.insert(1, self._chance.choice(lines[1:]))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def send(port: int, request: bytes, seconds: float = 15.0) -> int:
    """Send bytes; return the status of the answer, 0 for none within ``seconds``."""
    with suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                line = await reader.readline()
                return int(line.split()[1])
            finally:
                writer.close()
    return 0


async def attack(port: int, attacker: Attacker, count: int, pid: int) -> dict[str, Any]:
    """Send all requests, a few at once, and return what came of them."""
    statuses: Counter[int] = Counter()
    honest: Counter[int] = Counter()
    memory: list[float] = []
    left = count

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            number = left
            # One that announces more than it holds gets no answer: it is not waited for.
            statuses[await send(port, attacker.hostile(), HOSTILE_SECONDS)] += 1
            if number % 50 == 0:
                honest[await send(port, attacker.good())] += 1
            if number % max(1, count // 20) == 0:
                memory.append(resident(pid))

    began = time.monotonic()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return {
        "requests": count,
        "seconds": round(time.monotonic() - began, 1),
        "statuses": dict(sorted(statuses.items())),
        "honest": dict(honest),
        "memory growth, MB": round(memory[-1] - memory[len(memory) // 4], 1),
    }


def resident(pid: int) -> float:
    """Return the memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def make_chain(folder: Path) -> tuple[bt.Wallet, bt.Wallet]:
    """Make a chain with a validator that has a permit, and a miner; return their wallets."""
    owner, validator, miner = (create_wallet(folder, n) for n in ("owner", "validator", "miner"))
    chain = folder / "chain.sqlite"
    genesis(
        chain,
        netuid=NETUID,
        owner_hotkey=owner.hotkey.ss58_address,
        owner_coldkey=owner.coldkey.ss58_address,
        balances={w.coldkey.ss58_address: 100_000.0 for w in (owner, validator, miner)},
        block_seconds=1,
    )
    async with embedded_client(chain) as client:
        for wallet in (validator, miner):
            await register(client, wallet, netuid=NETUID)
        await add_stake(client, validator, netuid=NETUID, tao=5_000)
    await advance(chain, 50)
    return validator, miner


def start_miner(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the miner as its operator does."""
    flags = {
        "netuid": NETUID,
        "subtensor.chain_file": folder / "chain.sqlite",
        "wallet.path": folder,
        "wallet.name": "miner",
        "axon.host": "127.0.0.1",
        "axon.port": port,
        "data_dir": folder / "data",
        "miner.requests_per_minute": 1_000_000,
        "log.format": "json",
    }
    words = [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]
    script = Path(__file__).resolve().parent.parent / "miner" / "miner.py"
    with (folder / "miner.log").open("wb") as log:
        return subprocess.Popen([sys.executable, str(script), *words], stderr=log)


async def run(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Start a miner, attack it, and return what came of it."""
    validator, wallet = await make_chain(folder)
    port = free_port()
    process = start_miner(folder, port)
    try:
        attacker = Attacker(validator.hotkey, wallet.hotkey.ss58_address, seed)
        deadline = time.monotonic() + 120
        while await send(port, attacker.good()) != 200:
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(
                    "the miner did not start: " + (folder / "miner.log").read_text()[-2000:]
                )
            await asyncio.sleep(0.5)
        report = await attack(port, attacker, count, process.pid)
    finally:
        process.terminate()
        process.wait(30)
    lines = (folder / "miner.log").read_bytes().splitlines()
    report["longest log line"] = max(map(len, lines))
    report["tracebacks"] = sum(b"Traceback" in line for line in lines)
    report["holds"] = (
        500 not in report["statuses"]
        and set(report["honest"]) == {200}
        and report["longest log line"] <= LONGEST_LINE
        and report["memory growth, MB"] <= MOST_GROWTH_MB
        and not report["tracebacks"]
    )
    return report


def free_port() -> int:
    """Return a port that is free now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Attack a miner and print a report as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run(Path(folder), chosen.count, chosen.seed))
    print(json.dumps(report, indent=2))
    return 0 if report["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
