"""Time that the chat gateway adds, and its throughput, with a backend that does nothing but wait.

``python -m benchmarks.gateway`` prints JSON. Gateway, worker and NATS server each run in a process of their
own, on loopback; the backend is in this one.

- ``added_first_token_ms``: time to the first token through the gateway less that of the backend
  alone, asked in turns, after a warm-up; median and 95th percentile.
- ``throughput``: requests of one second on 8 slots; ``ratio`` is the time over the ideal one.
- ``at_once``: requests at once on 8 slots; ``most_in_flight`` is what the backend saw.
- ``no_worker_ms``: time of the refusal where no worker offers anything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from tests.kit.chat_backend import ChatBackend

COMMAND = [sys.executable, "-c", "from cgp.cli import main; main()"]
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]}


async def first_token(session: aiohttp.ClientSession, url: str) -> float:
    """Return the seconds until the first event of a stream."""
    start = time.perf_counter()
    async with session.post(f"{url}/chat/completions", json=BODY | {"stream": True}) as response:
        assert response.status == 200, await response.text()
        await response.content.readline()
        seconds = time.perf_counter() - start
        await response.read()
    return seconds


async def added(
    session: aiohttp.ClientSession, gateway: str, backend: str, rounds: int
) -> dict[str, float]:
    """Return the added milliseconds: median and 95th percentile."""
    for _ in range(10):
        await first_token(session, gateway)
        await first_token(session, backend)
    differences = []
    for _ in range(rounds):
        through = await first_token(session, gateway)
        alone = await first_token(session, backend)
        differences.append(1000 * (through - alone))
    ordered = sorted(differences)
    return {
        "median": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
        "rounds": rounds,
    }


async def many(
    session: aiohttp.ClientSession, gateway: str, count: int
) -> tuple[float, dict[str, int]]:
    """Ask so many at once; return seconds and statuses."""

    async def one() -> int:
        async with session.post(f"{gateway}/chat/completions", json=BODY) as response:
            await response.read()
            return response.status

    start = time.perf_counter()
    statuses = await asyncio.gather(*(one() for _ in range(count)))
    seconds = time.perf_counter() - start
    return seconds, {str(status): statuses.count(status) for status in sorted(set(statuses))}


@asynccontextmanager
async def process(
    *arguments: str, folder: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a ``cgp`` command while the context lasts."""
    settings = {**os.environ, "DATA_DIR": folder, "LOG_LEVEL": "WARNING", **environment}
    child = await asyncio.create_subprocess_exec(*COMMAND, *arguments, env=settings)
    try:
        yield child
    finally:
        child.terminate()
        await child.wait()


async def until_ready(session: aiohttp.ClientSession, gateway: str, workers: int) -> None:
    """Wait until the gateway has so many workers."""
    async with asyncio.timeout(120):
        while True:
            try:
                async with session.get(gateway.removesuffix("/v1") + "/healthz") as response:
                    if (await response.json())["workers"] >= workers:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def main(port: int, rounds: int) -> dict[str, Any]:
    """Measure everything and return it."""
    gateway = f"http://127.0.0.1:{port}/v1"
    environment = {"NATS_PORT": "0", "GATEWAY_QUEUE_PER_KEY": "256"}
    figures = {}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        quick = await stack.enter_async_context(ChatBackend().running())
        await stack.enter_async_context(
            process(
                "gateway", "--no-keys", "--port", str(port), folder=f"{folder}/g", **environment
            )
        )
        await until_ready(session, gateway, 0)
        start = time.perf_counter()
        async with session.post(f"{gateway}/chat/completions", json=BODY) as response:
            assert response.status == 503
        figures["no_worker_ms"] = round(1000 * (time.perf_counter() - start), 1)

        def worker(url: str, name: str) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
            return process(
                "worker", "--gateway", gateway, "--backend", "openai", "--base-url", url,
                "--name", name, "--slots", "8", folder=f"{folder}/{name}",
            )  # fmt: skip

        async with worker(quick.url, "quick"):
            await until_ready(session, gateway, 1)
            figures["added_first_token_ms"] = await added(session, gateway, quick.url, rounds)
        slow = await stack.enter_async_context(ChatBackend(first=1.0).running())
        async with worker(slow.url, "slow"):
            await asyncio.sleep(4)
            await until_ready(session, gateway, 1)
            seconds, statuses = await many(session, gateway, 64)
            figures["throughput"] = {
                "requests": 64,
                "seconds": round(seconds, 2),
                "ratio": round(seconds / 8.0, 3),
                "statuses": statuses,
                "most_in_flight": slow.most_in_flight,
            }
            slow.first, slow.most_in_flight = 0.1, 0
            seconds, statuses = await many(session, gateway, 200)
            figures["at_once"] = {
                "requests": 200,
                "seconds": round(seconds, 2),
                "statuses": statuses,
                "most_in_flight": slow.most_in_flight,
            }
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=18095)
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(main(given.port, given.rounds)), indent=2))
