"""A node whose budget of privacy is spent sends no more, and goes on to learn for itself."""

from dataclasses import replace

from cgp.mycelium.memory import NodeMemory
from cgp.mycelium.node_settings import NodeSettings
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.transports import MemoryNetwork
from tests.mycelium.test_node import POLICY, Host


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
