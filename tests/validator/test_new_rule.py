"""A validator that takes a new version of the scoring rule: its standings begin anew."""

import asyncio
import logging
from dataclasses import replace

from cgp.chain import advance
from cgp.embedders import default_embedder
from cgp.scoring import GenomeRule
from cgp.scoring.settings import DEFAULTS
from tests.validator.local_subnet import make_subnet, small, until
from validator.events import WeightsSet, WindowScored
from validator.weights import RENEW_BLOCKS


async def test_weights_of_the_version_before_stay_until_the_new_standings_say_something(
    tmp_path, caplog
):
    # Prepare: a validator of an earlier version has standings, and weights on chain.
    caplog.set_level(logging.WARNING, "validator")
    subnet = await make_subnet(tmp_path, miners=3)
    settings = subnet.settings(validator={"refresh_seconds": 0.02, "poll_seconds": 0.02})
    async with subnet.mining():
        await set_weights_by_an_earlier_version(subnet, settings)
        subnet.events.clear()

        # Execute: the next version scores a first conversation, and the weights grow old.
        async with subnet.validating(settings, [small("b")]) as (validator, _):
            running = asyncio.create_task(validator.run())
            await until(lambda: windows_scored(subnet), running)
            # The chain would take weights again, and every duty looks many times in this while.
            await advance(settings.chain_file, RENEW_BLOCKS // 2)
            await asyncio.sleep(1.0)
            weights_of_few_answers = weights_set(subnet)
            await advance(settings.chain_file, RENEW_BLOCKS // 2)
            await until(lambda: weights_set(subnet), running)
            validator.stop()
            await running

    # Assert
    assert not weights_of_few_answers
    assert "standings begin anew, and those of genome/0+" in caplog.text


async def test_weights_that_replaced_those_of_the_version_before_are_set_again_like_any(tmp_path):
    # Prepare: the weights of an earlier version grew old while no validator ran.
    subnet = await make_subnet(tmp_path, miners=3)
    settings = subnet.settings(validator={"refresh_seconds": 0.02, "poll_seconds": 0.02})
    async with subnet.mining():
        await set_weights_by_an_earlier_version(subnet, settings)
        await advance(settings.chain_file, RENEW_BLOCKS)
        subnet.events.clear()

        # Execute: the next version replaces them after a first window, and scores another.
        async with subnet.validating(settings, [small("b")]) as (validator, store):
            running = asyncio.create_task(validator.run())
            await until(lambda: weights_set(subnet), running)
            store.add_conversations([small("c")])

            # Assert: the weights that are on chain are soon made of both.
            key = subnet.validator.hotkey.ss58_address
            await until(lambda: store.count_conversations()["done"] == 3, running)
            await until(lambda: store.weights_are_current(key), running)
            validator.stop()
            await running
        assert len(weights_set(subnet)) >= 2


async def set_weights_by_an_earlier_version(subnet, settings):
    earlier = GenomeRule(default_embedder(), replace(DEFAULTS, version="genome/0"))
    async with subnet.validating(settings, [small("a")], rule=earlier) as (validator, _):
        assert (await validator.run(until_empty=True)).weights_set


def windows_scored(subnet):
    return any(isinstance(event, WindowScored) for event in subnet.events)


def weights_set(subnet):
    return [event for event in subnet.events if isinstance(event, WeightsSet)]
