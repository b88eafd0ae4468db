"""Hostile requests against a miner: no 500, flat memory, no long log line, and validators still served.

    python benchmarks/hostile_requests.py --count 50000 --seed 1

Each request is a good one spoilt somewhere: bytes flipped, cut or repeated, headers doubled, JSON of other
types, sizes or depths; signed by a permitted validator or by nobody. A real miner process answers over
loopback, with the embedded annotator. Between them a validator asks honestly.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from load_clients import request_of
from local_miner import MinerProcess, free_port, make_subnet
from spoilt_bytes import Spoiler, send
from verdicts import Verdict, judge_hostile, say_all

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.protocol import TASK_PATH, TaskRequest, encode_task
from cgp.signing import sign_request

AT_ONCE = 16
HOSTILE_SECONDS = 0.5
FIRST_TRIES = 20
ANSWER_SECONDS = 12.0
"""What a validator gives a miner for an answer."""


def window(number: int) -> Conversation:
    """Return a window that no miner has seen."""
    text = f"The solar panels of house {number} feed the grid of the harbour."
    return Conversation("c", "hostile", (Participant("Ada"),), (Turn(0, text), Turn(0, text[::-1])))


class Attacker:
    """Makes requests: the good one, and the spoilt ones."""

    def __init__(self, validator: Any, miner: str, seed: int) -> None:  # noqa: ANN401 - a keypair
        self._validator = validator
        self._miner = miner
        self._spoiler = Spoiler(seed)
        self._number = 0

    def good(self) -> bytes:
        """Return a request as a validator sends it."""
        return self._request(self._body())

    def hostile(self) -> bytes:
        """Return a request that is wrong somewhere."""
        spoiler = self._spoiler
        way = spoiler.chance.randrange(4)
        if way == 0:
            return self._request(spoiler.spoilt_json(self._body()))
        if way == 1:
            return self._request(spoiler.flipped(self._body()))
        whole = self._request(self._body())
        return spoiler.flipped(whole) if way == 2 else spoiler.doubled(whole)

    def _body(self) -> bytes:
        self._number += 1
        task = TaskRequest(f"t-{self._number}", window(self._number), 8, default_embedder().id, 5.0)
        return encode_task(task)

    def _request(self, body: bytes) -> bytes:
        headers = sign_request(
            self._validator, method="POST", path=TASK_PATH, body=body, receiver=self._miner
        )
        return request_of(body, headers, "Connection: close")


async def ask_honestly(port: int, attacker: Attacker) -> int:
    """Ask as a validator does, again where the miner is busy; return the last status."""
    until = time.monotonic() + ANSWER_SECONDS
    while (status := await send(port, attacker.good())) == 503 and time.monotonic() < until:  # noqa: ASYNC110 - a miner is no event
        await asyncio.sleep(1.0)
    return status


async def attack(miner: MinerProcess, attacker: Attacker, count: int) -> list[Verdict]:
    """Send all requests, a few at once, and judge what came of them."""
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
            statuses[await send(miner.port, attacker.hostile(), HOSTILE_SECONDS)] += 1
            if number % 50 == 0:
                honest[await ask_honestly(miner.port, attacker)] += 1
            if number % max(1, count // 20) == 0:
                memory.append(miner.memory)

    began = time.monotonic()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    seconds = time.monotonic() - began
    return [
        *judge_hostile(statuses, memory, miner.log, seconds),
        Verdict(
            "honest requests among them",
            f"{honest[200]} of {honest.total()} answered",
            "all",
            honest[200] == honest.total(),
        ),
    ]


async def run(folder: Path, count: int, seed: int) -> list[Verdict]:
    """Start a miner, attack it, and judge what came of it."""
    subnet = await make_subnet(folder)
    miner = subnet.start_miner(free_port(), **{"miner.requests_per_minute": 1_000_000})
    try:
        await miner.ready()
        attacker = Attacker(subnet.validators[0], subnet.miner, seed)
        # The first window loads the annotator's models: they are no leak.
        for _ in range(FIRST_TRIES):
            if await send(miner.port, attacker.good()) == 200:
                break
        return await attack(miner, attacker, count)
    finally:
        miner.stop()


def main() -> int:
    """Attack a miner and print a line for each verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        verdicts = asyncio.run(run(Path(folder), chosen.count, chosen.seed))
    return 0 if say_all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
