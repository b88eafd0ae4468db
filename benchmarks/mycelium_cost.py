"""Measure what a round of Mycelium costs: time, processor and bytes, with few nodes and with many.

All nodes run in this process, over the network in memory, and go from round to round without a pause. So
the wall time of a round is that of one machine that does the work of all its nodes. Windows are made-up
numbers in the shape of real ones: their content changes no cost.

    python benchmarks/mycelium_cost.py --nodes 3 32
"""

import argparse
import asyncio
import json
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from bittensor import CRYPTO_ED25519
from bittensor.sp_core import Keypair

from cgp.experts.window_table import LabelledWindow, WindowTable
from cgp.mycelium.aggregation import aggregate
from cgp.mycelium.learner import Learner
from cgp.mycelium.memory import NodeMemory, rows_of
from cgp.mycelium.messages import Kind, NodeMessage
from cgp.mycelium.node import Node
from cgp.mycelium.node_settings import NodeSettings
from cgp.mycelium.spore_state import Policy
from cgp.mycelium.training import TrainingSettings
from cgp.mycelium.transports import MemoryNetwork, MemoryTransport
from cgp.mycelium.updates import MAX_LINEAGE, Update
from cgp.tagmodel import shipped_model
from cgp.tagmodel.head import INPUTS

WINDOWS, ROWS = 8, 16
REPEATS = 5


class CountedNetwork(MemoryNetwork):
    """A network in memory that counts the messages and bytes that nodes send."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = self.bytes = 0

    def carry(self, sender: MemoryTransport, topic: str, message: bytes) -> None:
        """Deliver a message, and count it."""
        self.messages += 1
        self.bytes += len(message)
        super().carry(sender, topic, message)


def main() -> None:
    """Print one line of JSON for the sizes of messages, and one for each number of nodes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--nodes", type=int, nargs="+", default=[3, 32])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(json.dumps(sizes()), flush=True)
    for count in arguments.nodes:
        with tempfile.TemporaryDirectory() as folder:
            figures = asyncio.run(run(count, arguments.rounds, Path(folder)))
        print(json.dumps({"nodes": count, **reading(count), **figures}), flush=True)


def key(number: int) -> Keypair:
    """Return the key of a node."""
    return Keypair.create_from_uri(f"//node-{number}", crypto_type=CRYPTO_ED25519)


def sizes() -> dict[str, int]:
    """Return the bytes of the fullest update, and of a sign of life."""
    settings = TrainingSettings().to_wire()
    lineage = tuple(f"{number:064x}" for number in range(MAX_LINEAGE))
    head = shipped_model().head.weights
    now = time.time_ns() // 1_000_000
    update = Update("group-0123456789ab", 10**6, head, 10**6, "0" * 64, now, lineage, settings)
    beat = NodeMessage(Kind.ROUND, "group-0123456789ab", 10**6, now, "0" * 16, head="0" * 64)
    return {"update_bytes": len(update.sign(key(0))), "sign_of_life_bytes": len(beat.sign(key(0)))}


def reading(count: int) -> dict[str, float]:
    """Return the processor time to check and average the updates of a round (median of a few)."""
    release = shipped_model().head
    random = np.random.default_rng(0)
    messages = [
        Update(
            "group-0",
            1,
            (release.weights + random.normal(size=INPUTS + 1) * 0.01).astype(np.float32),
            WINDOWS,
            "0" * 64,
            1,
        ).sign(key(number))
        for number in range(count)
    ]
    reads, averages = [], []
    for _ in range(REPEATS):
        started = time.process_time()
        updates = [Update.read(message) for message in messages]
        read = time.process_time()
        aggregate({update.node: update for update in updates}, release)
        reads.append(read - started)
        averages.append(time.process_time() - read)
    return {
        "check_cpu_ms": round(1000 * float(np.median(reads)), 1),
        "average_cpu_ms": round(1000 * float(np.median(averages)), 1),
    }


def learner(seed: int) -> Learner:
    """Return a learner over made-up windows."""
    random = np.random.default_rng(seed)
    windows = [
        LabelledWindow.of(
            random.normal(size=(ROWS, INPUTS)) * 0.1,
            (random.random(ROWS) < 0.5).astype(np.float64),
            np.ones(ROWS),
            language="en",
            kind="made-up",
            origin=f"talk-{number // 2}",
        )
        for number in range(WINDOWS)
    ]
    table = WindowTable.of(windows)
    return Learner.of(table, shipped_model().head, TrainingSettings(), seed)


async def run(count: int, rounds: int, folder: Path) -> dict[str, float]:
    """Return time, processor and bytes of a round, over the rounds after the first."""
    network = CountedNetwork()
    # Nobody is thought to be gone, and a round ends with the last update: so only work takes time.
    policy = Policy(
        absent=600.0, found_after=600.0, join_wait=60.0, round=600.0, least_members=count
    )
    founder = replace(policy, found_after=0.5)
    stopping = asyncio.Event()
    paths = [folder / f"{number}.sqlite" for number in range(count)]
    async with AsyncExitStack() as stack:
        nodes = []
        for number, path in enumerate(paths):
            memory = NodeMemory(path)
            stack.push_async_callback(memory.close)
            # One founds the group: several founders' groups of two would never become one.
            settings = NodeSettings(policy if number else founder, seed=number, evolve_every=0)
            node = Node(key(number), network.transport(), memory, learner(number), settings)
            nodes.append(asyncio.create_task(node.run(stopping)))
        await until(nodes, paths, 1)
        begin = time.monotonic(), time.process_time(), network.messages, network.bytes, least(paths)
        await until(nodes, paths, begin[4] + rounds)
        wall, processor = time.monotonic() - begin[0], time.process_time() - begin[1]
        closed = least(paths) - begin[4]
        messages, sent = network.messages - begin[2], network.bytes - begin[3]
        stopping.set()
        await asyncio.gather(*nodes)
    return {
        "round_wall_seconds": round(wall / closed, 3),
        "round_cpu_ms_a_node": round(1000 * processor / closed / count, 1),
        "round_messages_a_node": round(messages / closed / count, 1),
        "round_bytes_sent_a_node": round(sent / closed / count),
    }


async def until(nodes: list[asyncio.Task[None]], paths: list[Path], rounds: int) -> None:
    """Wait until each node has closed so many rounds."""
    while least(paths) < rounds:
        for node in nodes:
            if node.done():
                node.result()
        await asyncio.sleep(0.2)


def least(paths: list[Path]) -> int:
    """Return the least number of rounds that any node has closed."""
    counts = [rows_of(path, "SELECT count(*) AS n FROM rounds") for path in paths]
    return min(rows[0]["n"] if rows else 0 for rows in counts)


if __name__ == "__main__":
    main()
