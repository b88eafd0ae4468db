"""How long a window takes from the validator's signature to its score, and where the time goes.

A real miner (uvicorn on loopback, the embedded annotator) answers windows of the bundled conversations,
one after the other. The floor, measured in turn with them, is what the same HTTP stack takes to echo as
many bytes: no signature, no work.

    python benchmarks/window_round_trip.py [--windows 60]
"""

from __future__ import annotations

import os

# As the neurons' entry points set them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import argparse
import asyncio
import random
import socket
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import bittensor as bt
import uvloop
from bittensor.sp_core import Keypair
from fastapi import FastAPI, Request
from fastapi.responses import Response

from cgp import samples
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.chain import (
    FAST,
    add_stake,
    advance,
    create_wallet,
    embedded_client,
    genesis,
    open_chain,
    register,
)
from cgp.config import AxonSettings, MinerSettings, Settings
from cgp.connections import ConnectionCounts
from cgp.conversation import Conversation
from cgp.embedders import Vectors, default_embedder
from cgp.metadata import Metadata
from cgp.protocol import TASK_PATH, TaskRequest, encode_task, parse_answer
from cgp.scoring import GenomeRule, ScoringTask, default_rule
from cgp.signing import sign_request, verify_answer
from cgp.windows import cut
from miner.server import serving
from miner.service import MinerService

TARGET_MILLISECONDS = 60.0
WARM_UP = 10


class Clock:
    """Collects the milliseconds of each part, and those of them that this process computed.

    Validator and miner share the process, and its work is done in sequence: on a busy machine the
    processor time says what a quiet one would take.
    """

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = defaultdict(list)
        self.processor: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Time what happens within."""
        began, processor = time.perf_counter(), time.process_time()
        yield
        self.parts[part].append(1000 * (time.perf_counter() - began))
        self.processor[part].append(1000 * (time.process_time() - processor))


class TimedAnnotator:
    """The embedded annotator, with a clock."""

    def __init__(self, clock: Clock) -> None:
        self._inner = EmbeddedAnnotator()
        self._clock = clock
        self.name = self._inner.name

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Annotate, and take the time."""
        with self._clock.timing("  of which annotate"):
            return await self._inner.annotate(conversation, max_tags=max_tags, purpose=purpose)

    async def close(self) -> None:
        """Close what is within."""
        await self._inner.close()


class TimedEmbedder:
    """The subnet's embedder, with a clock."""

    def __init__(self, clock: Clock) -> None:
        self._inner = default_embedder()
        self._clock = clock
        self.id = self._inner.id
        self.dimension = self._inner.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed, and take the time."""
        with self._clock.timing("  of which embed"):
            return self._inner.embed(texts)


async def register_both(settings: Settings, validator: bt.Wallet, miner: bt.Wallet) -> None:
    """Make an embedded chain where the validator has its permit and the miner is registered."""
    genesis(
        settings.chain_file,
        netuid=settings.netuid,
        owner_hotkey=validator.hotkey.ss58_address,
        owner_coldkey=validator.coldkeypub.ss58_address,
        balances={validator.coldkeypub.ss58_address: 100_000},
    )
    async with embedded_client(settings.chain_file) as client:
        await register(client, miner, settings.netuid)
        await add_stake(client, validator, settings.netuid, 10_000)
    await advance(settings.chain_file, FAST.rules.tempo + 1)


def scoring_tasks(count: int) -> list[ScoringTask]:
    """Return windows of the samples, with their ground truth and a background."""
    truths = {
        conversation.id: asyncio.run(
            EmbeddedAnnotator().annotate(conversation, max_tags=24, purpose="ground_truth")
        )
        for conversation in samples.load()
    }
    windows = [
        (conversation.id, leaf.start, leaf.of(conversation))
        for conversation in samples.load()
        for leaf in cut(conversation).leaves()
    ]
    choice = random.Random(0)
    choice.shuffle(windows)
    tasks = []
    for identifier, start, window in windows[:count]:
        others = [other for own, _, other in windows if own != identifier]
        background = tuple(choice.sample(others, 8))
        tasks.append(ScoringTask(window, truths[identifier].shift(-start), background))
    return tasks


async def measure(tasks: list[ScoringTask], clock: Clock, folder: Path) -> None:
    """Send each task through a miner, and its bytes through an echo."""
    settings = Settings(
        axon=AxonSettings(host="127.0.0.1", port=0),
        miner=MinerSettings(requests_per_minute=1_000_000),
        data_dir=folder,
    )
    wallets = [create_wallet(folder, "cold", name) for name in ("validator", "miner")]
    await register_both(settings, *wallets)
    bound = socket.create_server(("127.0.0.1", 0))
    bound.setblocking(False)
    echo_url = f"http://127.0.0.1:{bound.getsockname()[1]}/echo"
    annotator, embedder = TimedAnnotator(clock), TimedEmbedder(clock)
    async with (
        open_chain(settings, wallets[1]) as chain,
        MinerService(settings, wallets[1], chain, annotator, embedder) as miner,
        serving(echo(), bound, settings.axon, ConnectionCounts()),
        aiohttp.ClientSession() as http,
    ):
        rule = default_rule(default_embedder())
        validator = Validator(wallets[0].hotkey, miner, http, rule, clock)
        for number, task in enumerate(tasks):
            if number == WARM_UP:
                clock.parts.clear()
                clock.processor.clear()
            sent, got = await validator.round_trip(f"t-{number}", task)
            with clock.timing("floor"):
                async with http.post(echo_url, data=sent, headers={"X-Size": str(got)}) as reply:
                    await reply.read()


@dataclass(frozen=True)
class Validator:
    """The validator's end: everything that it does with one window."""

    keypair: Keypair
    miner: MinerService
    http: aiohttp.ClientSession
    rule: GenomeRule
    clock: Clock

    async def round_trip(self, task_id: str, task: ScoringTask) -> tuple[bytes, int]:
        """Take one window the whole way; return what was sent, and the size of what came."""
        timing, embedder = self.clock.timing, default_embedder()
        with timing("total"):
            with timing("encode task"):
                body = encode_task(TaskRequest(task_id, task.window, 12, embedder.id, 12.0))
            with timing("sign request"):
                headers = sign_request(
                    self.keypair,
                    method="POST",
                    path=TASK_PATH,
                    body=body,
                    receiver=self.miner.hotkey,
                )
            with timing("send and receive"):
                url = self.miner.url + TASK_PATH
                async with self.http.post(url, data=body, headers=headers) as reply:
                    answer_body = await reply.read()
            assert reply.status == 200, answer_body
            with timing("verify answer"):
                verify_answer(
                    reply.headers, answer_body, request_headers=headers, request_body=body
                )
            with timing("parse answer"):
                answer = parse_answer(answer_body, task_id=task_id, embedder=embedder)
            with timing("prepare scoring"):
                prepared = self.rule.prepare(task)
            with timing("score"):
                (score,) = self.rule.score_prepared(prepared, [answer])
        assert score.valid, score.reason
        return body, len(answer_body)


def echo() -> FastAPI:
    """Return an application that takes any bytes and gives as many as it is asked for."""
    app = FastAPI(openapi_url=None)

    @app.post("/echo")
    async def reply(request: Request) -> Response:
        await request.body()
        return Response(b"x" * int(request.headers["x-size"]))

    return app


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--windows", type=int, default=60)
    tasks = scoring_tasks(parser.parse_args().windows + WARM_UP)
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(measure(tasks, clock, Path(folder)))
    print(
        f"{len(tasks) - WARM_UP} windows, milliseconds{'':<12} median      p95  processor (median)"
    )
    order = (
        "encode task",
        "sign request",
        "send and receive",
        "  of which annotate",
        "  of which embed",
        "verify answer",
        "parse answer",
        "prepare scoring",
        "score",
        "total",
        "floor",
    )
    for part in order:
        times = sorted(clock.parts[part])
        p95 = times[int(0.95 * (len(times) - 1))]
        processor = statistics.median(clock.processor[part])
        print(f"{part:<32} {statistics.median(times):8.3f} {p95:8.3f} {processor:8.3f}")
    total, floor = (statistics.median(clock.parts[part]) for part in ("total", "floor"))
    verdict = "within" if total < TARGET_MILLISECONDS else "OVER"
    print(
        f"median {total:.1f} ms: {verdict} the target of {TARGET_MILLISECONDS:g} ms, "
        f"{total / floor:.1f} times an echo ({floor:.2f} ms)"
    )


if __name__ == "__main__":
    main()
