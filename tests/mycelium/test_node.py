"""Whole nodes in one process: they find each other, learn, survive restarts, keep to their budget."""

import asyncio
import json
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from cgp.mycelium.learner import Learner
from cgp.mycelium.memory import NodeMemory, cost_of, rows_of
from cgp.mycelium.messages import Kind, NodeMessage
from cgp.mycelium.node import Node
from cgp.mycelium.node_settings import NodeSettings
from cgp.mycelium.payload_scan import PayloadScan
from cgp.mycelium.privacy import SHARED, PrivacyPlan
from cgp.mycelium.spore_state import Policy
from cgp.mycelium.training import TrainingSettings, loss
from cgp.mycelium.transports import LOBBY, MemoryNetwork
from cgp.mycelium.updates import Update
from cgp.tagmodel import Head
from cgp.tagmodel.head import INPUTS, logistic
from tests.experts.world import head as world_head
from tests.experts.world import table as world_table
from tests.mycelium.kit import hotkey

RELEASE = world_head()
POLICY = Policy(
    beat=0.2, absent=10.0, announce=0.2, forget_group=2.0, found_after=0.3, join_wait=0.5,
    round=20.0, every=0.1, least_members=3,
)  # fmt: skip
SECONDS = 240
TESTED = world_table(99, windows=80, strength=3.0)


def learner(seed, windows=30):
    table = world_table(seed, windows, strength=3.0)
    return Learner.of(table, RELEASE, TrainingSettings(), seed)


class Host:
    """A machine with a node on it."""

    def __init__(self, network, folder, name, settings=None, scan=None, learner_=None):
        self.key = hotkey(name)
        self.path = folder / f"{name}.sqlite"
        self.network = network
        self.settings = settings or NodeSettings(POLICY)
        self.scan = scan
        self.learner = learner_ or learner(len(name) + ord(name[0]))

    @asynccontextmanager
    async def running(self):
        self.memory = NodeMemory(self.path)
        self.node = Node(
            self.key, self.network.transport(), self.memory, self.learner, self.settings,
            scan=self.scan,
        )  # fmt: skip
        stopping = asyncio.Event()
        task = asyncio.create_task(self.node.run(stopping))
        try:
            yield self
            if task.done():
                task.result()
        finally:
            stopping.set()
            await asyncio.wait([task])
            await self.memory.close()
        task.result()

    @asynccontextmanager
    async def killed_at_the_end(self):
        """Run the node until the block ends, then stop it without a farewell."""
        self.memory = NodeMemory(self.path)
        node = Node(self.key, self.network.transport(), self.memory, self.learner, self.settings)
        self.node = node
        task = asyncio.create_task(node.run(asyncio.Event()))
        yield self
        task.cancel()
        await asyncio.wait([task])
        await self.memory.close()

    def rows(self, query):
        return [tuple(row) for row in rows_of(self.path, query)]

    async def until(self, query, count):
        async with asyncio.timeout(SECONDS):
            while len(self.rows(query)) < count:  # noqa: ASYNC110 - another process' file
                await asyncio.sleep(0.05)


ROUNDS = 'SELECT round, "group" FROM rounds ORDER BY closed_at'


async def test_three_nodes_without_anything_aggregate_three_updates_and_get_better(tmp_path):
    # Prepare
    network = MemoryNetwork()
    hosts = [Host(network, tmp_path, name) for name in ("Ada", "Ben", "Cai")]

    # Execute
    async with hosts[0].running(), hosts[1].running(), hosts[2].running():
        for host in hosts:
            await host.until(ROUNDS, 4)
        heads = [host.node.head for host in hosts]

    # Assert
    for host in hosts:
        first = host.rows(ROUNDS)[0][0]
        assert first == 1
        nodes = {row[0] for row in host.rows("SELECT node FROM counted WHERE round = 1")}
        assert nodes == {other.key.ss58_address for other in hosts}
    # Of the same updates all make the same head, to the bit.
    heads_of_updates = {}
    for host in hosts:
        for number, head in host.rows("SELECT round, head FROM rounds"):
            nodes = host.rows(f"SELECT node FROM counted WHERE round = {number} ORDER BY node")
            assert heads_of_updates.setdefault((number, *nodes), head) == head
    assert np.median([loss(head, TESTED) for head in heads]) < loss(RELEASE, TESTED)
    assert hosts[0].rows("SELECT value FROM facts WHERE name = 'group'") == [("",)]  # it left


async def test_a_killed_node_goes_on_and_counts_nothing_twice(tmp_path):
    # Prepare
    network = MemoryNetwork()
    settings = NodeSettings(replace(POLICY, least_members=2, absent=1.0, round=1.0))
    hosts = [Host(network, tmp_path, name, settings) for name in ("Ada", "Ben", "Cai")]
    async with hosts[0].running(), hosts[1].running():
        async with hosts[2].killed_at_the_end():
            await hosts[2].until(ROUNDS, 2)
        before = hosts[0].rows(ROUNDS)
        closed = hosts[2].rows(ROUNDS)

        # Execute: the others go on with a quorum; then it comes back.
        await hosts[0].until(ROUNDS, len(before) + 3)
        async with hosts[2].running():
            await hosts[2].until(ROUNDS, len(closed) + 2)

    # Assert
    again = hosts[2].rows(ROUNDS)
    assert again[: len(closed)] == closed
    assert len(set(again)) == len(again)
    for host in hosts:
        counted = host.rows('SELECT "group", round, node FROM counted')
        assert len(set(counted)) == len(counted)


async def test_publishing_stops_at_the_budget_and_payloads_hold_no_text(tmp_path):
    # Prepare: three releases, and a listener that keeps every payload.
    text = "the captain of the ferry drinks his coffee black every single morning"
    plan = PrivacyPlan(epsilon=4.0, releases=3, clip=0.5)
    network = MemoryNetwork()
    listener = network.transport()
    settings = NodeSettings(replace(POLICY, least_members=2), privacy=plan)
    scan = PayloadScan([text])
    hosts = [Host(network, tmp_path, name, settings, scan) for name in ("Ada", "Ben")]
    payloads = []

    async def listen():
        await listener.listen(LOBBY)
        while True:
            payloads.append((await listener.receive()).message)
            group = NodeMessage.read(payloads[-1]).group if b'"announce"' in payloads[-1] else None
            if group:
                await listener.listen(group)

    # Execute
    listening = asyncio.create_task(listen())
    async with hosts[0].running(), hosts[1].running():
        for host in hosts:
            await host.until("SELECT 1 FROM events WHERE kind = 'budget_spent'", 1)
    listening.cancel()
    await asyncio.wait([listening])

    # Assert
    for host in hosts:
        assert host.rows("SELECT count(*) FROM updates") == [(3,)]
        assert 0.0 < cost_of(host.path).epsilon() <= plan.epsilon
    updates = [Update.read(p) for p in payloads if b'"kind":"update"' in p]
    assert {(u.node, u.round) for u in updates} <= {
        (host.key.ss58_address, number) for host in hosts for number in (1, 2, 3)
    }
    assert {(u.privacy_unit, u.weight, u.rho_micro) for u in updates} == {
        ("node", 1, plan.rho_micro)
    }
    # One change leaves the node: all else is that of the head that everybody begins from.
    line = [SHARED, INPUTS]
    (others,) = {np.delete(host.learner.release.weights, line).tobytes() for host in hosts}
    assert {np.delete(u.head, line).tobytes() for u in updates} == {others}
    assert not any(scan.finds(payload) for payload in payloads)
    losses = [
        NodeMessage.read(p).loss_micro for p in payloads if json.loads(p)["kind"] == Kind.ANNOUNCE
    ]
    assert set(losses) == {0}


async def test_a_node_alone_with_a_stranger_s_noise_goes_on(tmp_path):
    # Prepare: bytes of all kinds on its topics, and a rightly signed message with wrong fields.
    network = MemoryNetwork()
    stranger = network.transport()
    settings = NodeSettings(replace(POLICY, least_members=2))
    host, other = (Host(network, tmp_path, name, settings) for name in ("Ada", "Ben"))
    async with host.running(), other.running():
        await host.until(ROUNDS, 1)
        for noise in (b"", b"{}", b"\xff" * 100, b'{"kind":"update"}'):
            await stranger.send(LOBBY, noise)
        now = int(time.time() * 1000)
        wrong = NodeMessage(Kind.ROUND, "x", 1, now, "0" * 16, place="javascript:alert(1)")
        await stranger.send(LOBBY, wrong.sign(hotkey("Eve")))

        # Execute
        await host.until("SELECT 1 FROM faults", 1)
        await host.until(ROUNDS, len(host.rows(ROUNDS)) + 1)

    # Assert
    faults = host.rows("SELECT node, fault FROM faults")
    assert faults == [(hotkey("Eve").ss58_address, "wrong_fields")]


@pytest.mark.parametrize("worse", [True, False])
async def test_another_group_s_head_moves_a_node_only_if_it_is_better_here(tmp_path, worse):
    # Prepare: a node in a group of two, and a stranger that announces a group with another head.
    network = MemoryNetwork()
    settings = NodeSettings(replace(POLICY, least_members=2), evolve_every=0)
    hosts = [Host(network, tmp_path, name, settings) for name in ("Ada", "Ben")]
    stranger, eve = network.transport(), hotkey("Eve")
    weights = RELEASE.weights + (
        5.0 if worse else 0.0
    )  # the released head is worse than the trained one
    if not worse:
        taught = Learner.of(
            world_table(5, 600, strength=3.0), RELEASE, TrainingSettings(0.1, 0.1), 0
        )
        weights = taught.train(RELEASE).weights
        # Every little gain counts, since the own group gets better too meanwhile; and there are enough
        # windows to tell a little gain from luck.
        for seed, host in enumerate(hosts):
            table = world_table(seed, 150, strength=3.0)
            host.learner = Learner.of(table, RELEASE, TrainingSettings(margin=0.005), seed)
    number = iter(range(1, 10_000))

    async def tempt():
        await stranger.listen(LOBBY)
        while True:
            now = int(time.time() * 1000) + next(number)
            announce = NodeMessage(Kind.ANNOUNCE, "island", 3, now, "0" * 16, members=9)
            await stranger.send(LOBBY, announce.sign(eve))
            for host in hosts:
                head = Update(
                    "island", 3, weights.astype(np.float32), 1, "0" * 64, now, kind="move",
                    to=host.key.ss58_address,
                )  # fmt: skip
                await stranger.send(LOBBY, head.sign(eve))
            await asyncio.sleep(0.1)

    # Execute: they found their group before the temptation comes.
    async with hosts[0].running(), hosts[1].running():
        await hosts[0].until(ROUNDS, 1)
        tempting = asyncio.create_task(tempt())
        if worse:
            await hosts[0].until(ROUNDS, 6)
        else:
            await hosts[0].until("SELECT 1 FROM events WHERE kind = 'move'", 1)
        tempting.cancel()
        await asyncio.wait([tempting])

    # Assert
    moves = hosts[0].rows("SELECT details FROM events WHERE kind = 'move'")
    assert bool(moves) is not worse


@asynccontextmanager
async def island(network, folder):
    """Run a group of two that lets nobody else in, with a head that was trained well; yield its name and hosts."""
    welcome = frozenset(hotkey(name).ss58_address for name in ("Cai", "Dan"))
    settings = NodeSettings(replace(POLICY, least_members=2, welcome=welcome), evolve_every=0)
    hosts = [
        Host(network, folder, name, settings, learner_=learner(seed, 300))
        for seed, name in enumerate(("Cai", "Dan"))
    ]
    async with hosts[0].running(), hosts[1].running():
        await hosts[0].until(ROUNDS, 2)
        yield hosts[0].rows(ROUNDS)[0][1], hosts


def harbour(network, folder, *, is_content=True, **changes):
    """Return two hosts of a group that stays; one that is content learns nothing by itself."""
    welcome = frozenset(hotkey(name).ss58_address for name in ("Ada", "Ben"))
    policy = replace(POLICY, least_members=2, welcome=welcome)
    settings = NodeSettings(policy, evolve_every=0, **changes)
    return [
        Host(network, folder, name, settings, learner_=staying_learner(seed, is_content))
        for seed, name in enumerate(("Ada", "Ben"), 10)
    ]


def staying_learner(seed, is_content):
    """Return a learner that never moves; the content one's windows want what the release expects."""
    whole = learner(seed, 60).with_settings(TrainingSettings(margin=0.9))
    expected = logistic(RELEASE.log_odds(whole.learn.rows)).astype(np.float32)
    return replace(whole, learn=replace(whole.learn, credit=expected)) if is_content else whole


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_a_trusted_group_s_head_comes_into_the_average_and_no_other(tmp_path, is_trusted):
    # Prepare
    network = MemoryNetwork()
    async with island(network, tmp_path) as (name, islanders):
        hosts = harbour(network, tmp_path, trust={name: 0.5} if is_trusted else {"mainland": 0.5})
        came = "SELECT 1 FROM events WHERE kind = 'head_came'"

        # Execute: from the first head of the other group on, four rounds.
        async with hosts[0].running(), hosts[1].running():
            for host in hosts:
                await host.until(came, 1)
            await hosts[0].until(ROUNDS, len(hosts[0].rows(ROUNDS)) + 4)
            heads = [host.node.group_head for host in hosts]
            goal = islanders[0].node.group_head

    # Assert: the group stayed where it is, and half of the way is gone again and again, or none.
    assert hosts[0].rows("SELECT 1 FROM events WHERE kind = 'move'") == []
    for host, head in zip(hosts, heads, strict=True):
        start = host.learner.loss(RELEASE)
        share = (start - host.learner.loss(head)) / (start - host.learner.loss(goal))
        assert share > 0.4 if is_trusted else share < 0.1
        assert host.rows("SELECT 1 FROM faults") == []


async def test_a_head_that_travels_is_trained_further_and_handed_on_with_its_lineage(tmp_path):
    # Prepare: the head of the island goes to the harbour, and from there to a stranger who asks.
    network = MemoryNetwork()
    stranger, eve = network.transport(), hotkey("Eve")
    await stranger.listen(LOBBY)

    async def ask(node):
        while True:
            now = int(time.time() * 1000)
            request = NodeMessage(Kind.REQUEST_MOVE, "any", 0, now, secrets.token_hex(8), node)
            await stranger.send(LOBBY, request.sign(eve))
            await asyncio.sleep(0.3)

    async def receive():
        while True:
            message = (await stranger.receive()).message
            if b'"kind":"travel"' in message:
                update = Update.read(message)
                if update.to == eve.ss58_address:
                    return update

    async with island(network, tmp_path):
        hosts = harbour(network, tmp_path, is_content=False, trains_travellers=True)
        async with hosts[0].running(), hosts[1].running():
            await hosts[0].until("SELECT 1 FROM events WHERE kind = 'head_came'", 1)

            # Execute
            asking = asyncio.create_task(ask(hosts[0].key.ss58_address))
            async with asyncio.timeout(SECONDS):
                update = await receive()
            asking.cancel()
            await asyncio.wait([asking])

    # Assert: it names the head that came, and is used where it came by.
    rows = hosts[0].rows("SELECT details FROM events WHERE kind = 'head_came'")
    details = [json.loads(text) for (text,) in rows]
    assert update.node == hosts[0].key.ss58_address
    assert update.parent == update.lineage[0]
    assert update.parent in {detail["head"] for detail in details}
    assert set(update.settings) == {"pull", "anchor", "iterations", "margin"}
    assert hosts[0].learner.loss(hosts[0].node.head) < hosts[0].learner.loss(RELEASE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"trust": {"harbour": 0.0}},
        {"trust": {"harbour": 1.5}},
        {"trust": {"harbour": float("nan")}},
        {"trust": {"../x": 0.5}},
        {"trains_travellers": True, "privacy": PrivacyPlan(1.0, 1, 1.0)},
    ],
)
def test_settings_that_trust_nobody_or_leak_are_refused(wrong):
    with pytest.raises(ValueError, match=r"trust|privacy"):
        NodeSettings(**wrong)


def test_a_learner_with_one_conversation_takes_no_head_on_trust():
    table = world_table(1, 2)
    alone = Learner.of(table.part([0, 1]), RELEASE, TrainingSettings(), 0)
    assert alone.held_out is None
    assert alone.loss(Head(RELEASE.weights)) is None
