"""Communities that disagree part: nodes move by their own held-out windows until groups are pure."""

from collections import Counter

import numpy as np
import pytest

from cgp.mycelium.aggregation import aggregate
from cgp.mycelium.choice import Comparison
from tests.mycelium.kit import update
from tests.mycelium.world import RELEASE, learner


def part(count, rounds, seed, windows):
    """Return each node's group after the rounds, the moves, and the losses at begin and end."""
    random = np.random.default_rng(seed)
    learners = [learner(100 * seed + n, windows, community=n % 2) for n in range(count)]
    names = ["a", "b", "c", "d"]
    group_of = [names[n] for n in random.integers(0, 4, size=count)]
    heads = dict.fromkeys(names, RELEASE)
    comparisons = [Comparison()] * count
    moves, first = 0, None
    for number in range(1, rounds + 1):
        for name in names:
            members = [n for n in range(count) if group_of[n] == name]
            if members:
                trained = {
                    f"{n:03d}": learners[n].train_update(heads[name], number, len(members)).weights
                    for n in members
                }
                trained = {node: update(head=weights) for node, weights in trained.items()}
                heads[name] = aggregate(trained, heads[name]).head
        losses = [learners[n].loss(heads[group_of[n]]) for n in range(count)]
        first = first or np.median(losses)
        live = set(group_of)
        for n in range(count):
            elsewhere = {g: learners[n].losses(heads[g]) for g in live if g != group_of[n]}
            own = learners[n].losses(heads[group_of[n]])
            comparisons[n], target = comparisons[n].after(own, elsewhere, margin=0.02)
            if target is not None:
                group_of[n], moves = target, moves + 1
    last = np.median([learners[n].loss(heads[group_of[n]]) for n in range(count)])
    return group_of, moves, first, last


def purity(group_of):
    """Return the share of nodes that are of the larger community of their group."""
    counts = {
        g: Counter(n % 2 for n in range(len(group_of)) if group_of[n] == g) for g in set(group_of)
    }
    return sum(max(count.values()) for count in counts.values()) / len(group_of)


LARGE = [(32, 20, seed, windows) for windows in (12, 24) for seed in range(1, 15)]


@pytest.mark.parametrize(
    ("count", "rounds", "seed", "windows"),
    [(12, 8, 1, 24), *(pytest.param(*case, marks=pytest.mark.peers) for case in LARGE)],
)
def test_two_communities_end_in_pure_groups_after_few_moves(count, rounds, seed, windows):
    group_of, moves, first, last = part(count, rounds, seed, windows)
    assert purity(group_of) == 1.0
    assert moves < 40
    assert last < first
