"""Members that lie, replay, flood or keep silent: the others find each other, and go on."""

import asyncio
import logging
from dataclasses import replace

import pytest

from cgp.mycelium.errors import Fault, MessageRefusedError
from cgp.mycelium.foreign_heads import ForeignHeads, HeadRequests
from cgp.mycelium.graph import KnowledgeGraph
from cgp.mycelium.limits import NodeLimit
from cgp.mycelium.memory import ClosedRound, NodeMemory, rows_of
from cgp.mycelium.messages import LIFETIME_MS, Kind, NodeMessage
from cgp.mycelium.observer import Observer
from cgp.mycelium.payload_scan import PayloadScan
from cgp.mycelium.post import Post
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.spore import start, step
from cgp.mycelium.spore_events import Aggregate, Listen, Send, Tick, Train, TrainingDone
from cgp.mycelium.spore_state import KnownGroup, NodeState, Phase, Policy
from cgp.mycelium.transports import LOBBY, MemoryNetwork
from cgp.mycelium.updates import MAX_ROUND, UpdateKind
from cgp.tagmodel import Head
from tests.mycelium.kit import head, own_key, update
from tests.mycelium.simulation import World


def announce(node, group, members=10**6):
    return NodeMessage(Kind.ANNOUNCE, group, 1, 1, "0" * 16, members=members, node=node)


@pytest.mark.parametrize("liars", [1, 12])
def test_invented_groups_do_not_keep_nodes_from_each_other(liars):
    # Prepare: each liar announces a large group of another name every second, and never answers.
    world = World(3, seed=1, policy=Policy(least_members=2))

    # Execute
    for second in range(120):
        for liar in range(liars):
            invented = announce(f"liar-{liar}", f"fake-{liar}-{second % 7}")
            world.send(f"liar-{liar}", LOBBY, invented)
        world.run(1.0)

    # Assert
    groups = {group: names for group, names in world.groups().items() if len(names) > 1}
    assert groups
    for group, names in groups.items():
        assert all(any(g == group for g, _ in world.closed[name]) for name in names)


def test_no_group_has_the_name_of_the_lobby():
    # Who asks such a group in vain, and gives up on it, would hear nothing of the lobby any more.
    sealed = announce("", LOBBY).sign(own_key("Eve"))
    with pytest.raises(MessageRefusedError, match="group is a text"):
        NodeMessage.read(sealed)
    assert NodeMessage.read(announce("", f"{LOBBY}-1").sign(own_key("Eve"))).group == "lobby-1"


def test_the_one_that_lets_a_node_in_does_not_choose_its_round():
    # Prepare: a node asks, and a liar answers before the members do.
    state = start("node-00", 0, Policy(), 0.0)
    state, _ = step(state, announce("node-01", "harbour", 3), 0.0)
    state, (_, request) = step(state, Tick(), 0.0)
    lie = NodeMessage(
        Kind.ACCEPT, "harbour", 10**8, 2, request.nonce, to="node-00", node="liar"
    )  # fmt: skip

    # Execute: it hears the members' signs of life before it opens a round.
    state, actions = step(state, lie, 0.1)
    assert not any(isinstance(action, Train) for action in actions)
    early = replace(update(group="harbour", round=10**8), node="liar")
    state, _ = step(state, early, 0.2)
    for number in (1, 2, 3):
        beat = NodeMessage(Kind.ROUND, "harbour", 7, 10 + number, "0" * 16, node=f"node-0{number}")
        state, _ = step(state, beat, 0.5)
    state, actions = step(state, Tick(), 2.0)

    # Assert
    assert Train("harbour", 7) in actions
    assert state.closed_rounds == {}


def test_a_stranger_cannot_let_a_node_in_that_names_its_members():
    policy = Policy(welcome=frozenset({"node-00", "node-01"}))
    state = start("node-00", 0, policy, 0.0)
    state, _ = step(state, announce("node-01", "harbour", 3), 0.0)
    state, (_, request) = step(state, Tick(), 0.0)
    acceptance = NodeMessage(Kind.ACCEPT, "harbour", 1, 2, request.nonce, to="node-00", node="liar")
    assert step(state, acceptance, 0.1) == (state, [])
    assert step(state, replace(acceptance, node="node-01"), 0.1)[0].group == "harbour"


def member(**changes):
    policy = Policy(least_members=2, most_members=4)
    sightings = {"node-00": 100.0, "node-01": 100.0}
    return NodeState(
        "node-00", 0, policy, Phase.MEMBER, group="harbour", round=5, deadline=1e9,
        sightings=sightings, **changes,
    )  # fmt: skip


def test_a_member_that_keeps_silent_does_not_hide_its_group():
    rounds = [
        number
        for number in range(1, 41)
        for action in step(replace(member(), round=number), Tick(), 100.0)[1]
        if isinstance(action, Send) and action.kind is Kind.ANNOUNCE
    ]
    assert 5 < len(rounds) < 35


def test_keys_that_cost_nothing_fill_a_group_to_its_bound_and_no_memory():
    # Prepare
    state = member()

    # Execute: a thousand strangers send a sign of life, an update, and a farewell.
    for number in range(1000):
        node = f"stranger-{number}"
        beat = NodeMessage(Kind.ROUND, "harbour", 5, number, "0" * 16, node=node)
        head = replace(update(group="harbour", round=5), node=node)
        for event in (beat, head, replace(beat, kind=Kind.LEAVE, time_ms=number + 1)):
            state, _ = step(state, event, 100.0)

    # Assert
    assert len(state.live(100.0)) <= 4
    for table in (state.sightings, state.updates, state.claims, state.last_times):
        assert len(table) <= 16
    # Members of long ago are forgotten.
    state, _ = step(state, Tick(), 1000.0)
    assert set(state.sightings) == {"node-00"}


def test_a_group_is_over_with_its_last_round_and_its_members_look_for_another():
    # Prepare
    state = replace(member(), round=MAX_ROUND, deadline=100.0)
    own = replace(update(group="harbour", round=MAX_ROUND), node="node-00")
    state, _ = step(state, replace(own, node="node-01"), 100.0)

    # Execute
    state, actions = step(state, TrainingDone(own), 100.0)

    # Assert
    assert any(isinstance(action, Aggregate) for action in actions)
    assert (state.group, state.phase) == ("", Phase.PROBING)
    assert any(isinstance(action, Listen) for action in step(state, Tick(), 200.0)[1])


def test_a_head_counts_only_as_the_answer_to_a_request():
    requests = HeadRequests()
    head = replace(update(kind=UpdateKind.MOVE), node="ada")
    assert not requests.answered_by(head)
    requests.add("ada", "harbour")
    assert not requests.answered_by(replace(head, node="eve"))
    assert requests.answered_by(head)
    assert not requests.answered_by(head)
    assert requests.answered_by(replace(head, kind=UpdateKind.TRAVEL))
    requests.add("ada", "harbour")
    assert not requests.answered_by(replace(head, group="elsewhere"))


def test_sizes_that_groups_claim_do_not_decide_whose_heads_are_looked_at():
    import numpy as np

    random = np.random.default_rng(0)
    groups = [KnownGroup(f"fake-{n}", 10**6, f"liar-{n}", 0.0) for n in range(20)]
    groups += [KnownGroup("harbour", 3, "ada", 0.0), KnownGroup("island", 2, "ben", 0.0)]
    heads = ForeignHeads({"island": 0.5})
    asked = [[group.name for group in heads.to_ask(groups, random)] for _ in range(200)]
    assert all(names[0] == "island" and len(names) == 3 for names in asked)
    assert sum("harbour" in names for names in asked) > 5


def test_one_node_s_flood_leaves_room_for_others():
    limit = NodeLimit(60, 600, lambda: 0.0)
    assert sum(limit.allows("eve") for _ in range(1000)) < 20
    assert limit.allows("ada")


class Ear:
    """A post with what it says of others."""

    def __init__(self, key, now=2_000_000.0):
        self.faults = []
        transport = MemoryNetwork().transport()
        self.post = Post(
            key,
            transport,
            PayloadScan(),
            lambda node, fault: self.faults.append((node, fault)),
            lambda: now,
        )


def test_a_message_that_is_sent_again_much_later_accuses_nobody():
    ear, ada = Ear(own_key("Ben")), own_key("Ada")
    old = NodeMessage(Kind.ROUND, "harbour", 1, 2_000_000_000 - LIFETIME_MS - 1, "0" * 16)
    with pytest.raises(MessageRefusedError, match="60 s ago") as caught:
        ear.post.read(old.sign(ada))
    assert caught.value.fault is Fault.TOO_OLD
    assert ear.faults == []


def test_a_clock_that_is_put_right_lets_others_take_the_messages_again():
    # Prepare: the clock is an hour ahead at first.
    now = [2e9 + 3600.0]
    post = Post(
        own_key("Ada"), MemoryNetwork().transport(), PayloadScan(), lambda *_: None, lambda: now[0]
    )
    first = post.next_ms()

    # Execute
    now[0] = 2e9
    times = [post.next_ms() for _ in range(3)]

    # Assert: in order, and of the right time; a small step back changes the order of nothing.
    assert times == [2 * 10**12, 2 * 10**12 + 1, 2 * 10**12 + 2]
    now[0] -= 20.0
    assert post.next_ms() == times[-1] + 1
    assert first > times[-1]


def test_a_second_process_with_the_same_key_is_told_once(caplog):
    ada = own_key("Ada")
    ear = Ear(ada)
    for later in (-1, 5, 6):
        beat = NodeMessage(Kind.ROUND, "harbour", 1, 2_000_000_000 + later, "0" * 16)
        with caplog.at_level(logging.ERROR):
            assert ear.post.read(beat.sign(ada)) is None
    (record,) = caplog.records
    assert "folder (or a hotkey) of its own" in record.message


async def test_faults_of_countless_keys_fill_no_disk(tmp_path):
    memory = NodeMemory(tmp_path / "memory.sqlite")
    for number in range(1100):
        memory.count_fault(f"eve-{number}", Fault.OUTLIER)
    await memory.close()
    (row,) = rows_of(tmp_path / "memory.sqlite", "SELECT count(*) AS n FROM faults")
    assert row["n"] == 1000


async def test_rounds_of_many_members_fill_no_disk_and_stay_closed(tmp_path):
    # Prepare
    path, a_head = tmp_path / "memory.sqlite", Head(head(1))
    memory = NodeMemory(path)

    async def close(number):
        names = tuple(f"node-{n}" for n in range(12_500))
        outcome = ClosedRound("harbour", number, "1" * 64, None, None, 9, False, number, names)
        return await memory.close_round(outcome, a_head, a_head, {})

    # Execute: two of the updates cost a part of a budget of privacy.
    plan = PrivacyPlan(5.0, 10, 0.02)
    for number in range(1, 8):
        cost = plan if number in {1, 2} else None
        await memory.keep_update("harbour", number, b"update", cost)
        assert await close(number)
    again = [await close(number) for number in range(1, 8)]
    await memory.close()

    # Assert: names of the first round and of the last ones; costs, and the messages still asked for.
    counted = rows_of(path, "SELECT round, count(*) AS n FROM counted GROUP BY round")
    assert [(row["round"], row["n"]) for row in counted] == [
        (number, 12_500) for number in (1, 4, 5, 6, 7)
    ]
    updates = rows_of(path, "SELECT round, message, rho_micro FROM updates ORDER BY round")
    assert [(row["round"], bytes(row["message"])) for row in updates] == [
        (1, b""), (2, b""), (6, b"update"), (7, b"update"),
    ]  # fmt: skip
    assert sum(row["rho_micro"] for row in updates) == 2 * plan.rho_micro
    assert again == [False] * 7


async def test_an_observer_forgets_the_oldest_of_too_many_nodes_and_takes_no_replay():
    # Prepare
    pytest.importorskip("pyoxigraph", reason="pyoxigraph is not installed (the extra 'mycelium')")
    from cgp.mycelium.graph_store import OxigraphStore

    network, store = MemoryNetwork(), OxigraphStore()
    sender = network.transport()
    observer = Observer(network.transport(), KnowledgeGraph(store), lambda: 2e9, most_nodes=2)
    observing = asyncio.create_task(observer.run())
    await asyncio.sleep(0)

    async def graph():
        return (await store.dump()).decode()

    async def send(name, number):
        message = update(round=number, time_ms=2_000_000_000_000 + number).sign(own_key(name))
        await sender.send(LOBBY, message)

    # Execute: an older update of Cai's comes after a newer one.
    for name, number in (("Ada", 1), ("Ben", 1), ("Cai", 2), ("Cai", 1)):
        await send(name, number)
    async with asyncio.timeout(60):
        while 'round> "2"' not in await graph():  # noqa: ASYNC110 - another task's work
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)

    # Assert
    dump = await graph()
    assert own_key("Ada").ss58_address not in dump
    assert own_key("Ben").ss58_address in dump
    assert 'round> "2"' in dump
    observing.cancel()
    await asyncio.wait([observing])
    await store.close()
