"""Nodes join, leave, die, come back, part and meet, on a network that loses, doubles and delays."""

import random
from itertools import combinations

import pytest

from cgp.mycelium.spore_events import Quit
from cgp.mycelium.spore_state import Phase, Policy
from tests.mycelium.simulation import Faults, World

DEEDS = ("join", "join", "kill", "kill all", "leave", "vanish", "part", "meet", "wish", "wait")


def deed(world, chance):
    """Do one thing that happens to a network of nodes."""
    names = world.names
    what = chance.choice(DEEDS)
    # Halves that both take newcomers in while they are apart may stay two lines: docs/mycelium.md.
    if what == "join" and len(names) < 12 and not world.parts:
        world.add(chance.choice([1, 2, 4, 7]))
    elif what.startswith("kill"):
        count = len(names) if what == "kill all" else chance.randint(1, len(names))
        for name in chance.sample(names, count):
            world.kill(name)
    elif what in {"leave", "vanish"} and len(names) > 3:
        name = chance.choice(names)
        if what == "leave":
            world.give(name, Quit())
        names.remove(name)
    elif what == "part":
        some = chance.sample(names, chance.randint(1, len(names) - 1))
        world.part(some, [name for name in names if name not in some])
    elif what == "meet":
        world.part()
    elif what == "wish":
        groups = sorted(world.groups())
        for name in names if groups else ():
            if chance.random() < 0.5:
                world.wish(name, chance.choice(groups))


SHORT, LONG = range(6), range(6, 60)


@pytest.mark.parametrize(
    "seed", [*SHORT, *(pytest.param(n, marks=pytest.mark.peers) for n in LONG)]
)
def test_after_any_storm_the_nodes_go_on_in_groups_of_one_line_each(seed):
    # Prepare
    chance = random.Random(seed)
    faults = Faults(chance.uniform(0, 0.3), chance.uniform(0, 0.3), chance.uniform(0.1, 2))
    world = World(4, seed, policy=Policy(every=1.0), faults=faults)
    world.budgets = {"node-01"}

    # Execute: then the network mends.
    for _ in range(10):
        world.run(chance.choice([2, 4, 6]))
        deed(world, chance)
    world.part()
    world.faults = Faults()
    world.run(120)
    before = {name: len(world.closed[name]) for name in world.names}
    world.run(20)

    # Assert
    assert all(world.states[name].phase is Phase.MEMBER for name in world.names)
    for members in world.groups().values():
        assert len(members) >= 2
        # Of two members each has a head that the other one has or had lately.
        for one, other in combinations(members, 2):
            assert {*world.states[one].heads} & {*world.states[other].heads}
    for name in world.names:
        assert len(world.closed[name]) > before[name]
        assert len(set(world.closed[name])) == len(world.closed[name])
        assert max(world.counted[name].values()) == 1
        # In no group did it close an earlier round after a later one.
        for group in {group for group, _ in world.closed[name]}:
            rounds = [number for g, number in world.closed[name] if g == group]
            assert rounds == sorted(rounds)
