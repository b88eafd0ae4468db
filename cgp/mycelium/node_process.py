"""A node as a process of its own: ``python -m cgp.mycelium.node_process FOLDER``.

The folder holds ``node.json`` (a ``NodePlan``), the node's key, and its memory. Killed at any
moment, the next start of the same folder goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from cgp.config import LogSettings, Settings
from cgp.durable_files import private_folder, write_whole
from cgp.gold import GoldWindow, bundled_gold, read_gold
from cgp.jobs.users import own_seed
from cgp.mycelium.aggregation import AggregationRule
from cgp.mycelium.joined_transport import JoinedTransport
from cgp.mycelium.learner import Learner
from cgp.mycelium.memory import MEMORY_FILE, NodeMemory, cost_of
from cgp.mycelium.messages import PLACE
from cgp.mycelium.nats_transport import NatsTransport
from cgp.mycelium.node import Node
from cgp.mycelium.node_settings import NodeSettings
from cgp.mycelium.own_windows import Label, OwnWindows, own_windows
from cgp.mycelium.payload_scan import PayloadScan
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.spore_state import Policy
from cgp.mycelium.training import TrainingSettings
from cgp.mycelium.transports import Transport
from cgp.mycelium.wire import Signer
from cgp.telemetry import configure_logging

logger = logging.getLogger(__name__)

PLAN_FILE: Final = "node.json"
_KEY_FILE: Final = "node.key"
_NATS_FILE: Final = "nats.seed"
_KEY_BYTES: Final = 32
_NOTHING: Final = "there is nothing to learn from: `cgp import` conversations first, or give --gold"


@dataclass(frozen=True)
class NodePlan:
    """Everything that a node's process is started with.

    ``share`` and ``shares`` name the part of the bundled sample windows that it learns from, where
    ``shares`` is above 0; else it learns from the store of the settings and from ``gold`` files.
    ``patience`` is the wait in seconds for a member that is slow or gone. ``epsilon`` is 0 for no
    noise. ``trust`` and ``trains_travellers`` are those of ``NodeSettings``. ``hotkey`` signs with
    the wallet's hotkey in place of a key of its own. ``activitypub`` joins nodes of the fediverse
    too, by the actor of the settings.
    """

    name: str
    nats_url: str
    every: float = 5.0
    patience: float = 10.0
    least_members: int = 2
    rule: str = AggregationRule.TRIMMED
    share: int = 0
    shares: int = 0
    gold: tuple[str, ...] = ()
    epsilon: float = 0.0
    releases: int = 3
    clip: float = 0.5
    trust: Mapping[str, float] = field(default_factory=dict)
    trains_travellers: bool = False
    hotkey: bool = False
    seed: int = 0
    activitypub: bool = False

    def write(self, folder: Path) -> None:
        """Write the plan into a node's folder."""
        private_folder(folder)
        write_whole(folder / PLAN_FILE, json.dumps(asdict(self), indent=1).encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a node's plan.

        Raises:
            ValueError: if the file holds something else.
        """
        try:
            document: dict[str, Any] = json.loads((folder / PLAN_FILE).read_text(encoding="utf-8"))
            return cls(**{**document, "gold": tuple(document["gold"])})
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"{folder / PLAN_FILE} is not a plan of a node: {error}") from error

    def policy(self) -> Policy:
        """Return the times of the protocol for this plan."""
        beat = min(1.0, max(0.2, self.every / 5))
        return Policy(
            beat=beat,
            # A busy machine may keep a node silent for a while without a fault of its own.
            absent=max(self.patience, 4 * beat),
            announce=beat,
            forget_group=max(10.0, 6 * beat),
            found_after=1.0,
            join_wait=3.0,
            round=self.every + max(self.patience, self.every),
            every=self.every,
            least_members=self.least_members,
        )

    def privacy(self) -> PrivacyPlan | None:
        """Return the budget of privacy, None where there is none."""
        if not self.epsilon:
            return None
        return PrivacyPlan(self.epsilon, self.releases, self.clip)

    def updates_left(self, folder: Path) -> int:
        """Return how many updates the budget allows after all earlier starts in ``folder``."""
        privacy = self.privacy()
        if privacy is None:
            return self.releases
        return privacy.releases_left(cost_of(folder / MEMORY_FILE))

    def settings(self) -> NodeSettings:
        """Return the settings of the node.

        Raises:
            ValueError: if they do not fit together, or a number is out of bounds.
        """
        return NodeSettings(
            self.policy(),
            AggregationRule(self.rule),
            self.privacy(),
            self.seed,
            # Shown to everybody: an address with a password in it is not, nor one of an odd form.
            place=self.nats_url if PLACE.fullmatch(self.nats_url) else "",
            trust=self.trust,
            trains_travellers=self.trains_travellers,
        )

    def check(self, settings: Settings) -> None:
        """Check the inputs that a process of the node would end by, before one is started.

        Raises:
            ValueError: if the settings do not fit together or there is nothing to learn from.
            FileNotFoundError: if a gold file is missing.
            GoldError: if one is not a gold file.
            ChainSetupError: if it is to sign with a hotkey and there is none.
        """
        from cgp.store import Store

        self.settings()
        for path in self.gold:
            read_gold(Path(path))
        if self.hotkey:
            _hotkey(settings)
        if self.gold or self.shares:
            return
        with contextlib.closing(Store(settings.store_url)) as store:
            if not store.recent_conversation_ids(1):
                raise ValueError(_NOTHING)


def node_key(folder: Path) -> Signer:
    """Return the Ed25519 key of a node's folder, made where it is missing.

    Raises:
        ValueError: if the file holds something else.
    """
    from bittensor import CRYPTO_ED25519
    from bittensor.sp_core import Keypair

    path = folder / _KEY_FILE
    if not path.exists():
        write_whole(path, os.urandom(_KEY_BYTES))
    seed = path.read_bytes()
    if len(seed) != _KEY_BYTES:
        raise ValueError(
            f"{path} is not a node's key: one has {_KEY_BYTES} bytes, not {len(seed)}; put a copy in its"
            " place, or remove it: others then see a new node"
        )
    key: Signer = Keypair.create_from_seed(seed, crypto_type=CRYPTO_ED25519)
    return key


def address_of(folder: Path) -> str:
    """Return the address of a node's own key, empty where it has none yet."""
    # Looking makes no key: the node itself might make another one in the same moment.
    return node_key(folder).ss58_address if (folder / _KEY_FILE).exists() else ""


def key_of(plan: NodePlan, settings: Settings, folder: Path) -> Signer:
    """Return the key that a node signs with: the wallet's hotkey, or one of its folder's own.

    Raises:
        ChainSetupError: if it is to sign with a hotkey and there is none.
    """
    return _hotkey(settings) if plan.hotkey else node_key(folder)


def _hotkey(settings: Settings) -> Signer:
    from cgp.chain import open_wallet

    key: Signer = open_wallet(settings.wallet).hotkey
    return key


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
        raise ValueError(_NOTHING)
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
    memory = NodeMemory(folder / MEMORY_FILE)
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
