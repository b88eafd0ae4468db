"""The transport by ActivityPub under the contract of all transports, over real HTTP."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from cgp.mycelium.fediverse.message_objects import message_activity
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.updates import Update, UpdateKind
from cgp.mycelium.wire import MAX_MESSAGE_BYTES
from tests.kit.fediverse import Stranger, post_signed, running_actor, until
from tests.mycelium.kit import hotkey, update
from tests.mycelium.transport_contract import TransportContract, next_of


@pytest.fixture
async def actors(tmp_path, key_files):
    """Return a function that runs a further actor; all follow each other."""
    services = []
    async with AsyncExitStack() as stack:

        async def make():
            number = len(services)
            service = await stack.enter_async_context(
                running_actor(tmp_path / str(number), f"node{number}", key_file=key_files[0])
            )
            for other in services:
                await service.follow(other.actor.id)
                await other.follow(service.actor.id)
            services.append(service)

            async def all_accepted():
                return len(await service.store.accepted_follows()) == number and all([
                    service.actor.id in await other.store.accepted_follows()
                    for other in services[:-1]
                ])  # fmt: skip

            await until(all_accepted)
            return service

        yield make


class TestActivityPubTransport(TransportContract):
    @pytest.fixture
    async def transports(self, actors):
        async def make():
            return (await actors()).transport

        return make


async def test_a_model_that_travels_arrives_with_lineage_and_settings_and_its_signature_holds(
    actors,
):
    # Prepare
    ada, ben = await actors(), await actors()
    await ben.transport.listen("harbour")
    moving = update(
        kind=UpdateKind.MOVE,
        to=hotkey("Ben").ss58_address,
        lineage=("a" * 64, "b" * 64),
        settings={"step": 100_000, "rounds": 3_000_000},
    )

    # Execute
    await ada.transport.send("harbour", moving.sign(hotkey("Ada")))
    arrival = Update.read((await next_of(ben.transport)).message)

    # Assert
    assert arrival.node == hotkey("Ada").ss58_address
    assert (arrival.lineage, arrival.settings) == (moving.lineage, moving.settings)
    assert arrival.digest == moving.digest


async def test_the_largest_message_fits_into_one_object(actors):
    ada = await actors()
    document = json.dumps(
        message_activity(ada.actor, "harbour", b'"' * MAX_MESSAGE_BYTES, ada._now())
    )
    assert len(document) < 4 * MAX_MESSAGE_BYTES


async def test_messages_of_actors_that_are_not_followed_are_not_heard(actors, keys):
    ben = await actors()
    await ben.transport.listen(LOBBY)
    async with Stranger(keys[1]).running() as stranger:
        activity = dict(message_activity(ben.actor, LOBBY, b"1", ben._now()))
        activity |= {"actor": stranger.id, "id": f"{stranger.id}/1"}
        activity["object"] = activity["object"] | {
            "attributedTo": stranger.id,
            "id": f"{stranger.id}/2",
        }
        assert (await post_signed(ben.actor.inbox, activity, stranger.key))[0] == 202
        for wrong in (
            {"topic": "UPPER"},
            {"message": 7},
            {"message": "ü"},
            {"message": "a" * 7000},
        ):
            changed = activity | {"object": activity["object"] | wrong}
            assert (await post_signed(ben.actor.inbox, changed, stranger.key))[0] == 400
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await ben.transport.receive()
