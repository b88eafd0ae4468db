"""A node as a process of its own: ``python -m cgp.mycelium.node_process FOLDER``.

The folder holds ``node.json`` (a ``NodePlan``), the node's key, and its memory. Killed at any
moment, the next start of the same folder goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cgp.config import LogSettings, Settings
from cgp.gold import GoldWindow, bundled_gold, read_gold
from cgp.jobs.users import own_seed
from cgp.mycelium.joined_transport import JoinedTransport
from cgp.mycelium.learner import Learner
from cgp.mycelium.memory import MEMORY_FILE, NodeMemory
from cgp.mycelium.nats_transport import NatsTransport
from cgp.mycelium.node import Node
from cgp.mycelium.node_plan import NOTHING_TO_LEARN, NodePlan, key_of
from cgp.mycelium.own_windows import Label, OwnWindows, own_windows
from cgp.mycelium.payload_scan import PayloadScan
from cgp.mycelium.training import TrainingSettings
from cgp.mycelium.transports import Transport
from cgp.mycelium.wire import Signer
from cgp.telemetry import configure_logging

logger = logging.getLogger(__name__)

_NATS_FILE: Final = "nats.seed"


def nats_seed(folder: Path) -> str:
    """Return the seed of a node's user of the NATS server, made where it is missing."""
    return own_seed(folder / _NATS_FILE)


def windows_of(plan: NodePlan, settings: Settings) -> OwnWindows:
    """Return the windows that a node learns from.

    Raises:
        ValueError: if there are none.
    """
    from cgp.privacy import policy_of
    from cgp.store import Store
    from cgp.windows import WindowPlan

    gold: list[GoldWindow] = [w for path in plan.gold for w in read_gold(Path(path))]
    if plan.shares:
        # Every so-many-th window: each node has some of every kind of talk.
        gold += bundled_gold()[plan.share :: plan.shares]
        return OwnWindows(tuple(gold), Counter({Label.GOLD: len(gold)}))
    with contextlib.closing(Store(settings.store_url)) as store:
        windows = own_windows(
            store, gold, policy=policy_of(settings), plan=WindowPlan.of(settings.window)
        )
    if not windows.windows:
        raise ValueError(NOTHING_TO_LEARN)
    return windows


def learner_of(windows: OwnWindows, seed: int) -> Learner:
    """Return a learner over windows, which are read here."""
    from cgp.embedders import default_embedder
    from cgp.encoders import default_encoder
    from cgp.tagmodel import shipped_model

    model = shipped_model()
    table = windows.table(model, default_embedder(), default_encoder())
    return Learner.of(table, model.head, TrainingSettings(), seed)


@dataclass(frozen=True)
class _Inputs:
    """What a node's process reads before it takes part."""

    plan: NodePlan
    settings: Settings
    key: Signer
    learner: Learner
    scan: PayloadScan

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the plan, the key and the windows of a node's folder; takes seconds.

        Raises:
            ValueError: if the plan is wrong or there is nothing to learn from.
        """
        plan, settings = NodePlan.read(folder), Settings()
        key = key_of(plan, settings, folder)
        windows = windows_of(plan, settings)
        scan = PayloadScan(turn.text for window in windows.windows for turn in window.window.turns)
        logger.info(
            "%s learns from %d windows as %s", plan.name, len(windows.windows), key.ss58_address
        )
        return cls(plan, settings, key, learner_of(windows, plan.seed), scan)


async def _run_node(folder: Path, inputs: _Inputs, stopping: asyncio.Event) -> None:
    """Run the node of a folder until ``stopping`` is set.

    Raises:
        JobsError: if its NATS server cannot be reached.
        FediverseError: if it has an actor and that cannot be opened.
    """
    plan = inputs.plan
    memory = NodeMemory(folder / MEMORY_FILE, is_durable=plan.privacy() is not None)
    try:
        await _note_losses_alone(memory, inputs.learner)
        async with _open_transport(plan, inputs.settings, folder) as transport:
            node = Node(
                inputs.key, transport, memory, inputs.learner, plan.settings(), scan=inputs.scan
            )
            await node.run(stopping)
    finally:
        await memory.close()


async def _note_losses_alone(memory: NodeMemory, learner: Learner) -> None:
    """Measure once what the node has without others, to show beside what it has in its group."""
    if not await memory.knows_losses_alone():
        losses = await asyncio.to_thread(learner.losses_alone)
        if losses is not None:
            await memory.keep_losses_alone(*losses)


@contextlib.asynccontextmanager
async def _open_transport(
    plan: NodePlan, settings: Settings, folder: Path
) -> AsyncIterator[Transport]:
    nats = await NatsTransport.connect(plan.nats_url, nats_seed(folder), name=plan.name)
    if not plan.activitypub:
        yield nats
        return
    # Imported only here: a node without an actor does without the extra's packages.
    from cgp.mycelium.fediverse.at_work import activitypub_transport

    async with activitypub_transport(settings, folder) as actor:
        yield JoinedTransport((nats, actor))


def main() -> None:
    """Run the node of the folder that the command line names, until SIGTERM or SIGINT."""
    folder = Path(sys.argv[1])

    async def work() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        await _run_node(folder, inputs, stopping)

    configure_logging(LogSettings())
    # Until the windows are read there is nothing to close: a signal ends the process at once, as
    # SIGTERM does by itself. A thread that reads them could not be stopped.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    inputs = _Inputs.read(folder)
    asyncio.run(work())


if __name__ == "__main__":
    main()
