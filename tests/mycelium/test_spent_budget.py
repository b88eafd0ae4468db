"""Whole nodes that send no update, since their budget is spent or kept, and nodes that come late."""

import asyncio
from dataclasses import replace

import pytest

from cgp.mycelium.memory import NodeMemory, cost_of
from cgp.mycelium.node_settings import NodeSettings
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.transports import MemoryNetwork
from cgp.mycelium.updates import Update
from tests.mycelium.test_node import POLICY, ROUNDS, Host


async def test_a_node_whose_budget_is_spent_still_trains_for_itself(tmp_path):
    # Prepare
    plan, network = PrivacyPlan(epsilon=4.0, releases=1, clip=0.5), MemoryNetwork()
    settings = NodeSettings(replace(POLICY, least_members=2), privacy=plan)
    hosts = [Host(network, tmp_path, name, settings) for name in ("Ada", "Ben")]
    for host in hosts:
        memory = NodeMemory(host.path)
        await memory.keep_update("elsewhere", 1, b"update", plan)
        await memory.close()

    # Execute
    async with hosts[0].running(), hosts[1].running():
        for host in hosts:
            await host.until("SELECT 1 FROM events WHERE kind = 'budget_spent'", 1)
        heads = [host.node.head for host in hosts]

    # Assert: each uses the best of what it can train, and has sent nothing.
    gains = []
    for host, own in zip(hosts, heads, strict=True):
        learner, release = host.learner, host.learner.release
        trained = [learner.train(release), learner.train_in_two_steps(release)]
        assert learner.loss(own) == min(learner.loss(head) for head in (release, *trained))
        assert host.rows('SELECT "group" FROM updates') == [("elsewhere",)]
        gains.append(learner.loss(release) - learner.loss(own))
    assert max(gains) > 0.0


async def test_a_node_under_a_budget_keeps_it_where_its_release_would_change_nothing(tmp_path):
    # Prepare: one of four nodes is under a budget, of five releases.
    plan, network = PrivacyPlan(epsilon=8.0, releases=5, clip=0.5), MemoryNetwork()
    open_settings = NodeSettings(replace(POLICY, least_members=4), evolve_every=0)
    settings = replace(open_settings, privacy=plan)
    hosts = [Host(network, tmp_path, name, open_settings) for name in ("Ada", "Ben", "Cai")]
    careful = Host(network, tmp_path, "Dan", settings)

    # Execute
    async with hosts[0].running(), hosts[1].running(), hosts[2].running(), careful.running():
        for host in [*hosts, careful]:
            await host.until(ROUNDS, 6)

    # Assert: it released in the first round alone, and has the head of the others in the later ones.
    assert careful.rows("SELECT round FROM updates") == [(1,)]
    assert cost_of(careful.path).epsilon() == pytest.approx(8.0 / 5)
    heads = "SELECT round, head FROM rounds WHERE round BETWEEN 2 AND 5 ORDER BY round"
    assert careful.rows(heads) == hosts[0].rows(heads)
    address = careful.key.ss58_address
    counted = hosts[0].rows(f"SELECT round FROM counted WHERE node = '{address}'")
    assert counted == [(1,)]
    assert careful.learner.loss(careful.node.head) <= careful.learner.loss(careful.learner.release)


async def test_newcomers_that_come_at_once_train_from_their_group_s_head(tmp_path):
    # Prepare: two nodes have gone through rounds, and a listener keeps their updates.
    network = MemoryNetwork()
    settings = NodeSettings(replace(POLICY, least_members=2, round=5.0), evolve_every=0)
    old = [Host(network, tmp_path, name, settings) for name in ("Ada", "Ben")]
    new = [Host(network, tmp_path, name, settings) for name in ("Cai", "Dan", "Eve", "Fay")]
    listener, payloads = network.transport(), []

    async def listen():
        while True:
            payloads.append((await listener.receive()).message)

    async with old[0].running(), old[1].running():
        await old[0].until(ROUNDS, 4)
        ((_, group), *_) = old[0].rows(ROUNDS)
        await listener.listen(group)
        listening = asyncio.create_task(listen())
        before = len(old[0].rows(ROUNDS))

        # Execute
        async with new[0].running(), new[1].running(), new[2].running(), new[3].running():
            for host in new:
                await host.until(ROUNDS, 3)
            heads = {head for (head,) in old[0].rows("SELECT head FROM rounds")}
            heads |= {head for (head,) in old[1].rows("SELECT head FROM rounds")}
    listening.cancel()
    await asyncio.wait([listening])

    # Assert: no past round is opened again, and each newcomer begins from what the two had made.
    addresses = {host.key.ss58_address for host in new}
    firsts = {}
    for payload in payloads:
        if b'"kind":"update"' in payload:
            update = Update.read(payload)
            if update.node in addresses:
                firsts.setdefault(update.node, update)
    assert firsts.keys() == addresses
    assert min(update.round for update in firsts.values()) > before
    assert {update.parent for update in firsts.values()} <= heads
    for host in new:
        assert host.rows("SELECT min(round) FROM rounds") > [(before,)]
        assert host.rows("SELECT 1 FROM events WHERE kind = 'group_head_came'")
