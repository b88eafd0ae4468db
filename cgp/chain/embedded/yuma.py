"""Yuma consensus, simplified: from stake and weights to incentives, dividends and bonds.

The published rules (Bittensor's Yuma consensus, as in the subtensor pallet's epoch) without liquid
alpha, child keys and several mechanisms. ``n`` is the number of uids; a validator is a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """What an epoch decides. All are float64 of shape (n,), except ``bonds`` of shape (n, n).

    ``incentive`` and ``dividends`` sum to 1 (or are all 0); ``consensus`` is the clipping level of
    each uid; ``trust`` the share of a uid's weight that survived it, ``validator_trust`` the share of
    a validator's; every column of ``bonds`` sums to 1 (or 0).
    """

    consensus: Floats
    rank: Floats
    trust: Floats
    validator_trust: Floats
    incentive: Floats
    dividends: Floats
    bonds: Floats


def yuma(
    stake: Floats, weights: Floats, bonds: Floats, *, kappa: float, moving: float
) -> Consensus:
    """Run one epoch.

    Args:
        stake: (n,) stake of those who may vote, 0 for the others.
        weights: (n, n) weights set by rows on columns, any non-negative scale per row.
        bonds: (n, n) bonds after the epoch before.
        kappa: share of stake (0..1) that must agree on a weight.
        moving: share (0..1) of the old bonds that is kept.
    """
    stake = normalised(stake)
    weights = _rows_normalised(weights)
    consensus = stake_median(stake, weights, kappa)
    clipped = np.minimum(weights, consensus)
    before = stake @ weights
    rank = stake @ clipped
    bonds = _columns_normalised(
        moving * bonds + (1 - moving) * _columns_normalised(stake[:, None] * clipped)
    )
    incentive = normalised(rank)
    return Consensus(
        consensus=consensus,
        rank=incentive,
        trust=np.divide(rank, before, out=np.zeros_like(rank), where=before > 0),
        validator_trust=clipped.sum(axis=1),
        incentive=incentive,
        dividends=normalised(bonds @ incentive),
        bonds=bonds,
    )


def stake_median(stake: Floats, weights: Floats, kappa: float) -> Floats:
    """Return, for each column, the largest weight that at least ``kappa`` of the stake gives or exceeds.

    ``stake`` sums to 1; without any stake the answer is 0.
    """
    if not weights.size or stake.sum() <= 0:
        return np.zeros(weights.shape[1])
    order = np.argsort(-weights, axis=0, kind="stable")
    backing = np.cumsum(stake[order], axis=0)
    first = np.argmax(backing >= min(kappa, 1.0) - _TIE, axis=0)
    columns = np.arange(weights.shape[1])
    chosen: Floats = weights[order[first, columns], columns]
    return chosen


def normalised(values: Floats) -> Floats:
    """Scale to a sum of 1 (all zeros stay zeros)."""
    total = values.sum()
    scaled: Floats = values / total if total > 0 else np.zeros_like(values)
    return scaled


def _rows_normalised(matrix: Floats) -> Floats:
    totals = matrix.sum(axis=1, keepdims=True)
    scaled: Floats = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    return scaled


def _columns_normalised(matrix: Floats) -> Floats:
    return _rows_normalised(matrix.T).T
