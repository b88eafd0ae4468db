"""Training of a node's head on its own windows, with FedProx's proximal term.

The loss is that of ``cgp.tagmodel.training.fit_head``, whose quadratic pull is the proximal term:
``loss(w) + pull / 2 * |w - group's head|^2`` (Li et al. 2020, Federated Optimization in
Heterogeneous Networks, equation 2), of all numbers, the bias too: what is not pulled each node fits
to its few windows alone, and the mean of such fits is no fit to the windows of all. A second pull,
the anchor, holds the head near the released one. It is the prior of the whole group, so each member
holds its part. Two quadratic pulls are one towards the point between, so the released training code
does both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from cgp.arrays import Floats
from cgp.experts.window_table import WindowTable
from cgp.mycelium.privacy import SURENESS
from cgp.mycelium.wire import MICRO
from cgp.tagmodel import Head
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS
from cgp.tagmodel.training import HeadRows, fit_head

MAX_PULL: Final = 1000.0
MAX_ITERATIONS: Final = 300.0
MAX_MARGIN: Final = 0.99
_BOUNDS: Final = {
    "pull": (0.0, MAX_PULL),
    "anchor": (0.0, MAX_PULL),
    "iterations": (1.0, MAX_ITERATIONS),
    "margin": (0.0, MAX_MARGIN),
}
# Of the number that is sent under a budget, per window: alone it may move further than among many.
_SHARED_PULL: Final = 1.0
# The weight of the base's score and the bias say how sure a head is. A group learns them in its
# first round, and its later updates leave them: of few windows they grow from round to round.
GROUP_NUMBERS: Final = tuple(
    number for number in range(INPUTS - ENCODER_DIMENSION) if number not in SURENESS
)
"""Numbers that a group learns in its later rounds: the weights of candidates' features.

The numbers of a phrase's meaning stay with each node. In groups they gained nothing on held-out
windows, and through them a few members could teach all others a phrase of their own.
"""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of a node's training; evolution changes them.

    ``pull`` is FedProx's strength towards the group's head, per window. ``anchor`` is the strength
    towards the released one, of the group as a whole, however many windows it has.
    ``iterations`` bounds the local work of a round (FedProx allows inexact solutions). ``margin``
    is the gain in held-out loss, as a share, for which the node changes its group.
    """

    pull: float = 30.0
    anchor: float = 300.0
    iterations: float = 30.0
    margin: float = 0.02

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            # Written so that NaN is refused.
            if not low <= (value := getattr(self, name)) <= high:
                raise ValueError(
                    f"{name} is {low:g} to {high:g}, not {value:g}: choose a number of this range"
                )
        if not self.pull + self.anchor > 0.0:
            raise ValueError("pull and anchor are not both 0: give one of them, such as pull=30")

    def to_wire(self) -> Mapping[str, int]:
        """Return the settings in millionths, as updates carry them."""
        return {name: round(value * MICRO) for name, value in asdict(self).items()}


def train(
    table: WindowTable,
    group: Head,
    release: Head,
    settings: TrainingSettings,
    *,
    members: int = 1,
    only: Sequence[int] | None = None,
) -> Head:
    """Return the head after training on ``table``; the same arguments give the same head.

    ``members`` is the number of nodes that share the anchor. ``only`` names the numbers that may
    change (all).
    """
    pulls = np.full(INPUTS + 1, settings.pull * len(table))
    anchors = np.zeros(INPUTS + 1)
    anchors[slice(None) if only is None else list(only)] = settings.anchor / members
    # How sure a head is, the data says: the release's conversations may have been easier.
    anchors[list(SURENESS)] = 0.0
    strengths = pulls + anchors
    begin, anchor = (head.weights.astype(np.float64) for head in (group, release))
    share = np.divide(anchors, strengths, out=np.zeros(INPUTS + 1), where=strengths > 0.0)
    start = begin + share * (anchor - begin)
    rounds = round(settings.iterations)
    return fit_head([_rows(table)], start, strengths=strengths, iterations=rounds, only=only)


def train_update(
    table: WindowTable,
    group: Head,
    release: Head,
    settings: TrainingSettings,
    *,
    number: int,
    members: int,
) -> Head:
    """Return the head that a node sends in round ``number`` of its group.

    In the first round the number and the bias that say how sure a head is are trained, then the
    features of candidates.
    """
    if number == 1:
        return train_shared(table, group)
    return train(table, group, release, settings, members=members, only=GROUP_NUMBERS)


def settings_of_update(number: int, *, is_open: bool) -> Mapping[str, int]:
    """Return the settings behind a head that is sent in round ``number``, as updates carry them.

    Evolved settings serve a node's own head and are not in it. The number that a first round and a
    budget of privacy learn has a pull of its own, and no anchor.
    """
    if number == 1 or not is_open:
        return {"pull": round(_SHARED_PULL * MICRO)}
    return TrainingSettings().to_wire()


def train_shared(table: WindowTable, group: Head) -> Head:
    """Return the group's head after training the number that a budget lets out, and the bias."""
    start = group.weights.astype(np.float64)
    return fit_head([_rows(table)], start, pull=_SHARED_PULL * len(table), only=SURENESS)


def _rows(table: WindowTable) -> HeadRows:
    return HeadRows(table.rows, table.credit.astype(np.float64), table.weights.astype(np.float64))


def losses(head: Head, table: WindowTable) -> Floats:
    """Return the loss of each window in nats a candidate, shape ``(windows,)``."""
    return table.losses(head.log_odds(table.rows))


def loss(head: Head, table: WindowTable) -> float:
    """Return the mean loss of a head, each window counting the same."""
    return float(losses(head, table).mean())
