"""A full subnet: who loses a uid, and what that means for weights, which are set by uid."""

import bittensor as bt
import pytest

from cgp.chain import add_stake, advance, embedded_client, register

from .conftest import NETUID

NAMES = ("validator", "miner-a", "miner-b")
SMALL = {"min_non_immune_uids": 0}
"""Lets a subnet of four evict neurons that are not immune: the chain keeps ten of them otherwise."""


@pytest.fixture
async def full(begin, wallets):
    """A subnet of four uids, all taken; only uid 2 has earned anything."""
    path = begin(*NAMES, "late", "later", max_allowed_uids=4, immunity_period=30, **SMALL)
    async with embedded_client(path) as client:
        for name in NAMES:
            await register(client, wallets(name), NETUID)
        await add_stake(client, wallets("validator"), NETUID, 5_000)
        await client.execute(
            bt.ServeAxon(netuid=NETUID, ip="127.0.0.1", port=9103), wallets("miner-b")
        )
        await advance(path, 20)
        intent = bt.SetWeights(netuid=NETUID, weights={2: 0.9, 3: 0.1})
        (await client.execute(intent, wallets("validator"))).raise_for_failure()
        await advance(path, 20)
        yield path, client


async def test_the_least_emission_is_evicted_and_the_owner_never(full, wallets):
    _path, client = full
    uid = await register(client, wallets("late"), NETUID)
    graph = await client.subnets.metagraph(NETUID)
    assert uid == 3
    assert graph.num_uids == 4
    assert graph.hotkeys[0] == wallets("owner").hotkey.ss58_address
    newcomer = graph.neurons[3]
    assert newcomer.hotkey == wallets("late").hotkey.ss58_address
    assert (newcomer.axon, newcomer.incentive, newcomer.emission.rao) == (None, 0, 0)
    assert newcomer.block_at_registration == newcomer.last_update == graph.block


async def test_the_evicted_hotkey_is_out_and_keeps_its_stake(full, wallets):
    _path, client = full
    before = (await client.subnets.metagraph(NETUID)).neurons[3]
    await register(client, wallets("late"), NETUID)
    hotkey = wallets("miner-b").hotkey.ss58_address
    assert await client.neurons.uid(hotkey, NETUID) is None
    assert await client.neurons.netuids_for_hotkey(hotkey) == []
    stake = await client.query(("SubtensorModule", "TotalHotkeyAlpha"), [hotkey, NETUID])
    assert stake == before.total_stake.rao > 0
    intent = bt.SetWeights(netuid=NETUID, weights={2: 1.0})
    with pytest.raises(bt.ChainError) as error:
        await client.execute(intent, wallets("miner-b"))
    assert error.value.code is bt.ErrorCode.NOT_REGISTERED


async def test_weights_for_the_former_holder_of_a_uid_pay_nothing_to_the_next(full, wallets):
    path, client = full
    await register(client, wallets("late"), NETUID)
    assert (await client.query(("SubtensorModule", "Weights"), [NETUID, 1]))[1] == [3, 0]
    await advance(path, 20)
    graph = await client.subnets.metagraph(NETUID)
    assert [neuron.incentive for neuron in graph.neurons] == [0, 0, 1, 0]


async def test_a_newcomer_is_immune_until_its_period_ends(full, wallets):
    _path, client = full
    await register(client, wallets("late"), NETUID)
    await register(client, wallets("later"), NETUID)
    late = wallets("late").hotkey.ss58_address
    assert await client.neurons.uid(late, NETUID) == 3
    assert await client.neurons.uid(wallets("later").hotkey.ss58_address, NETUID) in (1, 2)


@pytest.mark.parametrize("least", [0, 10])
async def test_of_immune_neurons_only_the_one_with_the_least_emission_goes(begin, wallets, least):
    path = begin(*NAMES, "late", max_allowed_uids=4, min_non_immune_uids=least)
    async with embedded_client(path) as client:
        for name in NAMES:
            await register(client, wallets(name), NETUID)
        assert await register(client, wallets("late"), NETUID) == 1


async def test_a_subnet_keeps_its_last_neurons_that_are_not_immune(begin, wallets):
    path = begin(*NAMES, "late", max_allowed_uids=4, immunity_period=5)
    async with embedded_client(path) as client:
        for name in NAMES:
            await register(client, wallets(name), NETUID)
        await advance(path, 10)
        result = await client.execute(bt.BurnedRegister(netuid=NETUID), wallets("late"))
        assert result.error.name == "NoNeuronIdAvailable"


async def test_a_commit_of_an_evicted_validator_is_dropped(begin, wallets, opened, caplog):
    path = begin(
        "validator",
        "late",
        max_allowed_uids=2,
        immunity_period=5,
        commit_reveal_weights_enabled=True,
        **SMALL,
    )
    async with embedded_client(path) as client:
        await register(client, wallets("validator"), NETUID)
        await add_stake(client, wallets("validator"), NETUID, 5_000)
        async with opened(path, "validator") as chain:
            await advance(path, 20)
            assert (await chain.set_weights({0: 1.0}, 0)).success
        await register(client, wallets("late"), NETUID)
        await advance(path, 20)
        assert await client.weights.weights(NETUID) == {}
        assert "HotKeyNotRegisteredInSubNet" in caplog.text
