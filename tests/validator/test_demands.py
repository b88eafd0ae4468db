"""Demands of the subnet that a validator cannot meet: told before weights fail, and no longer than they last."""

from contextlib import asynccontextmanager

import bittensor as bt
import pytest

from cgp.chain import Endpoint, PatientChain, advance, embedded_client, open_chain
from tests.validator.local_subnet import NETUID, make_subnet
from validator.demands import LOOK_SECONDS, Demands


@pytest.fixture
async def subnet(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return await make_subnet(tmp_path, miners=2, block_seconds=86_400.0)


async def demand(subnet, name, value):
    """Change a rule, as the subnet's owner."""
    owner = bt.Wallet("owner", "default", str(subnet.folder / "wallets"))
    chain_file = subnet.settings().subtensor.chain_file
    async with embedded_client(chain_file) as client:
        intent = bt.SetHyperparameter(netuid=NETUID, name=name, value=value)
        (await client.execute(intent, owner)).raise_for_failure()
    await advance(chain_file, 105)


async def test_a_demand_is_told_with_its_remedy_until_the_owner_takes_it_back(subnet, caplog):
    now, problems = 0.0, {}
    async with open_chain(subnet.settings(), subnet.validator) as chain:
        demands = Demands(chain, 0, problems, clock=lambda: now)
        await demands.look(2)
        assert problems == {}

        await demand(subnet, "weights_version", 7)
        await demands.look(2)
        assert problems == {}, "it was looked at just before"
        now += LOOK_SECONDS
        await demands.look(2)
        assert list(problems) == ["version key"]
        assert "VALIDATOR_VERSION_KEY=7" in problems["version key"].remedy
        assert caplog.text.count("VALIDATOR_VERSION_KEY=7") == 1

        await demand(subnet, "weights_version", 0)
        await demand(subnet, "min_allowed_weights", 3)
        now += LOOK_SECONDS
        await demands.look(2)
        assert list(problems) == ["minimum weights"]
        assert "no fewer than 3 weights" in problems["minimum weights"].reason
        now += LOOK_SECONDS
        await demands.look(3)
        assert problems == {}


async def test_weights_that_are_too_few_are_refused_with_the_remedy(subnet):
    await demand(subnet, "min_allowed_weights", 3)
    async with open_chain(subnet.settings(), subnet.validator) as chain:
        outcome = await chain.set_weights({2: 1.0, 3: 1.0}, 0)
        assert (outcome.success, outcome.code) == (False, "INVALID_ARGUMENT")
        assert "no fewer than 3 weights above 0, and only 2 neurons are paid" in outcome.message
        assert "lower min_allowed_weights" in outcome.message
        assert (await chain.set_weights({0: 1.0, 2: 1.0, 3: 1.0}, 0)).success


class StrangeNode:
    """A node whose runtime lacks what the SDK reads, until it is upgraded, or that is away."""

    mood = "strange"

    @asynccontextmanager
    async def connect(self):
        if self.mood == "away":
            raise ConnectionRefusedError("nobody listens")
        yield self

    async def runtime(self):
        return 461

    async def rules(self):
        raise ValueError("Storage function not found")


async def test_a_runtime_that_does_not_fit_is_told_and_stays_told_while_the_chain_is_away():
    node, now, problems = StrangeNode(), 0.0, {}
    endpoint = Endpoint("ws://strange", node.connect)
    async with PatientChain(NETUID, "hotkey", [endpoint], seconds=20.0) as chain:
        demands = Demands(chain, 0, problems, clock=lambda: now)
        await demands.look(1)
        assert "ws://strange runs runtime 461" in problems["runtime"].reason
        assert "update this program" in problems["runtime"].remedy
    node.mood, now = "away", LOOK_SECONDS
    async with PatientChain(NETUID, "hotkey", [endpoint], seconds=20.0) as chain:
        await Demands(chain, 0, problems, clock=lambda: now).look(1)
    assert list(problems) == ["runtime"]
