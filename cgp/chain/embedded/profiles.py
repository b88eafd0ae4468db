"""Named settings of an embedded chain: the time scales of the main network, or fast ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cgp.chain.embedded.hyperparameters import Hyperparameters


class ProfileName(StrEnum):
    """The profiles that a person can ask for."""

    FAST = "fast"
    MAINNET = "mainnet"


@dataclass(frozen=True, slots=True)
class Profile:
    """The seconds that a block takes, and the subnet's rules. The calls behave the same in each."""

    block_seconds: float
    rules: Hyperparameters


FAST: Final = Profile(
    block_seconds=0.25,
    rules=Hyperparameters(
        tempo=20,
        weights_rate_limit=10,
        immunity_period=500,
        # Weights can be read back at once, and a first run ends in seconds.
        commit_reveal_weights_enabled=False,
        serving_rate_limit=5,
        # 5,000 blocks, as on the main network: validators renew their weights by blocks.
        activity_cutoff_factor=250_000,
        # The same share of a tempo as on the main network, in whole blocks.
        admin_freeze_window=1,
    ),
)
"""An epoch takes five seconds, and weights are set in the open."""

MAINNET: Final = Profile(block_seconds=12.0, rules=Hyperparameters())
"""An epoch takes 72 minutes, and weights are committed now and revealed an epoch later."""

PROFILES: Final = {ProfileName.FAST: FAST, ProfileName.MAINNET: MAINNET}
