"""Training of a node's head on its own windows, with FedProx's proximal term.

The loss is that of ``cgp.tagmodel.training.fit_head``, whose quadratic pull is the proximal term:
``loss(w) + pull / 2 * |w - group's head|^2`` (Li et al. 2020, Federated Optimization in
Heterogeneous Networks, equation 2). A second pull, the anchor, holds the head near the released
one. Two quadratic pulls are one towards the point between, so the released training code does both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from cgp.arrays import Floats
from cgp.experts.window_table import WindowTable
from cgp.mycelium.privacy import SHARED
from cgp.mycelium.wire import MICRO
from cgp.tagmodel import Head
from cgp.tagmodel.head import INPUTS
from cgp.tagmodel.training import HeadRows, fit_head

MAX_PULL: Final = 1000.0
# Of the number that is sent under a budget, per window: alone it may move further than among many.
_SHARED_PULL: Final = 1.0


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of a node's training; evolution changes them.

    ``pull`` is FedProx's strength towards the group's head, ``anchor`` the strength towards the
    released one, both per window. ``iterations`` bounds the local work of a round (FedProx allows
    inexact solutions). ``margin`` is the gain in held-out loss, as a share, for which the node
    changes its group.
    """

    pull: float = 3.0
    anchor: float = 3.0
    iterations: float = 30.0
    margin: float = 0.02

    def __post_init__(self) -> None:
        if not (0.0 < self.pull + self.anchor <= 2 * MAX_PULL and min(self.pull, self.anchor) >= 0):
            raise ValueError(f"pull and anchor are 0 to {MAX_PULL:g}, one of them above 0: {self}")
        if not (1 <= self.iterations <= 300 and 0.0 <= self.margin < 1.0):
            raise ValueError(f"iterations are 1 to 300, the margin is a share: {self}")

    def to_wire(self) -> Mapping[str, int]:
        """Return the settings in millionths, as updates carry them."""
        return {name: round(value * MICRO) for name, value in asdict(self).items()}


def train(table: WindowTable, group: Head, release: Head, settings: TrainingSettings) -> Head:
    """Return the head after training on ``table``; the same arguments give the same head."""
    total = settings.pull + settings.anchor
    share = settings.pull / total
    start = share * group.weights.astype(np.float64) + (1.0 - share) * release.weights.astype(
        np.float64
    )
    # The pull is per window, and the table is handed over as one.
    pull = total * len(table)
    return fit_head([_rows(table)], start, pull=pull, iterations=round(settings.iterations))


def train_shared(table: WindowTable, group: Head) -> Head:
    """Return the group's head after training the number that a budget lets out, and the bias."""
    start = group.weights.astype(np.float64)
    return fit_head([_rows(table)], start, pull=_SHARED_PULL * len(table), only=(SHARED, INPUTS))


def _rows(table: WindowTable) -> HeadRows:
    return HeadRows(table.rows, table.credit.astype(np.float64), table.weights.astype(np.float64))


def losses(head: Head, table: WindowTable) -> Floats:
    """Return the loss of each window in nats a candidate, shape ``(windows,)``."""
    return table.losses(head.log_odds(table.rows))


def loss(head: Head, table: WindowTable) -> float:
    """Return the mean loss of a head, each window counting the same."""
    return float(losses(head, table).mean())
