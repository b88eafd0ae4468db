"""Nodes find each other, go through rounds, move and come back, whatever the network does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.mycelium.errors import Fault
from cgp.mycelium.messages import Kind, NodeMessage, RefusalReason
from cgp.mycelium.spore import resume, start, step
from cgp.mycelium.spore_events import HandOver, HeadArrival, Name, Quit, Send, Tick
from cgp.mycelium.spore_state import Phase, Policy
from cgp.mycelium.updates import UpdateKind
from tests.mycelium.kit import update
from tests.mycelium.simulation import Faults, World


def test_three_nodes_on_an_empty_network_aggregate_three_updates_in_round_1():
    # Prepare
    world = World(3, seed=1, policy=Policy(least_members=3))

    # Execute
    world.run(30)

    # Assert: one group, and its first round holds an update of each.
    (group,) = world.groups()
    for name in world.names:
        assert world.closed[name][0] == (group, 1)
        assert {n for (g, r, n) in world.counted[name] if r == 1} == set(world.names)


@pytest.mark.parametrize("seed", range(6))
def test_groups_that_are_too_small_to_begin_come_together(seed):
    # Prepare: two groups of two, of nodes that wait for four.
    world = World(4, seed, policy=Policy(least_members=4))
    for number, name in enumerate(world.names):
        group = "group-a" if number < 2 else "group-b"
        world.states[name], actions = resume(world.states[name], group, world.now)
        world.do(name, actions)

    # Execute
    world.run(40)

    # Assert
    (group,) = world.groups()
    assert {world.closed[name][0] for name in world.names} == {(group, 1)}


def test_an_idle_node_founds_a_group_and_announces_it():
    world = World(1, seed=2)
    world.run(10)
    state = world.states["node-00"]
    assert state.phase is Phase.MEMBER
    assert state.round == 0  # alone it trains for no round


def test_all_nodes_of_two_groups_move_at_once_and_none_is_stuck():
    # Prepare: two groups of four that know each other.
    world = World(8, seed=3)
    first, second = "group-a", "group-b"
    for number, name in enumerate(world.names):
        group = first if number < 4 else second
        world.states[name], actions = resume(world.states[name], group, world.now)
        world.do(name, actions)
    world.run(10)
    assert {len(members) for members in world.groups().values()} == {4}

    # Execute: each wants the other group, in the same moment, twice.
    for _ in range(2):
        for name in world.names:
            world.wish(name, second if world.states[name].group == first else first)
        world.run(10)
    rounds_before = {name: len(world.closed[name]) for name in world.names}
    world.run(20)

    # Assert
    assert all(state.phase is Phase.MEMBER for state in world.states.values())
    assert all(len(world.closed[name]) > rounds_before[name] for name in world.names)


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 5),
    loss=st.floats(0.0, 0.4),
    twice=st.floats(0.0, 0.5),
    latest=st.floats(0.1, 3.0),
)
def test_after_any_chaos_all_go_on_in_groups_and_no_update_counted_twice(
    seed, count, loss, twice, latest
):
    # Prepare
    world = World(count, seed, faults=Faults(loss, twice, latest))

    # Execute: nodes are killed and wish to move at random; then the network mends.
    for _ in range(8):
        world.run(4)
        name = world.random.choice(world.names)
        if world.random.random() < 0.4:
            world.kill(name)
        groups = sorted(world.groups())
        for mover in world.names if groups else ():
            if world.random.random() < 0.5:
                world.wish(mover, world.random.choice(groups))
    world.faults = Faults()
    world.run(40)
    before = {name: len(world.closed[name]) for name in world.names}
    world.run(20)

    # Assert
    groups = world.groups()
    assert set().union(*groups.values()) == set(world.names)
    assert min(map(len, groups.values())) >= 2
    for name in world.names:
        assert len(world.closed[name]) > before[name]
        assert len(set(world.closed[name])) == len(world.closed[name])
        assert max(world.counted[name].values()) == 1


def test_a_killed_member_does_not_stop_the_rounds_of_the_others():
    # Prepare
    world = World(4, seed=5)
    world.run(15)
    assert len(world.groups()) == 1

    # Execute: one is gone for good.
    gone = world.names[2]
    world.names.remove(gone)
    before = len(world.closed["node-00"])
    world.run(20)

    # Assert
    assert len(world.closed["node-00"]) > before + 3
    last = world.closed["node-00"][-1]
    assert {n for (g, r, n) in world.counted["node-00"] if (g, r) == last} == set(world.names)


def member_of_three():
    world = World(3, seed=6)
    world.run(12)
    state = world.states["node-00"]
    assert len(state.live(world.now)) == 3
    return world, state


def test_wrong_updates_are_named_and_do_not_count():
    # Prepare
    world, state = member_of_three()
    now, group, number = world.now, state.group, state.round
    right = replace(update(group=group, round=number), node="node-01")
    # Without its own update the node does not close the round.
    state, _ = step(replace(state, updates={}), right, now)
    leave = NodeMessage(Kind.LEAVE, group, number, 10**15, "0" * 16, node="node-02")
    state, _ = step(state, leave, now)
    cases = {
        Fault.SECOND_UPDATE: replace(right, head=right.head + 1),
        Fault.WRONG_ROUND: replace(right, round=number + 5),
        Fault.NOT_A_MEMBER: replace(right, node="node-02", time_ms=10**15 + 1),
    }
    for fault, wrong in cases.items():
        # Execute
        after, actions = step(state, wrong, now)

        # Assert
        assert actions == [Name(wrong.node, fault)]
        assert after.updates == state.updates

    # The very same update again (a replay) changes nothing and accuses nobody. So does one of another
    # group, and one from before its author's farewell: anybody may have sent them.
    for message in (right, replace(right, group="elsewhere"), replace(right, node="node-02")):
        again, actions = step(state, message, now)
        assert (again.updates, actions) == (state.updates, [])


def test_one_liar_cannot_pull_the_others_into_a_later_round():
    world, state = member_of_three()
    lie = NodeMessage(Kind.ROUND, state.group, 10**9, 10**15, "0" * 16, node="node-01")
    state, _ = step(state, lie, world.now)
    assert state.round < 1000


def test_an_old_sign_of_life_does_not_bring_a_node_back_that_left():
    world, state = member_of_three()
    leave = NodeMessage(Kind.LEAVE, state.group, 1, 10**15, "0" * 16, node="node-01")
    state, _ = step(state, leave, world.now)
    replay = replace(leave, kind=Kind.ROUND, time_ms=10**15 - 1)
    state, _ = step(state, replay, world.now)
    assert "node-01" not in state.live(world.now)


def test_a_node_that_is_not_welcome_is_not_let_in_and_founds_a_group_of_its_own():
    # Prepare: the group is announced more often than a node waits before it founds one.
    policy = Policy(welcome=frozenset({"node-00"}), announce=0.5, found_after=2.0)
    world = World(2, seed=7, policy=policy)
    resumed, actions = resume(world.states["node-00"], "group-a", world.now)
    world.states["node-00"] = resumed
    world.do("node-00", actions)

    # Execute
    world.run(20)

    # Assert
    assert world.states["node-00"].live(world.now) == {"node-00"}
    assert world.states["node-01"].phase is Phase.MEMBER
    assert world.states["node-01"].group not in {"", "group-a"}


def test_a_group_that_refused_is_asked_again_after_a_while():
    # Prepare
    policy = Policy(most_members=1, ask_again=10.0)
    state = start("node-00", 0, policy, 0.0)
    announce = NodeMessage(Kind.ANNOUNCE, "group-a", 0, 1, "0" * 16, members=1, node="node-01")
    state, _ = step(state, announce, 0.0)
    state, (_, request) = step(state, Tick(), 0.0)
    refusal = NodeMessage(
        Kind.REJECT,
        "group-a",
        0,
        2,
        request.nonce,
        to="node-00",
        reason=RefusalReason.FULL,
        node="node-01",
    )

    # Execute
    state, _ = step(state, refusal, 0.1)
    asked = []
    for time in (0.2, 5.0, 10.0, 10.2):
        # A pure step: only the clock and the announcement go on.
        heard, _ = step(replace(state, phase=Phase.PROBING, since=time), announce, time)
        _, actions = step(heard, Tick(), time)
        asked += [time for a in actions if isinstance(a, Send) and a.kind is Kind.REQUEST_JOIN]

    # Assert
    assert asked == [10.2]


def test_a_node_asks_for_a_travelling_head_and_gets_it():
    state = start("node-00", 0, Policy(), 0.0)
    ask = NodeMessage(Kind.REQUEST_MOVE, "any", 0, 1, "0" * 16, to="node-00", node="node-01")
    assert step(state, ask, 0.0)[1] == [HandOver("node-01")]
    head = replace(update(kind=UpdateKind.MOVE, to="node-00"), node="node-01")
    assert step(state, head, 0.0)[1] == [HeadArrival(head)]
    assert step(state, replace(head, to="node-02"), 0.0)[1] == []
    travelling = replace(head, kind=UpdateKind.TRAVEL)
    assert step(state, travelling, 0.0)[1] == [HeadArrival(travelling)]


def test_the_last_member_retires_its_group_and_others_forget_it():
    # Prepare
    world = World(1, seed=8)
    world.run(10)
    state = world.states["node-00"]

    # Execute
    state, actions = step(state, Quit(), world.now)

    # Assert
    assert [a.kind for a in actions if isinstance(a, Send)] == [Kind.LEAVE, Kind.RETIRE]
    assert step(state, Quit(), world.now) == (state, [])
    other = start("node-01", 0, Policy(), world.now)
    announce = NodeMessage(Kind.ANNOUNCE, state.group, 0, 1, "0" * 16, members=1, node="node-00")
    other, _ = step(other, announce, world.now)
    forged, _ = step(other, replace(announce, kind=Kind.RETIRE, node="node-02"), world.now)
    assert state.group in forged.groups
    other, _ = step(other, replace(announce, kind=Kind.RETIRE), world.now)
    assert other.groups == {}
