"""Faults of a validator's own (its clock, its network): all is held, and no miner pays for them."""

import asyncio
import time

import pytest

from cgp.scoring import Answer, Standing
from tests.validator.local_subnet import health_of, make_subnet, problems, small, talk, until
from tests.validator.rogue_miners import RogueMiner, well_behaved


@pytest.fixture
async def subnet(tmp_path):
    return await make_subnet(tmp_path, miners=3)


async def held_again(validator, running, times=2):
    """Wait until the fault is seen again, by a work that could have stored something."""
    holding = validator.condition.holding
    for _ in range(times):
        seen = holding._seen
        await until(lambda seen=seen: holding._seen > seen, running)


class Clock:
    """A machine's clock that can be wrong."""

    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return time.time_ns() + int(self.ahead * 1e9)


@pytest.mark.parametrize("ahead", [3.0, -3600.0, 3600.0])
async def test_a_validator_whose_clock_is_off_holds_everything_until_it_is_right(
    subnet, ahead, caplog
):
    clock = Clock()
    clock.ahead = ahead
    settings = subnet.settings(
        validator={"health_port": 0, "poll_seconds": 0.02, "refresh_seconds": 0.05}
    )
    key = subnet.validator.hotkey.ss58_address
    async with (
        subnet.mining(),
        subnet.validating(settings, [small("a")], clock=clock) as (validator, store),
    ):
        running = asyncio.create_task(validator.run())
        await until(lambda: "holding" in problems(validator), running)
        await held_again(validator, running)
        status, document = await health_of(validator)
        assert (status, document["status"]) == (503, "holding")
        assert "clock" in document["problems"][0]["remedy"]
        assert store.count_windows()[0] == 0
        assert store.standings_of(key, validator._rule.version) == []
        assert store.last_weights(key) is None
        clock.ahead = 0.0
        await until(lambda: store.last_weights(key) is not None, running)
        status, _ = await health_of(validator)
        (conversation,) = store.conversation_statuses()
        standings = store.standings_of(key, validator._rule.version)
        validator.stop()
        await running
    assert status == 200
    assert (conversation.state, conversation.attempts) == ("done", 0)
    asked = [Standing.from_json(record.standing) for record in standings]
    assert [(s.asked, s.answered) for s in asked] == [(1, 1)] * 3
    assert "Holding conversations, standings and weights: " in caplog.text


async def test_a_validator_that_reaches_no_miner_uses_nothing_up_and_pays_nobody(subnet, caplog):
    settings = subnet.settings(
        validator={"health_port": 0, "poll_seconds": 0.02, "refresh_seconds": 0.05}
    )
    key = subnet.validator.hotkey.ss58_address
    async with subnet.mining():
        pass  # they advertised themselves, and are gone
    async with subnet.validating(settings, [small("a"), small("b")]) as (validator, store):
        running = asyncio.create_task(validator.run())
        await until(lambda: "holding" in problems(validator), running)
        await held_again(validator, running)
        status, document = await health_of(validator)
        assert status == 503
        assert "none of 3 miners" in document["problems"][0]["reason"]
        assert document["holds"] == 1
        assert caplog.text.count("Holding conversations, standings and weights: none of 3") == 1
        validator.stop()
        await running
        assert {(s.state, s.attempts) for s in store.conversation_statuses()} == {("waiting", 0)}
        assert store.count_windows()[0] == 0
        assert store.standings_of(key, validator._rule.version) == []
        assert store.last_weights(key) is None


async def test_one_miner_that_checks_no_clock_does_not_hide_that_ours_is_wrong(subnet):
    clock = Clock()
    clock.ahead = 60.0
    settings = subnet.settings(validator={"poll_seconds": 0.02, "refresh_seconds": 0.05})
    honest, careless = subnet.miners[:2], subnet.miners[2]
    async with subnet.mining(honest), RogueMiner(careless.hotkey, well_behaved) as rogue:
        await subnet.advertise(careless, rogue.port)
        async with subnet.validating(settings, [small("a")], clock=clock) as (validator, store):
            running = asyncio.create_task(validator.run())
            await until(lambda: "holding" in problems(validator), running)
            await held_again(validator, running)
            assert store.count_windows()[0] == 0
            assert rogue.calls
            validator.stop()
            await running


async def test_silent_miners_are_told_from_a_fault_of_our_own_by_asking_others(subnet):
    """Two of three miners are dead: every window is answered by the third, and scored."""
    settings = subnet.settings(
        validator={"miners_per_window": 1, "poll_seconds": 0.02}, window={"characters": 110}
    )
    key = subnet.validator.hotkey.ss58_address
    async with subnet.mining():
        pass
    alive = subnet.miners[0]
    async with (
        subnet.mining([alive]),
        subnet.validating(settings, [talk(0)]) as (validator, store),
    ):
        summary = await validator.run(until_empty=True)
        assert (summary.done, summary.weights_set) == (1, True)
        weights = store.last_weights(key)
        for window in store.windows_of("talk-0"):
            answers = store.answers_of("talk-0", window.index)
            assert [a.hotkey for a in answers if isinstance(a.answer, Answer)] == [
                alive.hotkey.ss58_address
            ]
    assert [hotkey for hotkey, share in weights.rewards.items() if share] == [
        alive.hotkey.ss58_address
    ]
