"""Commitments: a hotkey's few bytes on chain, as the pallet takes them."""

import bittensor as bt
import pytest

from cgp.chain import Commitment, advance, embedded_client, register

from .conftest import NETUID


@pytest.fixture
def view(subnet, opened):
    """Opens the chain as a wallet sees it."""
    path, _ = subnet
    return lambda name: opened(path, name)


async def test_a_commitment_is_read_back_by_everybody_and_replaced_by_the_next(view, wallets):
    hotkey = wallets("miner-a").hotkey.ss58_address
    async with view("miner-a") as chain, view("validator") as other:
        assert await other.commitment_of(hotkey) is None
        await chain.commit("first")
        await chain.commit("second: ü")
        block = await chain.block()

        assert await other.commitment_of(hotkey) == Commitment("second: ü", block)


async def test_the_sdk_lists_it(subnet, view):
    path, _ = subnet
    async with view("miner-a") as chain:
        await chain.commit("hello")
        hotkey = chain.hotkey
    async with embedded_client(path) as client:
        commitments = await client.subnets.commitments(NETUID)
        graph = await client.subnets.metagraph(NETUID)
    assert commitments[hotkey].data == "hello"
    assert [neuron.commitment.data for neuron in graph.neurons if neuron.commitment] == ["hello"]


async def test_what_the_pallet_refuses_is_refused_by_its_names(subnet, view, wallets):
    path, _ = subnet
    async with view("stranger") as stranger:
        with pytest.raises(bt.ChainError) as unknown:
            await stranger.commit("x")
    async with view("miner-a") as chain:
        with pytest.raises(bt.ChainError, match="128 bytes"):
            await chain.commit("x" * 129)
    fields = [{"Raw1": "0x00"}] * 4
    async with embedded_client(path) as client:
        call = bt.calls.Commitments.set_commitment(NETUID, {"fields": fields})
        result = await client.submit_call(call, wallets("miner-a"), signer="hotkey")
    assert unknown.value.name == "AccountNotAllowedCommit"
    assert result.error.name == "TooManyFieldsInCommitmentInfo"


async def test_a_hotkey_commits_so_many_bytes_in_an_epoch_and_no_more(begin, opened, wallets):
    # Prepare: an epoch that outlasts the commits, each of which makes a block.
    path = begin("miner-a", tempo=360)
    async with embedded_client(path) as client:
        await register(client, wallets("miner-a"), NETUID)

    # Execute: 23 of 130 bytes each are just below the 3,100.
    async with opened(path, "miner-a") as chain:
        for number in range(23):
            await chain.commit(f"{number:0>128}")
        with pytest.raises(bt.ChainError) as too_much:
            await chain.commit(f"{24:0>128}")
        await advance(path, 400)
        await chain.commit("a new epoch")

        # Assert
        assert too_much.value.name == "SpaceLimitExceeded"
        assert (await chain.commitment_of(chain.hotkey)).text == "a new epoch"
