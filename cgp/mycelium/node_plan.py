"""Plan of a node: all that its process is started with, and the key of its folder."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from cgp.config import Settings
from cgp.durable_files import private_folder, write_whole
from cgp.gold import read_gold
from cgp.mycelium.aggregation import AggregationRule
from cgp.mycelium.memory import MEMORY_FILE, cost_of
from cgp.mycelium.messages import PLACE
from cgp.mycelium.node_settings import NodeSettings
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.spore_state import Policy
from cgp.mycelium.wire import Signer

PLAN_FILE: Final = "node.json"
NOTHING_TO_LEARN: Final = (
    "there is nothing to learn from: `cgp import` conversations first, or give --gold"
)
_KEY_FILE: Final = "node.key"
_KEY_BYTES: Final = 32


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
                raise ValueError(NOTHING_TO_LEARN)


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
