"""Differential privacy of updates: one number, clipped, with noise, and a budget that refuses.

Noise grows with the count of numbers that get it. On a head of 465 it drowns what a node learned,
so under a budget a node sends one: how far the weight of the base's score moved. In the head that
is sent, the group's, that weight and the bias are moved by it along a fixed line, on which a
candidate with the score ``TURNING_POINT`` keeps its log odds. Both are fixed here, for everybody
and before any window is read.

The unit is the node: a group that sees all of a node's updates learns hardly more than it would if
all of the node's windows were others. The guarantee is local: the node adds the noise itself and
trusts nobody. The change of the number is clipped, so two changes differ by twice the clip at most.
Of two kinds of noise a plan takes the one with the smaller standard deviation:

- Laplace, for up to about ten releases: one of scale ``b`` costs ``epsilon = 2 clip / b``, with no
  delta, and costs add up (Dwork and Roth 2014, theorems 3.6 and 3.16). Changes and noise are whole
  millionths, so that no rounding gives a number away.
- Gaussian, for more: one of standard deviation ``sigma`` costs ``rho = (2 clip)^2 / (2 sigma^2)``
  of zero-concentrated differential privacy (Bun and Steinke 2016, proposition 1.6), and costs add
  up. Together they are as private as one with ``mu = sqrt(2 rho)``, so epsilon is exact (Balle and
  Wang 2018, theorem 8), not a bound.

The noise hides what the number says of the windows. The number of windows, the times of updates and
the settings are not hidden by it, and are sent in clear. With a budget the weight is sent as 1.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.mycelium.errors import MyceliumError
from cgp.mycelium.updates import MAX_NUMBER
from cgp.mycelium.wire import MICRO
from cgp.tagmodel.head import INPUTS, PARTS, Head

UNIT: Final = "node"
SHARED: Final = PARTS.index("base_score")
"""The number of a head whose change is sent under a budget."""
SURENESS: Final = (SHARED, INPUTS)
"""The weight of the base's score and the bias: how sure a head is."""
TURNING_POINT: Final = -1.6
"""Score of the base that lies between what readers want and what they do not want.

Midway between the means of both over the written windows of ``training/`` that are English.
"""
DELTA: Final = 1e-5
"""Probability with which epsilon may not hold; below one in the number of nodes of any group."""
LEAST_CLIP: Final = 1e-3
"""Least clip: changes are counted in millionths."""


class BudgetSpentError(
    MyceliumError,
    code="mycelium.budget_spent",
    remedy="the node goes on to use its group's heads and sends no more; a larger epsilon is a decision"
    " of its owner",
):
    """A release would go over the budget of privacy; nothing is sent."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of releases in millionths: zCDP of the Gaussian ones, epsilon of the Laplace ones."""

    rho_micro: int = 0
    epsilon_micro: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of both together."""
        return Cost(self.rho_micro + other.rho_micro, self.epsilon_micro + other.epsilon_micro)

    def epsilon(self, delta: float = DELTA) -> float:
        """Return the epsilon of all together, at ``delta``: that of both kinds adds up."""
        return epsilon_of(self.rho_micro / MICRO, delta) + self.epsilon_micro / MICRO


@dataclass(frozen=True, slots=True)
class PrivacyPlan:
    """Budget of a node: at most ``epsilon`` (at ``delta``) over ``releases`` updates.

    ``clip`` is the greatest change of the number that is sent.

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
        if self.releases < 1 or not LEAST_CLIP <= self.clip <= MAX_NUMBER:
            raise ValueError(
                f"releases are 1 at least, clip is {LEAST_CLIP:g} to {MAX_NUMBER:g}: {self.releases},"
                f" {self.clip:g}"
            )
        # Asked for here, so that a budget for too many releases is refused now and not at the first
        # one.
        if not self._gaussian_micro:
            raise ValueError(
                f"epsilon {self.epsilon:g} is too little for {self.releases} releases: allow fewer"
            )

    @property
    def cost(self) -> Cost:
        """Cost of one release, rounded down: the last one fits too."""
        if self.is_laplace:
            return Cost(epsilon_micro=self._laplace_micro)
        return Cost(rho_micro=self._gaussian_micro)

    @property
    def rho_micro(self) -> int:
        """The zCDP of one release in millionths; of Laplace noise a bound.

        Epsilon without delta is ``epsilon^2 / 2`` of zCDP at most (Bun and Steinke, proposition
        1.4).
        """
        cost = self.cost
        return cost.rho_micro or -(-(cost.epsilon_micro**2) // (2 * MICRO))

    @property
    def is_laplace(self) -> bool:
        """Tell if the noise is Laplace's: that is the smaller one for this plan."""
        if not self._laplace_micro:
            return False
        return math.sqrt(2.0) * self.scale <= self.sigma

    @property
    def sigma(self) -> float:
        """Standard deviation of Gaussian noise."""
        return 2.0 * self.clip / math.sqrt(2.0 * self._gaussian_micro / MICRO)

    @property
    def scale(self) -> float:
        """Scale of Laplace noise; its standard deviation is ``sqrt(2)`` of that."""
        return 2.0 * self.clip / (self._laplace_micro / MICRO)

    @property
    def _gaussian_micro(self) -> int:
        return math.floor(rho_of(self.epsilon, self.delta) * MICRO) // self.releases

    @property
    def _laplace_micro(self) -> int:
        return math.floor(self.epsilon * MICRO) // self.releases

    def require_room(self, spent: Cost) -> None:
        """Check that one more release fits the budget.

        Raises:
            BudgetSpentError: if it does not, or the amount spent is not an amount.
        """
        # Written so that anything odd refuses: privacy that fails must fail closed.
        if not (spent.rho_micro >= 0 and spent.epsilon_micro >= 0 and self._has_room(spent)):
            counted = Cost(max(spent.rho_micro, 0), max(spent.epsilon_micro, 0))
            raise BudgetSpentError(
                f"{counted.epsilon(self.delta):.3f} of epsilon {self.epsilon:g} is spent, and one more"
                " update does not fit"
            )

    def releases_left(self, spent: Cost) -> int:
        """Return how many more releases fit, ``releases`` at most."""
        # Cost only grows, so where one count fits all smaller ones do; counting up to a budget of a
        # million releases would take minutes.
        counts = range(1, self.releases + 1)
        return bisect_left(counts, 1, key=lambda count: not self._has_room(spent, count))

    def _has_room(self, spent: Cost, count: int = 1) -> bool:
        cost = self.cost
        after = spent + Cost(count * cost.rho_micro, count * cost.epsilon_micro)
        left_micro = math.floor(self.epsilon * MICRO) - after.epsilon_micro
        if not after.rho_micro:
            return left_micro >= 0
        # Without Laplace noise epsilon as it was given: rounded down, the last might not fit.
        left = left_micro / MICRO if after.epsilon_micro else self.epsilon
        return left > 0.0 and after.rho_micro <= math.floor(rho_of(left, self.delta) * MICRO)

    def release(self, head: Head, group: Head, random: np.random.Generator) -> NDArray[np.float32]:
        """Return a head to send: the group's, moved by the clipped and noised change of ``head``.

        ``random`` must be seeded from the machine's own entropy: who knows the seed knows the head.
        """
        weights = group.weights.astype(np.float64)
        change = float(head.weights[SHARED]) - weights[SHARED]
        if self.is_laplace:
            number = _laplace(change, self.clip, self._laplace_micro, random) / MICRO
        else:
            number = max(-self.clip, min(self.clip, change)) + random.normal(scale=self.sigma)
        weights[SHARED] += number
        weights[-1] -= number * TURNING_POINT
        # What is beyond this bound nobody takes; the bound is the same for all.
        return np.clip(weights, -MAX_NUMBER, MAX_NUMBER).astype(np.float32)


def _laplace(change: float, clip: float, epsilon_micro: int, random: np.random.Generator) -> int:
    """Return a clipped change with discrete Laplace noise, in millionths."""
    bound = math.floor(clip * MICRO)
    steps = max(-bound, min(bound, round(change * MICRO)))
    # The difference of two geometric numbers: a step further is less likely by this factor.
    less = -math.expm1(-epsilon_micro / MICRO / (2 * bound))
    return steps + int(random.geometric(less)) - int(random.geometric(less))


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
