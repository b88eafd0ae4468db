"""The embedded chain against the SDK as installed: its protocol, and every operation we rely on."""

import inspect
import subprocess
import sys
from datetime import UTC, datetime

import bittensor as bt
import pytest
from bittensor._generated import calls

from cgp.chain import advance, embedded_client
from cgp.chain.embedded.hyperparameters import NAME_OF_SETTER, RULES
from cgp.chain.embedded.substrate import EmbeddedSubstrate

from .conftest import NETUID

MEMBERS = [name for name in vars(bt.Substrate) if not name.startswith("_")]


def test_the_protocol_has_the_members_that_we_know():
    assert len(MEMBERS) == 31
    assert "token_symbols" in bt.Substrate.__annotations__


@pytest.mark.parametrize("name", MEMBERS)
def test_every_protocol_member_takes_the_same_arguments(name):
    theirs = inspect.signature(getattr(bt.Substrate, name)).parameters
    ours = inspect.signature(getattr(EmbeddedSubstrate, name)).parameters
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]
    assert (
        inspect.iscoroutinefunction(getattr(EmbeddedSubstrate, name))
        == inspect.iscoroutinefunction(getattr(bt.Substrate, name))
        or name == "blocks"
    )


def test_every_setter_of_a_hyperparameter_exists_in_the_sdk():
    assert all(hasattr(calls.AdminUtils, setter) for setter in NAME_OF_SETTER)


async def test_the_reads_of_a_subnet_answer(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    hotkey = wallets("validator").hotkey.ss58_address
    coldkey = wallets("validator").coldkey.ss58_address
    assert (await client.balances.get(coldkey)).tao < 15_000
    assert coldkey in await client.balances.get_many([coldkey])
    assert (await client.balances.existential_deposit()).rao == 500
    assert await client.neurons.uid(hotkey, NETUID) == 1
    assert await client.neurons.hotkey_owner(hotkey) == coldkey
    assert await client.neurons.netuids_for_hotkey(hotkey) == [NETUID]
    for lite in (True, False):
        neurons = await client.neurons.all(NETUID, lite=lite)
        assert [neuron.uid for neuron in neurons] == [0, 1, 2, 3]
        assert neurons[1].validator_permit
        assert neurons[1].total_stake.alpha >= 5_000
    graph = await client.subnets.metagraph(NETUID)
    assert graph.hotkeys[1] == hotkey
    assert [validator.uid for validator in graph.validators] == [0, 1]
    assert (await client.subnets.info(NETUID)).neuron_count == 4
    assert [info.netuid for info in await client.subnets.all()] == [NETUID]
    assert (await client.subnets.burn(NETUID)).tao == pytest.approx(0.1 * 1.26**3, rel=0.05)
    assert await client.subnets.commit_reveal_enabled(NETUID) is False


async def test_a_subnet_that_does_not_exist_reads_as_absent(subnet):
    _, client = subnet
    assert await client.subnets.metagraph(99) is None
    assert await client.subnets.subnet_hyperparameters(99) is None
    assert await client.neurons.all(99) == []
    assert await client.neurons.uid("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", 99) is None


async def test_the_hyperparameter_reads_answer(subnet):
    _, client = subnet
    everything = await client.subnets.subnet_hyperparameters(NETUID)
    assert everything.keys() == RULES.keys()
    assert everything["tempo"] == 20
    assert await client.hyperparameters.weights_rate_limit(NETUID) == 10
    assert await client.hyperparameters.min_allowed_weights(NETUID) == 1
    assert await client.hyperparameters.max_weight_limit(NETUID) is not None
    assert await client.hyperparameters.immunity_period(NETUID) == 500
    assert await client.hyperparameters.reveal_period(NETUID) == 1


async def test_the_reads_of_epochs_agree_with_each_other(subnet):
    path, client = subnet
    await advance(path, 20)
    status = await client.epochs.epoch_status(NETUID)
    assert status["epoch_index"] == 1
    assert status["last_epoch_block"] == 21
    assert status["blocks_since_last_step"] == status["block"] - 21
    assert status["next_epoch_start_block"] == 41
    assert await client.epochs.blocks_until_next_epoch(NETUID) == status["blocks_remaining"]
    assert await client.epochs.blocks_since_last_update(NETUID, 1) == status["block"] - 2


async def test_the_reads_of_weights_answer(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    intent = bt.SetWeights(netuid=NETUID, weights={2: 3.0, 3: 1.0})
    assert (await client.execute(intent, wallets("validator"))).success
    await advance(path, 20)
    weights = await client.weights.weights(NETUID)
    assert weights == {1: {2: pytest.approx(0.75, abs=1e-4), 3: pytest.approx(0.25, abs=1e-4)}}
    bonds = await client.weights.bonds(NETUID)
    # Yuma3: a tenth of the weights in the first epoch, as a moving average.
    assert bonds == {1: {2: pytest.approx(0.075, abs=1e-4), 3: pytest.approx(0.025, abs=1e-4)}}
    assert await client.weights.timelocked_weight_commits(NETUID) == {}


async def test_blocks_and_times_answer(subnet):
    _, client = subnet
    block = await client.block()
    assert await client.finalized_block() == block
    assert (await client.wait_for_block(block)).number == block
    info = await client.block_info()
    assert info.number == block
    assert info.extrinsics[0]["call"]["call_function"] == "add_stake_limit"
    now = datetime.now(UTC)
    assert abs((await client.timestamp() - now).total_seconds()) < 3600
    assert (now - await client.timestamp(block=block - 1)).total_seconds() > 80_000
    assert not await client.is_fast_blocks()
    assert await client.spec_version() > 0


async def test_a_connecting_client_learns_the_token_symbol(subnet):
    path, _ = subnet
    async with bt.Client("ws://embedded.invalid", substrate=EmbeddedSubstrate(path)) as client:
        assert client.token_symbols == {NETUID: "α"}


def test_the_blocking_client_works_too(begin):
    program = (
        "import sys, pathlib, bittensor as bt\n"
        "from cgp.chain.embedded.substrate import EmbeddedSubstrate\n"
        "substrate = EmbeddedSubstrate(pathlib.Path(sys.argv[1]))\n"
        "with bt.Subtensor('ws://embedded.invalid', substrate=substrate) as client:\n"
        f"    print(client.subnets.metagraph({NETUID}).num_uids)\n"
    )
    # In a process of its own: the SDK's client leaves its event loop open.
    answer = subprocess.run(
        [sys.executable, "-c", program, begin()], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "1\n"


async def test_what_is_not_offered_says_so(subnet, wallets):
    _, client = subnet
    wallet = wallets("owner")
    address = wallet.coldkey.ss58_address
    with pytest.raises(
        bt.ChainError, match=r"does not offer the call SubtensorModule\.swap_hotkey"
    ):
        await client.submit_call(
            calls.SubtensorModule.swap_hotkey(hotkey=address, new_hotkey=address, netuid=None),
            wallet,
        )
    with pytest.raises(bt.ChainError, match="does not offer signing elsewhere"):
        await client.prepare_call(
            calls.Balances.transfer_keep_alive(dest=address, value=1), address=address
        )
    with pytest.raises(bt.ChainError, match="does not offer SCALE decoding"):
        await client.decode_scale("Call", "0x00")
    with pytest.raises(bt.ChainError, match="does not offer multisig accounts"):
        await client.multisig([address], 1)
    with pytest.raises(bt.ChainError, match="does not have the constant"):
        await client.constant(("Balances", "MaxLocks"))
    with pytest.raises(bt.ChainError, match="does not offer the runtime API"):
        await client.runtime(("SubnetRegistrationRuntimeApi", "get_network_registration_cost"), [])


async def test_nothing_is_written_under_home(subnet, home):
    path, _ = subnet
    async with embedded_client(path) as client:
        await client.subnets.metagraph(NETUID)
    assert list(home.iterdir()) == []
