"""Many streams through one chat gateway: its memory, its processor time, and the time to the first token.

``python -m benchmarks.gateway_streams --idle 1000 --active 200`` prints JSON. Gateway, NATS server and two
workers run in processes of their own, on loopback; the backends are in this process. An idle stream has had
its first word and waits for the next one; an active one gets ten words a second.

- ``gateway_mb``: resident memory of the gateway: at the start, with the idle streams, and at the most
- ``idle_processor_share``: processor time of gateway and worker a second, with idle streams alone
- ``probe_ms``: time to the first token of one request at a time, beside the idle streams
- ``first_token_ms``: of the active streams, which begin within a second
- ``each_word_ms``: time between two words of an active stream; the backend's own pause is 100
- ``processor_ms_each_word``: processor time of gateway, workers and this process (backend and client) for one
  word of the active streams
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.gateway import process, until_ready
from cgp.chat.open_files import allow_open_files
from tests.kit.chat_backend import ChatBackend

PAUSE = 0.1
WORDS = [f"word{number} " for number in range(50)]
OPENED_AT_ONCE = 25
PROBES = 50


def body(model: str) -> dict[str, Any]:
    """Return a request for a stream."""
    messages = [{"role": "user", "content": "Hello?"}]
    return {"model": model, "messages": messages, "stream": True}


def resident(pid: int) -> float:
    """Return the memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process since its start."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 95th percentile and maximum in milliseconds."""
    ordered = sorted(1000 * value for value in seconds)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "most": round(ordered[-1], 1),
    }


class Client:
    """Opens streams at a gateway; ``first`` and ``words`` collect the times of active ones."""

    def __init__(self, session: aiohttp.ClientSession, gateway: str) -> None:
        self._session = session
        self._url = f"{gateway}/chat/completions"
        self.first: list[float] = []
        self.words: list[float] = []
        self.failures: list[str] = []

    async def open_idle(self) -> aiohttp.ClientResponse:
        """Return a stream that has had its first word."""
        response = await self._session.post(self._url, json=body("idle"))
        assert response.status == 200, await response.text()
        await response.content.readline()
        return response

    async def probe(self) -> float:
        """Return the seconds until the first word of a stream, which is left then."""
        start = time.perf_counter()
        async with self._session.post(self._url, json=body("active")) as response:
            assert response.status == 200, await response.text()
            await response.content.readline()
            return time.perf_counter() - start

    async def read_active(self, delay: float) -> None:
        """Read a stream to its end, begun after ``delay`` seconds."""
        await asyncio.sleep(delay)
        before = start = time.perf_counter()
        last = b""
        async with self._session.post(self._url, json=body("active")) as response:
            if response.status != 200:
                self.failures.append(await response.text())
                return
            async for line in response.content:
                if not line.startswith(b"data:"):
                    continue
                now = time.perf_counter()
                if before == start:
                    self.first.append(now - start)
                else:
                    self.words.append(now - before)
                before, last = now, line
        if b"[DONE]" not in last:
            self.failures.append(last.decode())


async def opened(client: Client, count: int) -> list[aiohttp.ClientResponse]:
    """Open idle streams, some at once."""
    streams: list[aiohttp.ClientResponse] = []
    while len(streams) < count:
        batch = min(OPENED_AT_ONCE, count - len(streams))
        streams += await asyncio.gather(*(client.open_idle() for _ in range(batch)))
    return streams


async def main(port: int, idle: int, active: int, quiet_seconds: float) -> dict[str, Any]:
    """Measure everything and return it."""
    allow_open_files(8 * (idle + active) + 1024)
    gateway = f"http://127.0.0.1:{port}/v1"
    many = str(2 * (idle + active) + 1)
    environment = {"NATS_PORT": "0", "GATEWAY_QUEUE": many, "GATEWAY_QUEUE_PER_KEY": many}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        timeout = aiohttp.ClientTimeout(total=None)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)
        )
        quiet = ChatBackend(each=3600.0, model="idle")
        talking = ChatBackend(each=PAUSE, words=WORDS, model="active")
        children = [
            await stack.enter_async_context(
                process(
                    "gateway", "--no-keys", "--port", str(port), folder=f"{folder}/g", **environment
                )
            )
        ]
        await until_ready(session, gateway, 0)
        for backend in (quiet, talking):
            await stack.enter_async_context(backend.running())
            options = ("--gateway", gateway, "--backend", "openai", "--base-url", backend.url)
            names = ("--name", backend.model, "--slots", "1024")
            children.append(
                await stack.enter_async_context(
                    process("worker", *options, *names, folder=f"{folder}/{backend.model}")
                )
            )
        await until_ready(session, gateway, 2)
        client = Client(session, gateway)
        await client.probe()
        pids = [child.pid for child in children]
        memory = [resident(pids[0])]
        began = time.perf_counter()
        streams = await opened(client, idle)
        opening = time.perf_counter() - began
        memory.append(resident(pids[0]))
        used = [processor_seconds(pid) for pid in pids[:2]]
        await asyncio.sleep(quiet_seconds)
        shares = [
            round((processor_seconds(pid) - before) / quiet_seconds, 3)
            for pid, before in zip(pids[:2], used, strict=True)
        ]
        probes = [await client.probe() for _ in range(PROBES)]
        readers = [client.read_active(number / max(active, 1)) for number in range(active)]
        spent = sum(map(processor_seconds, [*pids, os.getpid()]))
        reading = asyncio.gather(*readers)
        while not reading.done():
            memory.append(resident(pids[0]))
            await asyncio.wait({reading}, timeout=0.5)
        await reading
        spent = sum(map(processor_seconds, [*pids, os.getpid()])) - spent
        alive = quiet.in_flight
        for stream in streams:
            stream.close()
    return {
        "idle": idle,
        "idle_alive_at_the_end": alive,
        "active": active,
        "active_whole": len(client.first) - len(client.failures),
        "failures": client.failures[:3],
        "gateway_mb": {"start": memory[0], "idle": memory[1], "most": max(memory)},
        "opening_seconds": round(opening, 1),
        "idle_processor_share": {"gateway": shares[0], "worker": shares[1]},
        "probe_ms": spread(probes),
        "first_token_ms": spread(client.first),
        "each_word_ms": spread(client.words),
        "processor_ms_each_word": round(1000 * spent / (len(WORDS) * max(active, 1)), 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=18096)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--active", type=int, default=200)
    parser.add_argument("--quiet", type=float, default=10.0, help="seconds with idle streams alone")
    given = parser.parse_args()
    figures = asyncio.run(main(given.port, given.idle, given.active, given.quiet))
    print(json.dumps(figures, indent=2))
