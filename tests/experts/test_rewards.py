"""Rewards: what stands is paid for what it gained, once, and no more than the pool."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.experts.ledger import NoLedgerError
from cgp.experts.rewards import POOL, LedgerRewards, balances, settle, shares
from cgp.scoring import reward_source
from tests.experts.world import (
    ALICE,
    BOB,
    DAY,
    Clock,
    good,
    hand_in,
    judge,
    ledger,
    noise,
    table,
)


def test_an_epoch_is_settled_once_and_split_along_the_lineage(tmp_path):
    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        first_epoch = book.epoch()
        judge(book, table(7)).decide(book, hand_in(book, good(0.4)).digest)
        with pytest.raises(ValueError, match="not over"):
            settle(book, first_epoch)
        clock.now += DAY
        only_alice = settle(book, first_epoch)
        judge(book, table(8)).decide(book, hand_in(book, good(), keypair=BOB).digest)
        judge(book, table(9)).decide(
            book, hand_in(book, noise(3), "language.noise", keypair=ALICE).digest
        )
        clock.now += DAY

        both = settle(book, first_epoch + 1)
        again = settle(book, first_epoch + 1)

        assert only_alice.amounts == {ALICE.ss58_address: POOL}
        assert both.is_new
        assert not again.is_new
        assert again.amounts == both.amounts
        assert set(both.amounts) == {ALICE.ss58_address, BOB.ss58_address}
        assert sum(both.amounts.values()) == POOL
        assert sum(balances(book).values()) == 2 * POOL


def test_nothing_is_paid_where_nothing_was_gained(tmp_path):
    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        judge(book).decide(book, hand_in(book, noise(1)).digest)
        clock.now += DAY

        assert settle(book, book.epoch() - 1).amounts == {}


def test_using_an_expert_a_thousand_times_earns_nothing(tmp_path):
    import numpy as np

    from cgp.experts.standing import Networks, standing_mixture
    from cgp.tagmodel.head import INPUTS

    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        judge(book).decide(book, hand_in(book, good()).digest)
        mixture = standing_mixture(book, Networks(book))
        clock.now += DAY
        before = settle(book, book.epoch() - 1).amounts
        for _ in range(1000):
            mixture.log_odds(np.zeros((1, INPUTS)), "de")
        clock.now += DAY

        assert settle(book, book.epoch() - 1).amounts == before


@settings(max_examples=40)
@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 10**12), max_size=6),
    st.integers(1, 10**7),
)
def test_shares_sum_to_the_pool(gains, pool):
    parts = shares(gains, pool)

    assert sum(parts.values()) == (pool if sum(gains.values()) else 0)
    assert all(part > 0 and gains[name] > 0 for name, part in parts.items())


def test_the_core_finds_the_rewards_of_the_last_epoch_and_pays_them_once(tmp_path):
    # Prepare
    folder = tmp_path / "ledger"
    clock = Clock()
    with ledger(folder, clock) as book:
        judge(book).decide(book, hand_in(book, good()).digest)
    clock.now += DAY

    # Execute
    rewards = LedgerRewards(folder, clock)
    first, again = rewards.amounts(), rewards.amounts()
    clock.now += DAY
    next_day = rewards.amounts()

    # Assert
    assert first == again == next_day == {ALICE.ss58_address: POOL}
    assert isinstance(reward_source("experts", folder), LedgerRewards)
    with ledger(folder, clock) as book:
        assert balances(book) == {ALICE.ss58_address: 2 * POOL}


def test_a_folder_without_a_ledger_is_told_at_the_start(tmp_path):
    with pytest.raises(NoLedgerError, match="no ledger"):
        reward_source("experts", tmp_path)
