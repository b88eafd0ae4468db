"""Newcomers, however many, go on from their group's head: its history counts, not heads in a moment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.mycelium.spore_events import Quit
from cgp.mycelium.spore_state import Policy
from cgp.mycelium.updates import digest_of_head
from tests.mycelium.simulation import Faults, World


def old_group(count, seed, every=0.5, **changes):
    """Return a world with one group that has gone through rounds, and its name."""
    world = World(count, seed, policy=Policy(every=every, least_members=count), **changes)
    world.run(20)
    (group,) = world.groups()
    assert min(len(world.closed[name]) for name in world.names) >= 3
    return world, group


def line_of(world, names):
    """Return the heads that the group of these nodes had at some time."""
    heads = {digest_of_head(world.heads[name]) for name in names}
    return heads | {p for parents in world.parents.values() for p in parents}


def check_that_history_counted(world, group, old, head_before, round_before):
    """Check what newcomers did since: all began from the group's head, in its round or later."""
    newcomers = set(world.states) - set(old)
    rounds = {number for name, g, number in world.own if name in newcomers and g == group}
    assert min(rounds) >= round_before
    for name in world.names:
        state = world.states[name]
        assert state.group == group
        assert world.comes_from(digest_of_head(world.heads[name]), head_before)
        assert len(set(world.closed[name])) == len(world.closed[name])
        # All are on one line: of two members each has a head that the other one has or had.
        assert all(set(state.heads) & set(world.states[n].heads) for n in world.names)


def most_newcomers(world, name, group, since):
    """Return the largest share of nodes in a round that had made no update for the one before."""
    shares = []
    for number in range(since + 1, world.states[name].round):
        nodes = {n for g, r, n in world.counted[name] if (g, r) == (group, number)}
        new = {n for n in nodes if (n, group, number - 1) not in world.own}
        shares += [len(new) / len(nodes)] if nodes else []
    return max(shares)


@pytest.mark.parametrize(("old", "newcomers", "every"), [(3, 12, 1.0), (4, 5, 0.0), (8, 16, 2.0)])
def test_more_newcomers_than_members_go_on_from_the_group_s_head_and_stop_nobody(
    old, newcomers, every
):
    # Prepare
    world, group = old_group(old, seed=old, every=every)
    members = list(world.names)
    number, name = max((world.states[n].round, n) for n in members)
    before, closed = digest_of_head(world.heads[name]), len(world.closed[members[0]])

    # Execute: all at once.
    world.add(newcomers)
    world.run(12)
    during = len(world.closed[members[0]])
    world.run(20)

    # Assert: the members went on meanwhile, and never were newcomers more than a third.
    assert during >= closed + 2
    check_that_history_counted(world, group, members, before, number)
    for member in members:
        assert most_newcomers(world, member, group, number) <= 1 / 3
    # All carry the rounds in the end.
    assert world.states[members[0]].carrier_rounds.keys() >= set(world.names)


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10_000), old=st.integers(2, 4), newcomers=st.integers(2, 7),
    loss=st.floats(0.0, 0.25), twice=st.floats(0.0, 0.4), latest=st.floats(0.1, 1.0),
)  # fmt: skip
def test_on_a_bad_network_newcomers_begin_from_the_group_s_head_too(
    seed, old, newcomers, loss, twice, latest
):
    world, group = old_group(old, seed)
    members = list(world.names)
    number, name = max((world.states[n].round, n) for n in members)
    before = digest_of_head(world.heads[name])
    world.faults = Faults(loss, twice, latest)
    world.add(newcomers)
    world.run(20)
    world.faults = Faults()
    world.run(40)
    check_that_history_counted(world, group, members, before, number)


@pytest.mark.parametrize("is_polite", [True, False])
def test_the_one_member_that_is_left_hands_its_line_to_many_newcomers(is_polite):
    # Prepare
    world, group = old_group(3, seed=4)
    old, survivor = list(world.names), world.names[0]
    for name in world.names[1:]:
        if is_polite:
            world.give(name, Quit())
    del world.names[1:]
    world.run(6)
    before, number = digest_of_head(world.heads[survivor]), world.states[survivor].round

    # Execute
    world.add(7)
    world.run(60)

    # Assert
    check_that_history_counted(world, group, old, before, number)
    assert world.states[survivor].round > number + 3


@pytest.mark.parametrize("seconds_away", [0.0, 1.0, 6.0])
def test_a_founder_that_is_killed_while_newcomers_come_still_has_its_line(seconds_away):
    # Prepare: the founder and one more went through rounds; then the founder is alone.
    world, group = old_group(2, seed=5)
    founder, other = world.names
    world.names.remove(other)
    world.run(6)
    before, number = digest_of_head(world.heads[founder]), world.states[founder].round

    # Execute: six newcomers come, and the founder is killed as they ask.
    world.add(6)
    world.run(1.5)
    at_kill = world.states[founder]
    world.names.remove(founder)
    world.run(seconds_away)
    world.names.append(founder)
    world.begin(founder)
    world.come_back(founder, at_kill)
    world.run(90)

    # Assert
    check_that_history_counted(world, group, [founder, other], before, number)


def test_halves_of_a_group_that_were_apart_go_on_from_one_head():
    # Prepare
    world, group = old_group(6, seed=6)
    world.part(world.names[:3], world.names[3:])
    world.run(30)
    heads = {digest_of_head(world.heads[name]) for name in ("node-00", "node-05")}
    assert len(heads) == 2

    # Execute
    world.part()
    world.run(40)

    # Assert
    for name in world.names:
        state = world.states[name]
        assert state.group == group
        assert all(set(state.heads) & set(world.states[n].heads) for n in world.names)
        assert max(world.counted[name].values()) == 1
