"""The fractal network: bounded, exact to save, and grown only where it pays."""

import numpy as np
import pytest

from cgp.experts.errors import RefusedError
from cgp.experts.tensors import read_network, to_bytes
from cgp.fractal import FractalNetwork, Growth, Reshape, grow, merge_alike, principal_direction
from cgp.fractal.growth import divide


def full_tree(depth, inputs=6, seed=0, size=1.0, whole=5):
    """Return a tree of a depth with random weights: all nodes down to ``whole``, then one path."""
    random = np.random.default_rng(seed)
    network = FractalNetwork.start(inputs, seed, width=2)
    for level in range(depth):
        for leaf in [path for path in network.leaves if len(path) == level]:
            if level < whole or leaf == "l" * level:
                network = network.split(leaf, random.normal(size=inputs), 0.0, level)
    values = {n: random.normal(size=t.shape) * size for n, t in network.parameters.items()}
    return network.with_parameters(values)


def test_gradients_are_those_of_finite_differences():
    random = np.random.default_rng(1)
    network = full_tree(2, 3)
    rows, slopes = random.normal(size=(5, 3)), random.normal(size=5)

    gradient = network.gradient(rows, slopes)

    assert gradient.keys() == network.parameters.keys()
    for name, tensor in network.parameters.items():
        for place in np.ndindex(tensor.shape):
            step = np.zeros_like(tensor)
            step[place] = 1e-6
            up = network.with_parameters(network.parameters | {name: tensor + step})
            down = network.with_parameters(network.parameters | {name: tensor - step})
            slope = (up.forward(rows) - down.forward(rows)) @ slopes / 2e-6
            assert gradient[name][place] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_growth_keeps_the_function_to_the_bit():
    rows = np.random.default_rng(2).normal(size=(50, 6))
    for depth in range(4):
        network = full_tree(depth)
        for leaf in network.leaves:
            grown = divide(network, leaf, rows, np.ones(len(rows)), 0)
            assert np.array_equal(grown.forward(rows), network.forward(rows))
            assert np.array_equal(grown.without_children(leaf).forward(rows), network.forward(rows))


@pytest.mark.parametrize("depth", [1, 7, 9, 12, 20])
def test_no_depth_rate_or_input_gives_a_number_that_is_not_finite(depth):
    assert_stays_bounded(full_tree(depth, 3), steps=20)


@pytest.mark.peers
@pytest.mark.parametrize("depth", [1, 2, 3, 5, 7, 9, 12, 16, 20])
def test_a_thousand_steps_give_no_number_that_is_not_finite(depth):
    assert_stays_bounded(full_tree(depth, 3, whole=2), steps=1000)


def assert_stays_bounded(network, steps):
    """Descend by steps that are ten times too long, over inputs of a million."""
    # Prepare
    random = np.random.default_rng(network.depth)
    rows = random.normal(size=(8, 3)) * 1e6
    wanted = random.normal(size=8)

    # Execute
    for _ in range(steps):
        gradient = network.gradient(rows, network.forward(rows) - wanted)
        length = np.sqrt(sum((g**2).sum() for g in gradient.values()))
        assert np.isfinite(length)
        scale = 0.3 / max(length, 1.0)
        network = network.with_parameters(
            {n: t - scale * gradient[n] for n, t in network.parameters.items()}
        )

    # Assert: the output is at most the sum, over depths, of the greatest node's own term.
    output = network.forward(rows)
    most = sum(
        max(
            np.abs(network.parameters[f"n.{path}.v"]).sum()
            for path in network.nodes
            if len(path) == level
        )
        for level in range(network.depth + 1)
    )
    assert np.isfinite(output).all()
    assert np.abs(output).max() <= most + 1e-9


def test_empty_and_nan_input_is_refused_and_changes_nothing():
    network = full_tree(2)
    before = {name: tensor.copy() for name, tensor in network.parameters.items()}
    for rows in (
        np.zeros((0, 6)),
        np.full((2, 6), np.nan),
        np.full((2, 6), np.inf),
        np.zeros((2, 5)),
    ):
        for call in (network.forward, network.forward_hard, lambda r: network.gradient(r, r[:, 0])):
            with pytest.raises(ValueError, match="rows"):
                call(rows)
    assert all(np.array_equal(before[n], t) for n, t in network.parameters.items())


@pytest.mark.parametrize(("depth", "nodes"), [(7, 8), (12, 13)])
def test_the_hard_path_takes_one_node_of_each_depth(depth, nodes):
    rows = np.random.default_rng(3).normal(size=(40, 6))
    network = full_tree(depth)

    _, evaluations = network.forward_hard(rows)

    assert evaluations <= nodes
    # Where all gates are decided, both paths say the same.
    sharp = network.with_parameters(
        {n: t * 1e6 if n.endswith((".w", ".b")) else t for n, t in network.parameters.items()}
    )
    assert np.allclose(sharp.forward_hard(rows)[0], sharp.forward(rows), atol=1e-6)


def test_ojas_rule_finds_the_first_component_and_keeps_its_length():
    random = np.random.default_rng(4)
    spreads = np.array([3.0, 1.0, 1.0, 0.5, 0.5])
    turn, _ = np.linalg.qr(random.normal(size=(5, 5)))
    rows = (random.normal(size=(2000, 5)) * spreads) @ turn.T

    direction = principal_direction(rows, np.ones(len(rows)))

    length = np.linalg.norm(direction)
    assert 0.95 <= length <= 1.05
    assert abs(direction @ turn[:, 0]) / length > 0.95


def test_a_file_gives_back_the_very_function(tmp_path):
    network = full_tree(3).without_children("l")
    rows = np.random.default_rng(5).normal(size=(20, 6))
    data = to_bytes(network.parameters)

    read = read_network(data, "fractal", "tree", inputs=6)

    again = read_network(to_bytes(read.parameters), "fractal", "tree", inputs=6)
    assert read.nodes == network.nodes
    assert to_bytes(read.parameters) == data
    assert np.array_equal(again.forward(rows), read.forward(rows))


def test_tensors_that_are_no_whole_tree_are_refused():
    whole = full_tree(2).parameters
    for name in ("n..u", "n..w", "n.l.b", "n.lr.v"):
        with pytest.raises(RefusedError):
            read_network(
                to_bytes({n: t for n, t in whole.items() if n != name}), "fractal", "tree", inputs=6
            )
    for name in ("../x", "n.lx.u", "n." + "l" * 21 + ".u"):
        with pytest.raises(RefusedError):
            read_network(to_bytes(whole | {name: np.ones(2)}), "fractal", "tree", inputs=6)


def regions(seed, count, *, piecewise):
    """Return inputs with two axes of two clusters each; piecewise: a truth for each region."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, 4))
    sides = random.choice([-1, 1], size=(count, 2))
    rows[:, :2] = sides * 3 + random.normal(size=(count, 2)) * 0.4
    if piecewise:
        truth = np.random.default_rng(5).normal(size=(4, 4)) * 1.5
        truth[:, :2] = 0.0
        region = (sides[:, 0] > 0) * 2 + (sides[:, 1] > 0)
        values = np.tanh((rows * truth[region]).sum(axis=1)) * 2
    else:
        values = rows @ np.array([0.1, -0.1, 0.8, 0.5])
    return rows, values + random.normal(size=count) * 0.1


def adam(rows, values, steps=300, rate=0.03):
    """Return a function that trains a network further by squared error."""

    def train(network):
        first = {n: np.zeros_like(t) for n, t in network.parameters.items()}
        second = {n: np.zeros_like(t) for n, t in network.parameters.items()}
        for step in range(1, steps + 1):
            gradient = network.gradient(rows, (network.forward(rows) - values) / len(values))
            moved = {}
            for name, tensor in network.parameters.items():
                first[name] = 0.9 * first[name] + 0.1 * gradient[name]
                second[name] = 0.999 * second[name] + 0.001 * gradient[name] ** 2
                mean = first[name] / (1 - 0.9**step)
                moved[name] = tensor - rate * mean / (
                    np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8
                )
            network = network.with_parameters(moved)
        return network

    return train


def errors(network, rows, values):
    return (network.forward(rows) - values) ** 2


def by_bootstrap(rows, values):
    """Return a test of whether a candidate pays on windows that are held back."""

    def pays(rival, candidate):
        gains = errors(rival, rows, values) - errors(candidate, rows, values)
        picks = np.random.default_rng(0).integers(len(gains), size=(500, len(gains)))
        bound = np.quantile(gains[picks].mean(axis=1), 0.05)
        return bound > 0.002 * errors(rival, rows, values).mean()

    return pays


def grown(seed, *, piecewise, steps=300, most_leaves=8):
    rows, values = regions(seed, 600, piecewise=piecewise)
    train = adam(rows, values, steps)
    pays = by_bootstrap(*regions(1000 + seed, 300, piecewise=piecewise))
    single = train(FractalNetwork.start(4, seed))
    network, growth = grow(
        single, rows, lambda n: n.forward(rows) - values, train, pays, most_leaves=most_leaves,
        seed=seed,
    )  # fmt: skip
    for _ in growth:
        single = train(single)
    return single, network, growth


def test_a_task_of_four_regions_grows_and_gains():
    single, network, growth = grown(0, piecewise=True, most_leaves=3)

    test = regions(2000, 1000, piecewise=True)
    assert len(network.leaves) >= 3
    assert any(step.is_kept for step in growth)
    assert errors(network, *test).mean() <= 0.5 * errors(single, *test).mean()


@pytest.mark.peers
@pytest.mark.parametrize("seed", range(1, 4))
def test_more_seeds_of_four_regions_grow_and_gain(seed):
    single, network, _ = grown(seed, piecewise=True, most_leaves=3)

    rows, values = regions(2000 + seed, 1000, piecewise=True)
    assert len(network.leaves) >= 3
    assert errors(network, rows, values).mean() <= 0.5 * errors(single, rows, values).mean()
    # It was trained by all nodes, so one node of each depth does less well, and still better.
    hard = ((network.infer(rows) - values) ** 2).mean()
    assert hard <= 0.65 * errors(single, rows, values).mean()


@pytest.mark.peers
def test_of_ten_linear_tasks_at_most_one_grows():
    leaves = [len(grown(seed, piecewise=False)[1].leaves) for seed in range(10, 20)]
    assert leaves.count(1) >= 9


@pytest.mark.parametrize("seed", range(3))
def test_a_linear_task_does_not_grow(seed):
    _, network, growth = grown(seed, piecewise=False)

    assert network.nodes == ("",)
    assert [step.is_kept for step in growth] == [False]


def same(network):
    """Train by not training."""
    return network


def test_merging_is_judged_and_takes_away_what_says_the_same():
    rows, _ = regions(1, 200, piecewise=False)
    single = FractalNetwork.start(4, 1)
    single = single.with_parameters(single.parameters | {"n..v": np.ones(4)})
    doubled = divide(single, "", rows, np.ones(len(rows)), 0)

    smaller, merged = merge_alike(doubled, rows, same, lambda old, new: True)
    unchanged, refused = merge_alike(doubled, rows, same, lambda old, new: False)

    assert smaller.nodes == ("",)
    assert merged == (Growth(Reshape.MERGE, "", True, ("",)),)
    assert unchanged.nodes == doubled.nodes
    assert refused == (Growth(Reshape.MERGE, "", False, doubled.nodes),)


def test_merging_asks_only_for_leaves_that_say_the_same_or_are_hardly_used():
    rows = np.random.default_rng(9).normal(size=(100, 6))
    # All nodes of this tree say something else, and its gates are open to both sides.
    network = full_tree(3)
    one_sided = full_tree(1)
    one_sided = one_sided.with_parameters(one_sided.parameters | {"n..b": np.array([40.0])})

    assert merge_alike(network, rows, same, lambda old, new: True) == (network, ())
    assert merge_alike(one_sided, rows, same, lambda old, new: True)[0].nodes == ("",)


def test_co_activation_is_that_of_the_leaves_shares():
    rows = np.random.default_rng(6).normal(size=(100, 6))
    network = full_tree(2)

    together = network.co_activation(rows)

    assert together.shape == (4, 4)
    assert np.allclose(together, together.T)
    # The shares of all leaves sum to 1 for each row.
    assert together.sum() == pytest.approx(1.0)
