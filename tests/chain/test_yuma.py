"""Consensus: what one epoch makes of stake and weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cgp.chain.embedded.epoch import apportion, as_u16, top_stakes
from cgp.chain.embedded.yuma import Rules, stake_median, to_shares, yuma

SIZE = 8
amounts = st.floats(0, 1e6, allow_subnormal=False)
stakes = arrays(np.float64, SIZE, elements=amounts)
matrices = arrays(np.float64, (SIZE, SIZE), elements=st.floats(0, 1, allow_subnormal=False))
KAPPA, MOVING = 0.5, 0.9


def consensus(stake, weights, bonds=None, *, yuma3=False, kappa=KAPPA, moving=MOVING):
    old = np.zeros_like(weights) if bonds is None else bonds
    return yuma(stake, weights, old, Rules(kappa=kappa, moving=moving, yuma3=yuma3))


def row(size, **weights):
    return np.array([weights.get(f"u{uid}", 0.0) for uid in range(size)])


@given(stakes, matrices, st.booleans())
def test_incentives_and_dividends_sum_to_one_or_nothing(stake, weights, yuma3):
    result = consensus(stake, weights, yuma3=yuma3)
    for shares in (result.incentive, result.dividends):
        assert np.all(shares >= 0)
        assert shares.sum() == pytest.approx(1) or not shares.any()
    assert np.all((result.bonds >= 0) & (result.bonds <= 1 + 1e-9))
    if not yuma3:
        largest = result.bonds.max(axis=0)
        assert np.all(np.isclose(largest, 1) | (largest == 0))


@given(stakes, matrices)
def test_no_weight_counts_above_the_consensus(stake, weights):
    result = consensus(stake, weights)
    rows = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, rows, out=np.zeros_like(weights), where=rows > 0)
    best = to_shares(stake) @ np.minimum(shares, result.consensus)
    assert result.incentive == pytest.approx(to_shares(best), abs=1e-9)
    assert np.all(result.trust <= 1 + 1e-9)
    assert np.all(result.validator_trust <= 1 + 1e-9)


@given(stakes, matrices, st.floats(1e-3, 1e3))
def test_only_shares_of_stake_and_of_weight_matter(stake, weights, factor):
    one, other = consensus(stake, weights), consensus(stake * factor, weights * factor)
    assert one.incentive == pytest.approx(other.incentive, abs=1e-6)
    assert one.dividends == pytest.approx(other.dividends, abs=1e-6)


@given(stakes, matrices, st.permutations(range(SIZE)))
def test_the_order_of_uids_does_not_matter(stake, weights, order):
    one = consensus(stake, weights)
    other = consensus(stake[order], weights[np.ix_(order, order)])
    assert one.incentive[order] == pytest.approx(other.incentive, abs=1e-9)
    assert one.dividends[order] == pytest.approx(other.dividends, abs=1e-9)


@given(stakes.filter(lambda stake: stake.sum() > 1e-6), matrices, st.floats(0.05, 1))
def test_the_median_is_backed_by_enough_stake_and_no_larger_weight_is(stake, weights, kappa):
    stake = to_shares(stake)
    for level, column in zip(stake_median(stake, weights, kappa), weights.T, strict=True):
        assert stake[column >= level].sum() >= kappa - 1e-6
        larger = column[column > level]
        if larger.size:
            assert stake[column >= larger.min()].sum() < kappa + 1e-6


@given(st.floats(0.01, 0.49), st.floats(0, 1))
def test_a_minority_that_weights_itself_is_clipped_to_the_consensus(share, selfishness):
    """Uids 0 and 1 are honest, 2 is the cabal's validator, 3 its miner, 4 and 5 honest miners."""
    stake = np.array([(1 - share) / 2, (1 - share) / 2, share, 0, 0, 0])
    weights = np.zeros((6, 6))
    weights[:2] = row(6, u4=0.6, u5=0.4)
    weights[2] = row(6, u3=selfishness, u4=(1 - selfishness) * 0.6, u5=(1 - selfishness) * 0.4)
    result = consensus(stake, weights)
    assert result.consensus[3] == 0
    assert result.incentive[3] == 0
    assert result.dividends[2] <= share + 1e-9
    if selfishness > 0.5:
        assert result.validator_trust[2] == pytest.approx(1 - selfishness)


def test_a_cabal_of_thirty_percent_gains_nothing_and_loses_dividends():
    stake = np.array([70.0, 30.0, 0.0, 0.0])
    weights = np.zeros((4, 4))
    weights[0], weights[1] = row(4, u2=1.0), row(4, u3=1.0)
    result = consensus(stake, weights)
    assert result.incentive.tolist() == [0, 0, 1, 0]
    assert result.dividends.tolist() == [1, 0, 0, 0]
    assert result.trust[3] == 0


def test_bonds_follow_weights_slowly():
    stake = np.array([50.0, 50.0, 0.0])
    early, late = row(3, u2=1.0), np.zeros(3)
    first = consensus(stake, np.array([early, late, late]), kappa=0.5)
    assert first.bonds[:, 2].tolist() == [1, 0, 0]
    second = consensus(stake, np.array([early, early, late]), first.bonds)
    assert second.bonds[:, 2] == pytest.approx([1, 0.05 / 0.95, 0])
    assert second.dividends == pytest.approx([0.95, 0.05, 0])


# Figures of a real runtime (spec 293): a validator with 5/8 of the stake has set 3:1 on two miners for an
# epoch when the other begins to set 1:1. The runtime's report gives results only; stakes and weights are
# those that explain all of them. There, stake grows by what an epoch pays, which moves the later figures.
REAL_STAKE = np.array([5_000.0, 3_000.0, 0.0, 0.0])
REAL_WEIGHTS = np.array([row(4, u2=0.75, u3=0.25), row(4, u2=0.5, u3=0.5), row(4), row(4)])
LATE_WEIGHTS = np.array([REAL_WEIGHTS[0], row(4), row(4), row(4)])
GROWTH = 6


def test_a_real_epoch_gives_the_same_incentives_consensus_and_dividends():
    first = consensus(REAL_STAKE, LATE_WEIGHTS)
    result = consensus(REAL_STAKE, REAL_WEIGHTS, first.bonds)
    assert as_u16(result.incentive).tolist() == [0, 0, 47456, 18078]
    assert as_u16(result.consensus).tolist() == [0, 0, 49151, 16383]
    assert as_u16(result.dividends).tolist() == [63501, 2033, 0, 0]


def test_real_dividends_of_three_epochs_come_out_alike():
    bonds = consensus(REAL_STAKE, LATE_WEIGHTS).bonds
    for real in ([63501, 2033], [61673, 3861], [60028, 5506]):
        result = consensus(REAL_STAKE, REAL_WEIGHTS, bonds)
        assert as_u16(result.dividends)[:2] == pytest.approx(real, abs=GROWTH)
        bonds = result.bonds


def test_real_dividends_under_yuma3_come_out_alike():
    first = consensus(REAL_STAKE, LATE_WEIGHTS, yuma3=True)
    result = consensus(REAL_STAKE, REAL_WEIGHTS, first.bonds, yuma3=True)
    assert as_u16(result.dividends)[:2] == pytest.approx([52980, 12554], abs=GROWTH)


def test_under_yuma3_bonds_are_kept_without_stake_and_paid_with_it():
    stake = np.array([70.0, 30.0, 0.0])
    weights = np.array([row(3, u2=1.0), row(3, u2=1.0), row(3)])
    result = consensus(stake, weights, yuma3=True)
    assert result.bonds[:, 2] == pytest.approx([0.1, 0.1, 0])
    assert result.dividends == pytest.approx([0.7, 0.3, 0])


@given(stakes, matrices, matrices, st.floats(0, 1))
def test_without_a_penalty_bonds_follow_weights_above_the_consensus_too(
    stake, weights, bonds, penalty
):
    rules = Rules(kappa=KAPPA, moving=MOVING, penalty=penalty)
    result = yuma(stake, weights, bonds, rules)
    rows = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, rows, out=np.zeros_like(weights), where=rows > 0)
    clipped = np.minimum(shares, result.consensus)
    bonded = (1 - penalty) * shares + penalty * clipped
    assert result.bonds == pytest.approx(MOVING * bonds + (1 - MOVING) * bonded, abs=1e-9)


@given(st.integers(0, 10**15), stakes)
def test_an_emission_is_split_without_remainder(total, stake):
    shares = to_shares(stake)
    parts = apportion(total, shares)
    assert sum(parts) == (total if shares.any() else 0)
    assert all(part >= 0 for part in parts)


@given(stakes, st.integers(1, SIZE))
def test_permits_go_to_the_largest_stakes(stake, most):
    permits = top_stakes(stake, most)
    assert permits.sum() == min(most, np.count_nonzero(stake))
    others = stake[~permits & (stake > 0)]
    if others.size:
        assert others.max() <= stake[permits].min()


def test_of_equal_stakes_the_higher_uid_gets_the_permit():
    assert top_stakes(np.array([2.0, 1.0, 1.0, 0.0]), 2).tolist() == [True, False, True, False]


def test_an_epoch_of_a_full_subnet_is_finite():
    generator = np.random.default_rng(7)
    stake = np.where(np.arange(256) < 16, generator.random(256), 0.0)
    result = consensus(stake, generator.random((256, 256)))
    assert np.isfinite(result.bonds).all()
    assert result.incentive.sum() == pytest.approx(1)
    assert not result.dividends[16:].any()
