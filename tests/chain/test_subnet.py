"""The ``Chain`` that neurons use, above the unmodified SDK."""

import shutil
from pathlib import Path

import bittensor as bt
import pytest

from cgp.chain import (
    Chain,
    ChainSetupError,
    add_stake,
    advance,
    embedded_client,
    open_chain,
    register,
)
from cgp.config import SubtensorSettings

from .conftest import NETUID, settings_of


async def commit_reveal_on(client, wallets):
    intent = bt.SetHyperparameter(netuid=NETUID, name="commit_reveal_weights_enabled", value=1)
    (await client.execute(intent, wallets("owner"))).raise_for_failure()


async def test_the_metagraph_has_every_neuron_by_uid(subnet, opened, wallets):
    path, _ = subnet
    async with opened(path, "miner-a") as chain:
        await advance(path, 20)
        graph = await chain.metagraph()
    assert (graph.netuid, graph.block) == (NETUID, 25)
    assert [neuron.uid for neuron in graph.neurons] == [0, 1, 2, 3]
    assert graph.owner_hotkey == wallets("owner").hotkey.ss58_address
    validator = graph.by_hotkey[wallets("validator").hotkey.ss58_address]
    assert validator.validator_permit
    # The whole validators' and miners' share of 20 blocks: nobody has set weights yet.
    assert validator.stake == pytest.approx(5_000 + 20 * 0.82)
    assert validator.coldkey == wallets("validator").coldkey.ss58_address
    assert validator.registered_at == validator.last_update == 2
    assert not any(neuron.axon for neuron in graph.neurons)


@pytest.mark.parametrize(
    ("ip", "axon"), [("127.0.0.1", "127.0.0.1:9101"), ("2001:db8::7", "[2001:db8::7]:9101")]
)
async def test_an_endpoint_is_advertised_once(subnet, opened, ip, axon):
    path, _ = subnet
    async with opened(path, "miner-a") as chain:
        await chain.serve(ip, 9101)
        block = await chain.block()
        await chain.serve(ip, 9101)
        assert await chain.block() == block
        assert (await chain.metagraph()).by_hotkey[chain.hotkey].axon == axon


async def test_an_unregistered_hotkey_is_told_how_to_register(subnet, opened):
    path, _ = subnet
    async with opened(path, "stranger") as chain:
        for attempt in (chain.serve("127.0.0.1", 1), chain.blocks_until_weights()):
            with pytest.raises(bt.ChainError, match="btcli subnets register") as error:
                await attempt
            assert error.value.code is bt.ErrorCode.NOT_REGISTERED
        outcome = await chain.set_weights({0: 1.0}, 0)
        assert (outcome.success, outcome.code) == (False, "NOT_REGISTERED")


async def test_a_validator_sets_weights_and_reads_them_back(subnet, opened):
    path, _ = subnet
    async with opened(path, "validator") as chain:
        await chain.wait_for_block(await advance(path, 20))
        assert await chain.blocks_until_weights() == 0
        assert await chain.weights_of(1) == {}
        outcome = await chain.set_weights({2: 3.0, 3: 1.0, 0: 0.0}, 0)
        assert (outcome.success, outcome.code) == (True, "")
        weights = await chain.weights_of(1)
        assert weights == {2: pytest.approx(0.75, abs=1e-4), 3: pytest.approx(0.25, abs=1e-4)}
        await advance(path, 20)
        graph = await chain.metagraph()
        assert [neuron.incentive for neuron in graph.neurons] == pytest.approx(
            [0, 0, 0.75, 0.25], abs=1e-4
        )


async def test_too_early_is_an_ordinary_outcome_that_says_how_long(subnet, opened):
    path, _ = subnet
    async with opened(path, "validator") as chain:
        await advance(path, 20)
        assert (await chain.set_weights({2: 1.0}, 0)).success
        outcome = await chain.set_weights({2: 1.0}, 0)
        assert (outcome.success, outcome.code) == (False, "RATE_LIMITED")
        assert "Retry in ~10 blocks" in outcome.message
        assert await chain.blocks_until_weights() == 10
        await advance(path, 9)
        assert await chain.blocks_until_weights() == 1


async def test_without_a_permit_weights_wait_for_the_next_epoch(subnet, opened):
    path, _ = subnet
    async with opened(path, "validator") as chain:
        await advance(path, 13)
        assert await chain.block() == 18
        assert await chain.blocks_until_weights() == 3
        outcome = await chain.set_weights({2: 1.0}, 0)
        assert not outcome.success
        assert outcome.message.startswith("NeuronNoValidatorPermit")
        await advance(path, 3)
        assert await chain.blocks_until_weights() == 0


@pytest.mark.parametrize("weights", [{}, {2: 0.0}, {2: float("nan")}, {2: -1.0, 3: float("inf")}])
async def test_weights_with_nothing_above_zero_are_refused_before_the_chain(
    subnet, opened, weights
):
    path, _ = subnet
    async with opened(path, "validator") as chain:
        block = await chain.block()
        outcome = await chain.set_weights(weights, 0)
        assert (outcome.success, outcome.code) == (False, "INVALID_ARGUMENT")
        assert await chain.block() == block


async def test_weights_above_the_limit_of_the_subnet_are_clipped(begin, wallets, opened):
    names = ("validator", "miner-a", "miner-b", "miner-c")
    path = begin(*names, max_weights_limit=32_767)
    async with embedded_client(path) as client:
        for name in names:
            await register(client, wallets(name), NETUID)
        await add_stake(client, wallets("validator"), NETUID, 5_000)
    async with opened(path, "validator") as chain:
        await advance(path, 20)
        assert (await chain.set_weights({2: 98.0, 3: 1.0, 4: 1.0}, 0)).success
        weights = await chain.weights_of(1)
        assert max(weights.values()) == pytest.approx(0.5, abs=1e-3)


async def test_committed_weights_stay_sealed_until_their_epoch(subnet, opened, wallets):
    path, client = subnet
    await commit_reveal_on(client, wallets)
    async with opened(path, "validator") as chain:
        await advance(path, 20)
        assert (await chain.set_weights({2: 3.0, 3: 1.0}, 0)).success
        pending = await client.weights.timelocked_weight_commits(NETUID)
        (commit,) = pending[1]
        assert commit["hotkey"] == chain.hotkey
        assert len(bytes.fromhex(commit["ciphertext"].removeprefix("0x"))) > 100
        assert await chain.weights_of(1) == {}
        assert (await chain.set_weights({2: 1.0}, 0)).code == "RATE_LIMITED"
        await advance(path, 20)
        assert await client.weights.timelocked_weight_commits(NETUID) == {}
        assert await chain.weights_of(1) == {
            2: pytest.approx(0.75, abs=1e-4),
            3: pytest.approx(0.25, abs=1e-4),
        }
        assert (await chain.metagraph()).neurons[2].incentive == pytest.approx(0.75, abs=1e-4)


async def test_a_commit_without_escrow_is_dropped_and_the_chain_goes_on(subnet, wallets, caplog):
    path, client = subnet
    await commit_reveal_on(client, wallets)
    await advance(path, 20)
    intent = bt.SetWeights(netuid=NETUID, weights={2: 1.0})
    assert (await client.execute(intent, wallets("validator"))).success
    await advance(path, 20)
    assert await client.weights.weights(NETUID) == {}
    assert "committed without escrow" in caplog.text


async def test_the_plaintext_of_refused_weights_is_not_kept_for_a_later_commit(
    subnet, opened, wallets
):
    path, client = subnet
    await commit_reveal_on(client, wallets)
    async with opened(path, "validator") as chain:
        await advance(path, 20)
        assert (await chain.set_weights({2: 1.0}, 0)).success
        assert (await chain.set_weights({3: 1.0}, 0)).code == "RATE_LIMITED"
        await advance(path, 20)
        assert (
            await chain._connection.chain._client.execute(
                bt.SetWeights(netuid=NETUID, weights={0: 1.0}), wallets("validator")
            )
        ).success
        await advance(path, 20)
        assert await chain.weights_of(1) == {2: 1.0}


async def test_what_one_epoch_mints_is_what_its_blocks_are_worth(subnet, opened):
    path, _ = subnet
    async with opened(path, "validator") as chain:
        await advance(path, 20)
        before = sum(neuron.stake for neuron in (await chain.metagraph()).neurons)
        await chain.set_weights({2: 1.0, 3: 2.0}, 0)
        await advance(path, 20)
        after = await chain.metagraph()
        assert sum(neuron.stake for neuron in after.neurons) - before == pytest.approx(20)


async def test_weights_on_the_owner_are_burned(subnet, opened):
    path, _ = subnet
    async with opened(path, "validator") as chain:
        await advance(path, 20)
        await chain.set_weights({0: 1.0}, 0)
        await advance(path, 20)
        owner, validator = (await chain.metagraph()).neurons[:2]
        assert owner.incentive == 1
        assert owner.stake == pytest.approx(2 * 20 * 0.18)
        assert validator.stake == pytest.approx(5_000 + 20 * 0.82 + 20 * 0.41)


async def test_serving_and_setting_weights_need_no_coldkey(subnet, wallets, tmp_path):
    path, _ = subnet
    whole = Path(wallets("validator").path)
    shutil.copytree(whole, tmp_path / "serving", ignore=shutil.ignore_patterns("coldkey"))
    wallet = bt.Wallet("validator", "default", str(tmp_path / "serving"))
    async with open_chain(settings_of(path), wallet) as chain:
        await advance(path, 20)
        await chain.serve("127.0.0.1", 9100)
        outcome = await chain.set_weights({2: 1.0}, 0)
        assert outcome.success


async def test_neurons_see_each_other_through_the_file(subnet, opened):
    path, _ = subnet
    async with opened(path, "miner-a") as miner, opened(path, "validator") as validator:
        await miner.serve("127.0.0.1", 9101)
        assert (await validator.metagraph()).by_hotkey[miner.hotkey].axon == "127.0.0.1:9101"
        protocol: Chain = validator
        assert protocol.netuid == NETUID


async def test_a_missing_chain_says_how_to_make_one(tmp_path, opened):
    with pytest.raises(ChainSetupError, match=r"no embedded chain at .*cgp localnet"):
        async with opened(tmp_path / "none.sqlite", "validator"):
            pass


async def test_a_file_that_is_no_chain_says_so(tmp_path, opened):
    path = tmp_path / "text.sqlite"
    path.write_text("not a database, but long enough to be read as the header of one" * 20)
    with pytest.raises(ChainSetupError, match="is not an embedded chain"):
        async with opened(path, "validator"):
            pass


async def test_a_subnet_that_is_not_there_is_named_with_those_that_are(begin, wallets):
    settings = settings_of(begin()).model_copy(update={"netuid": 33})
    with pytest.raises(ChainSetupError, match=r"no subnet 33 on local \(there: 18\)"):
        async with open_chain(settings, wallets("validator")):
            pass


async def test_an_unknown_network_is_refused_with_the_known_ones(begin, wallets):
    update = {"subtensor": SubtensorSettings(network="mainnet")}
    settings = settings_of(begin()).model_copy(update=update)
    with pytest.raises(ChainSetupError, match="unknown network 'mainnet'; allowed: local, test"):
        async with open_chain(settings, wallets("validator")):
            pass
