"""Differential privacy of updates: clipping, Gaussian noise, and a budget that refuses.

The unit is the node: a group that sees all of a node's updates learns hardly more than it would if
all of the node's windows were others. The guarantee is local: the node adds the noise itself and
trusts nobody. The change of a head is clipped to a length, so two changes differ by twice that at
most. Noise of standard deviation ``sigma`` then costs ``rho = (2 clip)^2 / (2 sigma^2)`` of
zero-concentrated differential privacy (Bun and Steinke 2016, proposition 1.6), and costs add up.

All of a node's releases are Gaussian mechanisms, and together they are as private as one with
``mu = sqrt(2 rho)``. So epsilon is exact (Balle and Wang 2018, theorem 8), not a bound.

The noise hides what the head says of the windows. The number of windows, the times of updates and
the settings are not hidden by it, and are sent in clear. With a budget the weight is sent as 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.mycelium.errors import MyceliumError
from cgp.mycelium.wire import MICRO
from cgp.tagmodel.head import Head

UNIT: Final = "node"
DELTA: Final = 1e-5
"""Probability with which epsilon may not hold; below one in the number of nodes of any group."""


class BudgetSpentError(
    MyceliumError,
    code="mycelium.budget_spent",
    remedy="the node goes on to use its group's heads and sends no more; a larger epsilon is a decision"
    " of its owner",
):
    """A release would go over the budget of privacy; nothing is sent."""


@dataclass(frozen=True, slots=True)
class PrivacyPlan:
    """Budget of a node: at most ``epsilon`` (at ``delta``) over ``releases`` updates.

    ``clip`` is the greatest length of a change of the head that is sent.

    Raises:
        ValueError: if a number is out of bounds, or the budget is too little for the releases.
    """

    epsilon: float
    releases: int
    clip: float
    delta: float = DELTA

    def __post_init__(self) -> None:
        if not (0.0 < self.epsilon <= 100.0 and 0.0 < self.delta < 1.0):
            raise ValueError("epsilon is above 0 and at most 100, delta between 0 and 1")
        if self.releases < 1 or not self.clip > 0.0:
            raise ValueError("releases are 1 at least, clip is above 0")
        # Asked for here, so that a budget for too many releases is refused now and not at the first
        # one.
        _ = self.rho_micro

    @property
    def budget_micro(self) -> int:
        """The zCDP of all releases together, in millionths, rounded down."""
        return math.floor(rho_of(self.epsilon, self.delta) * MICRO)

    @property
    def rho_micro(self) -> int:
        """The zCDP of one release, in millionths, rounded down: the last one fits too."""
        share = self.budget_micro // self.releases
        if share < 1:
            raise ValueError(
                f"epsilon {self.epsilon:g} is too little for {self.releases} releases: allow fewer"
            )
        return share

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise on each number of a head."""
        return 2.0 * self.clip / math.sqrt(2.0 * self.rho_micro / MICRO)

    def require_room(self, spent_micro: int) -> None:
        """Check that one more release fits the budget.

        Raises:
            BudgetSpentError: if it does not, or the amount spent is not an amount.
        """
        # Written so that anything odd refuses: privacy that fails must fail closed.
        if not 0 <= spent_micro <= self.budget_micro - self.rho_micro:
            raise BudgetSpentError(
                f"{epsilon_of(max(spent_micro, 0) / MICRO, self.delta):.3f} of epsilon"
                f" {self.epsilon:g} is spent, and one more update does not fit"
            )

    def release(self, head: Head, group: Head, random: np.random.Generator) -> NDArray[np.float32]:
        """Return a head to send: the change from the group's head clipped, and noise added.

        ``random`` must be seeded from the machine's own entropy: who knows the seed knows the head.
        """
        center = group.weights.astype(np.float64)
        change = clip_change(head.weights.astype(np.float64) - center, self.clip)
        # Float64 noise, rounded to float32 when it is sent: the last bits are coarser than the
        # noise.
        noise = random.normal(scale=self.sigma, size=change.shape)
        return (center + change + noise).astype(np.float32)


def clip_change(change: Floats, length: float) -> Floats:
    """Return a change, shortened to ``length`` where it is longer (Euclidean norm)."""
    norm = float(np.linalg.norm(change))
    return change if norm <= length else change * (length / norm)


def epsilon_of(rho: float, delta: float = DELTA) -> float:
    """Return epsilon at ``delta`` of Gaussian releases whose zCDP adds up to ``rho``.

    Raises:
        ValueError: if ``rho`` is negative or not finite.
    """
    from scipy.optimize import brentq

    if not 0.0 <= rho < math.inf:
        raise ValueError(f"rho is a number of 0 at least, not {rho}")
    if _delta_of(0.0, rho) <= delta:
        return 0.0
    # The bound of Bun and Steinke is above the exact value.
    bound = rho + 2.0 * math.sqrt(rho * math.log(1.0 / delta))
    return float(brentq(lambda epsilon: _delta_of(epsilon, rho) - delta, 0.0, bound))


def rho_of(epsilon: float, delta: float = DELTA) -> float:
    """Return the greatest zCDP of Gaussian releases that keeps ``epsilon`` at ``delta``."""
    from scipy.optimize import brentq

    # Delta grows with rho; at rho = epsilon + 1 it is far beyond.
    high = epsilon + 1.0
    return float(brentq(lambda rho: _delta_of(epsilon, rho) - delta, 0.0, high, xtol=1e-15))


def _delta_of(epsilon: float, rho: float) -> float:
    """Return delta of a Gaussian mechanism with ``mu = sqrt(2 rho)``: Balle and Wang, theorem 8."""
    from scipy.special import log_ndtr

    if rho == 0.0:
        return 0.0
    mu = math.sqrt(2.0 * rho)
    first = float(log_ndtr(mu / 2.0 - epsilon / mu))
    second = epsilon + float(log_ndtr(-mu / 2.0 - epsilon / mu))
    return math.exp(first) - math.exp(second)
