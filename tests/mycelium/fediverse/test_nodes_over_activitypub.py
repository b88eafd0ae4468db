"""Three whole nodes that share no broker: their messages go from actor to actor, over HTTP."""

from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from cgp.mycelium.node_settings import NodeSettings
from tests.kit.fediverse import running_actor, until
from tests.mycelium.test_node import POLICY, ROUNDS, Host

pytestmark = pytest.mark.peers
# Each message is an HTTP request, signed and checked: a beat is slower than within a process.
SLOWER = replace(
    POLICY,
    beat=0.5,
    absent=8.0,
    announce=0.5,
    forget_group=8.0,
    found_after=1.0,
    join_wait=3.0,
    round=10.0,
)


class Place:
    """An actor in the place of a network: its node takes its transport."""

    def __init__(self, service):
        self._service = service

    def transport(self):
        return self._service.transport


async def test_three_nodes_aggregate_three_updates_in_round_1(tmp_path, key_files):
    async with AsyncExitStack() as stack:
        # Prepare: three actors that follow each other.
        services = [
            await stack.enter_async_context(
                running_actor(tmp_path / name, name, key_file=key_files[0])
            )
            for name in ("ada", "ben", "cai")
        ]
        for service in services:
            await service.follow_all([s.actor.id for s in services if s is not service])

        async def all_follow():
            return all([len(await s.store.accepted_follows()) == 2 for s in services])

        await until(all_follow, 20)

        # Execute
        settings = NodeSettings(SLOWER)
        hosts = [
            Host(Place(service), tmp_path, name, settings)
            for service, name in zip(services, ("Ada", "Ben", "Cai"), strict=True)
        ]
        async with hosts[0].running(), hosts[1].running(), hosts[2].running():
            for host in hosts:
                await host.until(ROUNDS, 2)

        # Assert
        everyone = {host.key.ss58_address for host in hosts}
        for host in hosts:
            nodes = {row[0] for row in host.rows("SELECT node FROM counted WHERE round = 1")}
            assert nodes == everyone
            counted = host.rows('SELECT "group", round, node FROM counted')
            assert len(set(counted)) == len(counted)
