"""Calls of the subnet's owner: which there are, within which bounds, how often and when."""

import bittensor as bt
import pytest
from bittensor._generated import calls

from cgp.chain import advance, embedded_client, register

from .conftest import NETUID

ADMIN = calls.AdminUtils


async def outcome(client, call, wallet):
    """Return the error's name of a call, empty if it succeeded."""
    result = await client.submit_call(call, wallet)
    return result.error.name if result.error else ""


@pytest.fixture
async def owned(begin, wallets):
    """A subnet as on the main network, and a function that submits a call as its owner."""
    path = begin("miner", tempo=360, admin_freeze_window=10)
    async with embedded_client(path) as client:

        async def submit(call):
            return await outcome(client, call, wallets("owner"))

        yield path, client, submit


async def test_only_the_owner_changes_hyperparameters(owned, wallets):
    _, client, submit = owned
    call = ADMIN.sudo_set_immunity_period(NETUID, 100)
    assert await outcome(client, call, wallets("miner")) == "BadOrigin"
    assert await submit(call) == ""
    assert await client.hyperparameters.immunity_period(NETUID) == 100
    assert await submit(ADMIN.sudo_set_immunity_period(3, 100)) == "BadOrigin"


@pytest.mark.parametrize(
    "call",
    [
        ADMIN.sudo_set_weights_set_rate_limit(NETUID, 1),
        ADMIN.sudo_set_max_allowed_validators(NETUID, 1),
        ADMIN.sudo_set_network_registration_allowed(NETUID, False),
        ADMIN.sudo_set_kappa(NETUID, 1),
    ],
    ids=lambda call: call.function,
)
async def test_some_calls_are_for_root_alone(owned, call):
    _, _, submit = owned
    assert await submit(call) == "BadOrigin"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (ADMIN.sudo_set_tempo(NETUID, 359), "TempoOutOfBounds"),
        (ADMIN.sudo_set_tempo(NETUID, 50_401), "TempoOutOfBounds"),
        (ADMIN.sudo_set_bonds_moving_average(NETUID, 975_001), "BondsMovingAverageMaxReached"),
        (ADMIN.sudo_set_bonds_moving_average(NETUID, 975_000), ""),
        (
            ADMIN.sudo_set_activity_cutoff_factor(NETUID, 999),
            "ActivityCutoffFactorMilliOutOfBounds",
        ),
        (ADMIN.sudo_set_max_allowed_uids(NETUID, 63), "MaxAllowedUidsLessThanMinAllowedUids"),
        (
            ADMIN.sudo_set_max_allowed_uids(NETUID, 257),
            "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids",
        ),
        (ADMIN.sudo_set_commit_reveal_weights_interval(NETUID, 101), "RevealPeriodTooLarge"),
        (ADMIN.sudo_set_commit_reveal_weights_interval(NETUID, 0), "RevealPeriodTooSmall"),
        (ADMIN.sudo_set_min_allowed_weights(NETUID, 65_535), ""),
    ],
)
async def test_each_value_has_its_bounds(owned, call, error):
    _, _, submit = owned
    assert await submit(call) == error


async def test_a_subnet_is_not_made_smaller_than_it_is(begin, wallets):
    path = begin("a", "b", min_allowed_uids=1)
    async with embedded_client(path) as client:
        for name in ("a", "b"):
            await register(client, wallets(name), NETUID)
        call = ADMIN.sudo_set_max_allowed_uids(NETUID, 2)
        error = await outcome(client, call, wallets("owner"))
        assert error == "MaxAllowedUIdsLessThanCurrentUIds"


async def test_nothing_is_changed_in_the_last_blocks_before_an_epoch(owned):
    path, client, submit = owned
    await advance(path, 361 - 10 - await client.block() - 1)
    assert await submit(ADMIN.sudo_set_serving_rate_limit(NETUID, 9)) == ""
    frozen = "AdminActionProhibitedDuringWeightsWindow"
    assert await submit(ADMIN.sudo_set_immunity_period(NETUID, 9)) == frozen
    assert await submit(ADMIN.sudo_set_tempo(NETUID, 400)) == frozen
    await advance(path, 10)
    assert await submit(ADMIN.sudo_set_immunity_period(NETUID, 9)) == ""


async def test_each_hyperparameter_changes_once_in_two_tempos(owned):
    path, _, submit = owned
    assert await submit(ADMIN.sudo_set_serving_rate_limit(NETUID, 9)) == ""
    assert await submit(ADMIN.sudo_set_serving_rate_limit(NETUID, 8)) == "TxRateLimitExceeded"
    assert await submit(ADMIN.sudo_set_immunity_period(NETUID, 8)) == ""
    await advance(path, 720)
    assert await submit(ADMIN.sudo_set_serving_rate_limit(NETUID, 8)) == ""


async def test_the_version_key_changes_once_in_five_tempos(owned):
    path, _, submit = owned
    assert await submit(ADMIN.sudo_set_weights_version_key(NETUID, 1)) == ""
    await advance(path, 1_700)
    assert await submit(ADMIN.sudo_set_weights_version_key(NETUID, 2)) == "TxRateLimitExceeded"
    await advance(path, 100)
    assert await submit(ADMIN.sudo_set_weights_version_key(NETUID, 2)) == ""


async def test_a_new_tempo_is_set_once_in_as_many_blocks_as_the_least_tempo(owned):
    path, client, submit = owned
    assert await submit(ADMIN.sudo_set_tempo(NETUID, 500)) == ""
    changed = await client.block()
    assert await submit(ADMIN.sudo_set_tempo(NETUID, 400)) == "TxRateLimitExceeded"
    assert (await client.epochs.epoch_status(NETUID))["next_epoch_start_block"] == changed + 500
    await advance(path, 360)
    assert await submit(ADMIN.sudo_set_tempo(NETUID, 400)) == ""


async def test_an_unknown_subnet_reads_as_the_chains_defaults(owned):
    _, client, _ = owned
    nobody = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"

    async def read(item, *key):
        return await client.query(("SubtensorModule", item), [*key])

    assert await read("SubnetOwner", 99) == await read("Owner", nobody) == nobody
    assert await read("Keys", 99, 0) == await read("SubnetOwnerHotkey", 99) == nobody
    assert await read("MinAllowedWeights", 99) == 1024
    assert await read("MaxAllowedValidators", 99) == 128
    assert await read("CommitRevealWeightsEnabled", 99) is True
    assert await client.hyperparameters.reveal_period(99) == 1


def test_the_sdk_knows_every_error_that_an_owner_can_meet():
    for name in ("BadOrigin", "TxRateLimitExceeded", "TempoOutOfBounds", "RevealPeriodTooLarge"):
        assert bt.ChainError("", name).code is not bt.ErrorCode.UNKNOWN
