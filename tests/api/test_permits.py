"""Whom the API takes for a validator: the subnet's permitted ones, or those that are named."""

import asyncio

import pytest

from cgp.api.identity import api_address
from cgp.api.server import opened_validators
from cgp.api.validators import SubnetValidators, named_validators
from cgp.chain import ChainAwayError, ChainSetupError
from cgp.chain.metagraph import Metagraph
from cgp.config import Settings
from cgp.signing import Refusal
from tests.api.served import keypair
from tests.validator.local_subnet import make_subnet


async def test_validators_with_a_permit_and_enough_stake_may_call(tmp_path):
    subnet = await make_subnet(tmp_path, miners=1)
    validator = subnet.validator.hotkey.ss58_address
    async with opened_validators(subnet.settings()) as validators:
        validators.check(validator)
        for hotkey, word in (
            (subnet.miners[0].hotkey.ss58_address, "NoPermit"),
            (keypair("mallory").ss58_address, "NotRegistered"),
        ):
            with pytest.raises(Refusal) as refused:
                validators.check(hotkey)
            assert (refused.value.status, refused.value.error) == (403, word)
    async with opened_validators(subnet.settings(api={"minimum_stake": 1e9})) as validators:
        with pytest.raises(Refusal, match="TAO at stake, less than"):
            validators.check(validator)


class ShakyChain:
    """A chain that fails in two ways, then answers."""

    def __init__(self):
        self.errors = [ValueError("a defect"), ChainAwayError("nobody answers")]
        self.answered = asyncio.Event()

    async def metagraph(self):
        if self.errors:
            raise self.errors.pop(0)
        self.answered.set()
        return Metagraph(netuid=18, block=1, owner_hotkey=None, neurons=())


async def test_whatever_fails_the_metagraph_is_read_again(monkeypatch, caplog):
    monkeypatch.setattr("cgp.telemetry.duties.FIRST_PAUSE_SECONDS", 0.01)
    chain = ShakyChain()
    validators = SubnetValidators(chain, minimum_stake=0.0, refresh_seconds=0.01)
    following = asyncio.create_task(validators.follow())
    async with asyncio.timeout(30):
        await chain.answered.wait()
    following.cancel()
    with pytest.raises(Refusal, match="not registered"):
        validators.check(keypair("alice").ss58_address)
    (traced,) = [record for record in caplog.records if record.exc_info]
    assert "a defect" in str(traced.exc_info[1])


async def test_named_validators_need_no_chain():
    named = named_validators(f" {keypair('alice').ss58_address}, ")
    named.check(keypair("alice").ss58_address)
    with pytest.raises(Refusal, match="not on this API's list"):
        named.check(keypair("bob").ss58_address)
    with pytest.raises(ValueError, match="'nobody' is not a hotkey"):
        named_validators("nobody")


async def test_without_a_chain_and_without_names_it_is_said_what_to_do(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, wallet={"path": tmp_path})
    with pytest.raises(ChainSetupError, match="no usable hotkey"):
        async with opened_validators(settings):
            pass


async def test_the_address_stays_the_same_whoever_makes_it_first(tmp_path):
    made = await asyncio.gather(*(asyncio.to_thread(api_address, tmp_path / "a") for _ in range(8)))
    assert len(set(made)) == 1
    assert api_address(tmp_path / "b") != made[0]
    (tmp_path / "a" / "api-address.txt").write_text("nothing")
    with pytest.raises(ValueError, match="holds no address"):
        api_address(tmp_path / "a")
