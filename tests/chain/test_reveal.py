"""Committed weights: revealed in their one epoch, or never."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.chain import add_stake, advance, embedded_client, register
from cgp.chain.embedded.weights import max_upscaled

from .conftest import NETUID

U16 = 65_535


@pytest.fixture
async def committed(begin, wallets, opened):
    """A validator that has committed weights in epoch 1, which begins at block 21 and ends at 40."""
    path = begin("validator", "miner", commit_reveal_weights_enabled=True, weights_rate_limit=0)
    async with embedded_client(path) as client:
        await register(client, wallets("validator"), NETUID)
        await register(client, wallets("miner"), NETUID)
        await add_stake(client, wallets("validator"), NETUID, 5_000)
        await advance(path, 21 - await client.block())
        async with opened(path, "validator") as chain:
            assert (await chain.set_weights({2: 1.0}, 0)).success
            yield path, client, chain


async def pending(client):
    return await client.weights.timelocked_weight_commits(NETUID)


async def test_a_commit_is_revealed_by_the_block_of_the_next_epoch_and_counts_in_it(committed):
    path, client, chain = committed
    await advance(path, 40 - await client.block())
    assert await chain.weights_of(1) == {}
    assert list(await pending(client)) == [1]
    await advance(path, 1)
    assert await chain.weights_of(1) == {2: 1.0}
    assert await pending(client) == {}
    assert (await chain.metagraph()).neurons[2].incentive == 1


async def test_a_commit_without_its_pulse_waits_and_is_revealed_when_the_pulse_comes(committed):
    path, client, chain = committed
    await client._substrate.stop_beacon()
    await advance(path, 45 - await client.block())
    assert await chain.weights_of(1) == {}
    assert list(await pending(client)) == [1]
    await client._substrate.resume_beacon()
    assert await chain.weights_of(1) == {2: 1.0}
    assert await pending(client) == {}


async def test_a_commit_whose_pulse_does_not_come_in_its_epoch_is_dropped(committed, caplog):
    path, client, chain = committed
    await client._substrate.stop_beacon()
    await advance(path, 61 - await client.block())
    assert await pending(client) == {}
    await client._substrate.resume_beacon()
    assert await chain.weights_of(1) == {}
    assert "no pulse came in time" in caplog.text


@pytest.mark.parametrize(("came_later", "incentive"), [(False, 1), (True, 0)])
async def test_while_a_commit_waits_older_weights_do_not_pay_later_neurons(
    committed, came_later, incentive
):
    path, client, chain = committed
    await advance(path, 41 - await client.block())
    await client._substrate.stop_beacon()
    assert (await chain.set_weights({0: 1.0}, 0)).success
    ledger = client._substrate._state._ledger
    with ledger.write() as draft:
        draft.block += 2
        # As after a plain vote on a neuron that came after the commit: only the commit is older.
        draft.put("BlockAtRegistration", NETUID, 2, draft.block - 1 if came_later else 3)
        draft.put("LastUpdate", NETUID, [1, draft.block, 3])
        ledger.seal(draft.block)
    await advance(path, 61 - await client.block())
    assert list(await pending(client)) == [2]
    assert (await chain.metagraph()).neurons[2].incentive == incentive


@given(st.lists(st.integers(0, U16), min_size=1, max_size=64))
def test_weights_are_stored_as_the_nearest_fractions_of_the_largest(values):
    stored = np.array(max_upscaled(values))
    if not any(values):
        assert not stored.any()
        return
    exact = np.array(values) * (U16 / max(values))
    assert np.all(np.abs(stored - exact) <= 0.5 + 1e-6)
    assert stored.max() == U16
    assert max_upscaled(stored.tolist()) == stored.tolist()
