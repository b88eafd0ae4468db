"""Blocks by the wall clock, reads pinned to them, and epochs that run once."""

import asyncio
import itertools
import logging
from contextlib import aclosing

import bittensor as bt
import pytest

from cgp.chain import advance, embedded_client, register
from cgp.chain.embedded.chain_state import ChainState
from cgp.chain.embedded.ledger import HISTORY_BLOCKS, block_of, hash_of
from cgp.chain.embedded.runtime_reads import metagraph

from .conftest import NETUID


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def timed(begin):
    """A chain of one-second blocks with a clock that stands at genesis."""
    path = begin("validator", block_seconds=1.0)
    state = ChainState(path)
    clock = Clock(state.constants.started_at)
    state.close()
    states = []

    def another():
        states.append(ChainState(path, clock))
        return states[-1]

    yield clock, another
    for state in states:
        state.close()


def test_blocks_pass_with_the_wall_clock(timed):
    clock, another = timed
    chain = another()
    assert chain.head() == 1
    clock.now += 7.9
    assert chain.head() == 8


def test_the_head_stays_when_the_clock_is_set_back(timed):
    clock, another = timed
    chain = another()
    clock.now += 10
    assert chain.head() == 11
    clock.now -= 3600
    assert chain.head() == 11


def test_an_epoch_runs_once_whoever_comes_first(timed):
    clock, another = timed
    chains = [another(), another()]
    clock.now += 65
    for chain in chains * 2:
        assert chain.query("SubnetEpochIndex", [[NETUID]], None) == [3]
        assert chain.query("LastEpochBlock", [[NETUID]], None) == [61]


def test_a_pinned_read_sees_the_epochs_up_to_its_block_only(timed):
    clock, another = timed
    chain = another()
    clock.now += 65
    chain.head()
    assert [chain.query("SubnetEpochIndex", [[NETUID]], block)[0] for block in (20, 21, 41)] == [
        0,
        1,
        2,
    ]


def test_a_long_sleep_is_not_replayed_in_full_and_alarms_nobody(timed, caplog):
    clock, another = timed
    chain = another()
    clock.now += 20 * 1000 + 3
    with caplog.at_level(logging.INFO):
        assert chain.query("SubnetEpochIndex", [[NETUID]], None) == [50]
    assert chain.query("LastEpochBlock", [[NETUID]], None) == [20 * 1000 + 1]
    (record,) = (r for r in caplog.records if "Skipped 950 epochs" in r.getMessage())
    assert record.levelno == logging.INFO


def test_state_older_than_the_history_is_discarded_and_says_so(timed):
    clock, another = timed
    chain = another()
    for _ in range(130):
        clock.now += 20
        chain.head()
    block = chain.head()
    assert block - HISTORY_BLOCKS > 0
    with pytest.raises(Exception, match="no state at block 5"):
        chain.call(metagraph, [NETUID], 5)
    assert chain.call(metagraph, [NETUID], block - 100)["hotkeys"]
    assert chain.call(metagraph, [NETUID], None)["num_uids"] == 1


@pytest.mark.parametrize("block", [0, 1, 77, 2**40])
def test_a_block_is_found_by_its_hash(block):
    assert block_of(hash_of("ab" * 32, block)) == block


async def test_reads_pinned_to_a_block_do_not_change(begin, wallets):
    path = begin("miner")
    async with embedded_client(path) as client:
        block = await client.block()
        snapshot = await client.at()
        uid = await register(client, wallets("miner"), NETUID)
        hotkey = wallets("miner").hotkey.ss58_address
        assert uid == 1
        assert await snapshot.neurons.uid(hotkey, NETUID) is None
        assert (await snapshot.subnets.metagraph(NETUID)).num_uids == 1
        assert (await client.at(block + 1)).block == block + 1
        assert await (await client.at(block + 1)).neurons.uid(hotkey, NETUID) == 1


async def test_a_block_that_is_not_there_yet_cannot_be_read(begin):
    async with embedded_client(begin()) as client:
        with pytest.raises(bt.ChainError, match="not there yet"):
            await (await client.at(10**6)).neurons.uid("x", NETUID)


async def test_headers_stream_without_gaps_and_link_to_their_parents(begin):
    path = begin(block_seconds=0.02)
    async with embedded_client(path) as client, aclosing(client._substrate.blocks()) as blocks:
        headers = [(await anext(blocks))["header"] for _ in range(6)]
    for before, after in itertools.pairwise(headers):
        assert after["number"] == before["number"] + 1
        assert after["parentHash"] == before["hash"]


async def test_waiting_for_an_epoch_ends_with_the_epoch(begin):
    path = begin(block_seconds=0.02)
    async with embedded_client(path) as client:
        before = await client.query(("SubtensorModule", "LastEpochBlock"), [NETUID])
        event = await client.wait_for_epoch(NETUID, timeout=120)
        # On a slow machine an epoch may end before the wait begins.
        assert event.previous >= before
        assert event.block == event.previous + 20


async def test_waiting_can_be_cancelled(begin):
    async with embedded_client(begin()) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.wait_for_block(10**6)
        assert await client.block() >= 1


async def test_advancing_runs_the_epochs_in_between(begin):
    path = begin()
    head = await advance(path, 45)
    async with embedded_client(path) as client:
        assert await client.block() == head == 46
        status = await client.epochs.epoch_status(NETUID)
        assert (status["epoch_index"], status["last_epoch_block"]) == (2, 41)


async def test_a_new_tempo_begins_a_cycle_of_its_own(begin, wallets):
    path = begin(tempo=1000)
    async with embedded_client(path) as client:
        intent = bt.SetHyperparameter(netuid=NETUID, name="tempo", value=360)
        (await client.execute(intent, wallets("owner"))).raise_for_failure()
        await advance(path, 400)
        assert (await client.epochs.epoch_status(NETUID))["last_epoch_block"] == 362
