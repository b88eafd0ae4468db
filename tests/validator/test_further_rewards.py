"""Experts in a validator's weights: as much as the operator turned on, and answers alone otherwise."""

import pytest

from cgp.config import Settings
from cgp.experts.submission import expert_submission, submit
from tests.experts.world import german_gate, good, judge, ledger
from tests.validator.local_subnet import make_subnet, small
from validator.events import WeightsSet
from validator.further_rewards import further_rewards


async def test_an_expert_gets_its_share_of_the_weights_where_it_is_turned_on(tmp_path):
    # Prepare: the third miner answers nothing, and its expert stands.
    subnet = await make_subnet(tmp_path, miners=3)
    author = subnet.miners[2].hotkey
    with ledger(tmp_path / "ledger") as book:
        expert = expert_submission(book, "language.german", good(), german_gate(), author)
        judge(book).decide(book, submit(book, expert, lambda _: True).digest)
    experts = {"ledger": tmp_path / "ledger", "weight_share": 0.2}

    # Execute
    async with subnet.mining(subnet.miners[:2]):
        settings = subnet.settings(experts=experts)
        async with subnet.validating(settings, [small("talk")]) as (validator, _):
            await validator.run(until_empty=True)

    # Assert: uid 4 is the third miner.
    [*_, weights] = [event for event in subnet.events if isinstance(event, WeightsSet)]
    assert weights.rewards.get(author.ss58_address, 0.0) == 0.0
    assert weights.weights[4] == pytest.approx(0.2)
    assert sum(weights.weights.values()) == pytest.approx(1.0)


async def test_nothing_is_paid_for_experts_until_it_is_turned_on(tmp_path):
    experts = {"ledger": tmp_path / "ledger"}
    assert further_rewards(Settings(_env_file=None, experts=experts)) is None
    assert further_rewards(Settings(_env_file=None)) is None


async def test_answers_are_paid_also_where_the_ledger_is_lost(tmp_path, caplog):
    # Prepare
    with ledger(tmp_path / "ledger"):
        experts = {"ledger": tmp_path / "ledger", "weight_share": 0.2}
        further = further_rewards(Settings(_env_file=None, experts=experts))
    (tmp_path / "ledger").rename(tmp_path / "elsewhere")

    # Execute and assert
    assert await further.mixed_into({2: 1.0}, {"a": 3}) == {2: 1.0}
    assert "Weights pay for answers alone" in caplog.text
