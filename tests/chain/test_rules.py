"""What the chain refuses, by the names that the real chain uses."""

import bittensor as bt
import pytest
from bittensor._generated import calls

from cgp.chain import add_stake, advance, embedded_client, register

from .conftest import NETUID

LATER = 10**12
"""A round of the beacon that is far ahead."""


class Impostor:
    """Signs with one key and says that it is another."""

    crypto_type = 1

    def __init__(self, address, keypair):
        self.ss58_address = address
        self.public_key = keypair.public_key
        self._keypair = keypair

    def sign(self, payload):
        return self._keypair.sign(payload)


def weights_call(dests, weights, version_key=0, mecid=0):
    return calls.SubtensorModule.set_mechanism_weights(
        netuid=NETUID, mecid=mecid, dests=dests, weights=weights, version_key=version_key
    )


async def refused(client, call, wallet, signer="hotkey"):
    result = await client.submit_call(call, wallet, signer=signer)
    assert not result.success
    return result.error.name


async def set_rule(client, wallets, name, value):
    intent = bt.SetHyperparameter(netuid=NETUID, name=name, value=value)
    (await client.execute(intent, wallets("owner"))).raise_for_failure()


async def test_weights_need_a_permit_which_the_next_epoch_gives(subnet, wallets):
    path, client = subnet
    await advance(path, 8)
    call = weights_call([2], [1])
    assert await refused(client, call, wallets("validator")) == "NeuronNoValidatorPermit"
    await advance(path, 20)
    assert (await client.submit_call(call, wallets("validator"), signer="hotkey")).success


async def test_each_fault_of_a_weight_vector_has_its_name(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    validator = wallets("validator")
    faults = {
        "WeightVecNotEqualSize": weights_call([2, 3], [1]),
        "UidsLengthExceedUidsInSubNet": weights_call([0, 1, 2, 3, 2], [1] * 5),
        "DuplicateUids": weights_call([2, 2], [1, 1]),
        "UidVecContainInvalidOne": weights_call([2, 9], [1, 1]),
        "MechanismDoesNotExist": weights_call([2], [1], mecid=1),
    }
    for name, call in faults.items():
        assert await refused(client, call, validator) == name


async def test_who_may_not_set_weights_is_told_why(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    call = weights_call([2], [1])
    assert await refused(client, call, wallets("miner-a")) == "StakeAmountTooLow"
    assert await refused(client, call, wallets("stranger")) == "StakeAmountTooLow"


async def test_the_limits_of_the_subnet_hold(begin, wallets):
    path = begin("validator", "miner-a", min_allowed_weights=2, max_weights_limit=40_000)
    async with embedded_client(path) as client:
        await register(client, wallets("validator"), NETUID)
        await register(client, wallets("miner-a"), NETUID)
        await add_stake(client, wallets("validator"), NETUID, 5_000)
        await advance(path, 20)
        too_few, too_much = weights_call([2], [1]), weights_call([0, 2], [1, 9])
        assert await refused(client, too_few, wallets("validator")) == "WeightVecLengthIsLow"
        assert await refused(client, too_much, wallets("validator")) == "MaxWeightExceeded"


async def test_the_least_number_of_weights_counts_zeros_and_asks_for_no_more_than_there_are(
    begin, wallets
):
    path = begin("validator", min_allowed_weights=1024)
    async with embedded_client(path) as client:
        await register(client, wallets("validator"), NETUID)
        await add_stake(client, wallets("validator"), NETUID, 5_000)
        await advance(path, 20)
        too_few = weights_call([0], [1])
        assert await refused(client, too_few, wallets("validator")) == "WeightVecLengthIsLow"
        zeros = weights_call([0, 1], [0, 0])
        assert (await client.submit_call(zeros, wallets("validator"), signer="hotkey")).success


async def test_the_owner_votes_without_stake_and_without_waiting_for_a_permit(subnet, wallets):
    path, client = subnet
    await advance(path, 9)
    call = weights_call([2], [1])
    assert (await client.submit_call(call, wallets("owner"), signer="hotkey")).success


async def test_a_second_set_within_the_limit_is_too_fast(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    call = weights_call([2], [1])
    assert (await client.submit_call(call, wallets("validator"), signer="hotkey")).success
    assert await refused(client, call, wallets("validator")) == "RateLimitExceeded"
    await advance(path, 9)
    assert (await client.submit_call(call, wallets("validator"), signer="hotkey")).success


async def test_commits_and_plain_weights_exclude_each_other(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    validator = wallets("validator")

    def commit(version=4):
        return calls.SubtensorModule.commit_timelocked_mechanism_weights(
            netuid=NETUID,
            mecid=0,
            commit=b"sealed",
            reveal_round=LATER,
            commit_reveal_version=version,
        )

    assert await refused(client, commit(), validator) == "CommitRevealDisabled"
    await set_rule(client, wallets, "commit_reveal_weights_enabled", 1)
    assert await refused(client, weights_call([2], [1]), validator) == "CommitRevealEnabled"
    assert await refused(client, commit(3), validator) == "IncorrectCommitRevealVersion"
    assert (await client.submit_call(commit(), validator, signer="hotkey")).success
    assert await refused(client, commit(), validator) == "RateLimitExceeded"
    assert await refused(client, commit(), wallets("stranger")) == "StakeAmountTooLow"


async def test_commits_wait_for_their_turn_and_only_so_many(begin, wallets):
    path = begin("validator", weights_rate_limit=0, commit_reveal_weights_enabled=True)
    call = calls.SubtensorModule.commit_timelocked_mechanism_weights(
        netuid=NETUID, mecid=0, commit=b"sealed", reveal_round=LATER, commit_reveal_version=4
    )
    async with embedded_client(path) as client:
        await register(client, wallets("validator"), NETUID)
        await add_stake(client, wallets("validator"), NETUID, 5_000)
        for _ in range(10):
            result = await client.submit_call(call, wallets("validator"), signer="hotkey")
            assert result.success
        assert await refused(client, call, wallets("validator")) == "TooManyUnrevealedCommits"


async def test_an_old_version_key_is_refused(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    await set_rule(client, wallets, "weights_version", 7)
    call = weights_call([2], [1], version_key=6)
    assert await refused(client, call, wallets("validator")) == "IncorrectWeightVersionKey"
    call = weights_call([2], [1], version_key=7)
    assert (await client.submit_call(call, wallets("validator"), signer="hotkey")).success


async def test_serving_is_for_registered_hotkeys_at_real_addresses_and_not_too_often(
    subnet, wallets
):
    _, client = subnet
    miner = wallets("miner-a")
    intent = bt.ServeAxon(netuid=NETUID, ip="127.0.0.1", port=9101)
    stranger = await client.execute(intent, wallets("stranger"))
    assert stranger.error.name == "HotKeyNotRegisteredInNetwork"
    assert (await client.execute(intent, miner)).success
    again = await client.execute(bt.ServeAxon(netuid=NETUID, ip="::1", port=9102), miner)
    assert again.error.name == "ServingRateLimitExceeded"
    other = wallets("miner-b")
    nowhere = bt.ServeAxon(netuid=NETUID, ip="255.255.255.255", port=1)
    assert (await client.execute(nowhere, other)).error.name == "InvalidIpAddress"
    portless = bt.ServeAxon(netuid=NETUID, ip="1.2.3.4", port=0)
    assert (await client.execute(portless, other)).error.name == "InvalidPort"
    unset = bt.ServeAxon(netuid=NETUID, ip="0.0.0.0", port=1)
    assert (await client.execute(unset, other)).success
    assert (await client.subnets.metagraph(NETUID)).neurons[2].axon == "127.0.0.1:9101"


async def test_registration_is_paid_once_and_can_be_closed(subnet, wallets):
    _, client = subnet
    again = await client.execute(bt.BurnedRegister(netuid=NETUID), wallets("miner-a"))
    assert again.error.name == "HotKeyAlreadyRegisteredInSubNet"
    poor = await client.execute(bt.BurnedRegister(netuid=NETUID), wallets("poor"))
    assert poor.error.name == "NotEnoughBalanceToStake"
    stolen = bt.BurnedRegister(netuid=NETUID, hotkey_ss58=wallets("new").hotkey.ss58_address)
    assert (await client.execute(stolen, wallets("miner-b"))).success
    elsewhere = await client.execute(bt.BurnedRegister(netuid=3), wallets("miner-b"))
    assert elsewhere.error.name == "SubnetNotExists"


async def test_a_closed_subnet_takes_no_registration(begin, wallets):
    async with embedded_client(begin("miner", registration_allowed=False)) as client:
        closed = await client.execute(bt.BurnedRegister(netuid=NETUID), wallets("miner"))
        assert closed.error.name == "SubNetRegistrationDisabled"


async def test_a_registration_makes_the_next_dearer_and_blocks_make_it_cheaper(begin, wallets):
    path = begin("miner-a", "miner-b", max_burn=10**8 * 5 // 4, min_burn=10**8 // 2)
    async with embedded_client(path) as client:
        assert (await client.subnets.burn(NETUID)).rao == 10**8
        for price, name in ((10**8, "miner-a"), (10**8 * 5 // 4, "miner-b")):
            before = await client.balances.get(wallets(name).coldkey.ss58_address)
            await register(client, wallets(name), NETUID)
            after = await client.balances.get(wallets(name).coldkey.ss58_address)
            assert before.rao - after.rao == pytest.approx(price, rel=0.003)
        await advance(path, 360)
        assert (await client.subnets.burn(NETUID)).rao == pytest.approx(10**8 * 5 / 8, rel=0.003)
        await advance(path, 3_600)
        assert (await client.subnets.burn(NETUID)).rao == 10**8 // 2


async def test_weights_and_serving_are_free(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    validator = wallets("validator")
    before = await client.balances.get(validator.coldkey.ss58_address)
    served = await client.execute(bt.ServeAxon(netuid=NETUID, ip="127.0.0.1", port=9), validator)
    weights = await client.submit_call(weights_call([2], [1]), validator, signer="hotkey")
    assert served.success
    assert weights.success
    assert served.fee.rao == weights.fee.rao == 0
    assert await client.balances.get(validator.coldkey.ss58_address) == before


async def test_a_refusal_before_inclusion_uses_no_nonce_and_makes_no_block(subnet, wallets):
    path, client = subnet
    await advance(path, 20)
    miner = wallets("miner-a").hotkey.ss58_address
    block = await client.block()
    result = await client.submit_call(weights_call([2], [1]), wallets("miner-a"), signer="hotkey")
    assert result.error.code is bt.ErrorCode.LIMIT_EXCEEDED
    assert await client._substrate.account_next_index(miner) == 0
    assert await client.block() == block


async def test_stake_and_transfers_move_balances_and_no_more_than_there_is(subnet, wallets):
    _, client = subnet
    wallet, dest = wallets("miner-a"), wallets("poor").coldkey.ss58_address
    assert (await client.execute(bt.Transfer(dest_ss58=dest, amount_tao=bt.tao(5)), wallet)).success
    assert (await client.balances.get(dest)).tao == 5
    much = await client.execute(bt.Transfer(dest_ss58=dest, amount_tao=bt.tao(10**6)), wallet)
    assert much.error.name == "InsufficientBalance"
    with pytest.raises(bt.ChainError) as error:
        await add_stake(client, wallet, NETUID, 10**6)
    assert error.value.name == "NotEnoughBalanceToStake"
    hotkey = wallet.hotkey.ss58_address
    await add_stake(client, wallet, NETUID, 10)
    out = calls.SubtensorModule.remove_stake(
        hotkey=hotkey, netuid=NETUID, amount_unstaked=11 * 10**9
    )
    assert await refused(client, out, wallet, "coldkey") == "NotEnoughStakeToWithdraw"
    out = calls.SubtensorModule.remove_stake(
        hotkey=hotkey, netuid=NETUID, amount_unstaked=10 * 10**9
    )
    assert (await client.submit_call(out, wallet)).success


async def test_a_signature_of_another_key_is_refused_and_changes_nothing(subnet, wallets):
    _, client = subnet
    victim, thief = wallets("miner-a").coldkey, wallets("stranger").coldkey
    before = await client.balances.get(victim.ss58_address)
    call = await client.compose(
        calls.Balances.transfer_keep_alive(dest=thief.ss58_address, value=10**9)
    )
    result = await client._substrate.submit(call, Impostor(victim.ss58_address, thief))
    assert result.error.name == "BadProof"
    assert result.error.code is bt.ErrorCode.INVALID_ARGUMENT
    assert await client.balances.get(victim.ss58_address) == before


async def test_a_nonce_is_used_once_and_in_order(subnet, wallets):
    _, client = subnet
    keypair = wallets("miner-a").coldkey
    call = await client.compose(
        calls.Balances.transfer_keep_alive(dest=keypair.ss58_address, value=1)
    )
    nonce = await client._substrate.account_next_index(keypair.ss58_address)
    late = await client._substrate.submit(call, keypair, nonce=nonce + 1)
    assert late.error.name == "Future"
    assert (await client._substrate.submit(call, keypair, nonce=nonce)).success
    replayed = await client._substrate.submit(call, keypair, nonce=nonce)
    assert replayed.error.name == "Stale"


async def test_a_call_that_fails_costs_its_fee_and_its_nonce_only(subnet, wallets):
    _, client = subnet
    wallet = wallets("miner-a")
    address = wallet.coldkey.ss58_address
    before = await client.balances.get(address)
    nonce = await client._substrate.account_next_index(address)
    intent = bt.Transfer(dest_ss58=wallets("poor").coldkey.ss58_address, amount_tao=bt.tao(10**6))
    result = await client.execute(intent, wallet)
    assert before.rao - (await client.balances.get(address)).rao == result.fee.rao > 0
    assert await client._substrate.account_next_index(address) == nonce + 1
