"""Yuma consensus: from stake and weights to incentives, dividends and bonds.

The pallet's epoch (``epoch/run_epoch``) in floating point, without liquid alpha, child keys and
several mechanisms; both forms of bonds, the original one and Yuma3. ``n`` is the number of uids; a
validator is a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Rules:
    """The parameters of consensus, all 0..1.

    ``kappa`` is the share of stake that must agree on a weight, ``moving`` the share of the old
    bonds that is kept, ``penalty`` how far weights above the consensus lose their bonds. ``yuma3``:
    bonds are kept for each pair of validator and miner, and stake counts when dividends are paid,
    not when bonds are made.
    """

    kappa: float
    moving: float
    penalty: float = 1.0
    yuma3: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """The decisions of an epoch. All are float64 of shape (n,), except ``bonds`` of shape (n, n).

    ``incentive`` and ``dividends`` sum to 1 (or are all 0); ``consensus`` is the clipping level of
    each uid; ``trust`` the share of a uid's weight that survived it, ``validator_trust`` the share
    of a validator's. ``bonds`` are as the chain stores them: under Yuma3 the moving average of
    weights, else with 1 as the largest of each column.
    """

    consensus: Floats
    trust: Floats
    validator_trust: Floats
    incentive: Floats
    dividends: Floats
    bonds: Floats


def yuma(stake: Floats, weights: Floats, bonds: Floats, rules: Rules) -> Consensus:
    """Run one epoch.

    Args:
        stake: (n,) stake of validators, 0 for other neurons.
        weights: (n, n) weights set by rows on columns, any non-negative scale per row.
        bonds: (n, n) bonds after the epoch before, as stored.
        rules: the parameters.
    """
    stake = to_shares(stake)
    weights = _rows_to_shares(weights)
    consensus = stake_median(stake, weights, rules.kappa)
    clip = np.minimum(weights, consensus)
    before = stake @ weights
    rank = stake @ clip
    incentive = to_shares(rank)
    bond_weights = weights + rules.penalty * (clip - weights)
    if rules.yuma3:
        # Stake stays out of the bonds, so that a small validator who finds a miner early is paid
        # for it.
        bonds = rules.moving * bonds + (1 - rules.moving) * bond_weights
        dividends = to_shares(stake * (_columns_to_shares(bonds) @ incentive))
    else:
        shares = _columns_to_shares(
            rules.moving * _columns_to_shares(bonds)
            + (1 - rules.moving) * _columns_to_shares(stake[:, None] * bond_weights)
        )
        dividends = to_shares(shares @ incentive)
        bonds = _columns_upscaled(shares)
    return Consensus(
        consensus=consensus,
        trust=np.divide(rank, before, out=np.zeros_like(rank), where=before > 0),
        validator_trust=clip.sum(axis=1),
        incentive=incentive,
        dividends=dividends,
        bonds=bonds,
    )


def stake_median(stake: Floats, weights: Floats, kappa: float) -> Floats:
    """Return, for each column, the largest weight that at least ``kappa`` of the stake gives or
    exceeds.

    ``stake`` sums to 1; without any stake the answer is 0.
    """
    if not weights.size or stake.sum() <= 0:
        return np.zeros(weights.shape[1])
    # From the largest weight of a column down, until enough stake stands behind it.
    order = np.argsort(-weights, axis=0, kind="stable")
    backing = np.cumsum(stake[order], axis=0)
    first = np.argmax(backing >= min(kappa, 1.0) - _TIE, axis=0)
    columns = np.arange(weights.shape[1])
    level: Floats = weights[order[first, columns], columns]
    return level


def to_shares(values: Floats) -> Floats:
    """Scale to a sum of 1 (all zeros stay zeros)."""
    total = values.sum()
    result: Floats = values / total if total > 0 else np.zeros_like(values)
    return result


def _rows_to_shares(matrix: Floats) -> Floats:
    totals = matrix.sum(axis=1, keepdims=True)
    result: Floats = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    return result


def _columns_to_shares(matrix: Floats) -> Floats:
    return _rows_to_shares(matrix.T).T


def _columns_upscaled(matrix: Floats) -> Floats:
    """Scale each column so that its largest value is 1 (all zeros stay zeros)."""
    largest = matrix.max(axis=0, initial=0.0)
    result: Floats = np.divide(matrix, largest, out=np.zeros_like(matrix), where=largest > 0)
    return result
