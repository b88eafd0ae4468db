"""Growth of the fractal network: one leaf at a time, only where a test says that it pays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cgp.arrays import Floats
from cgp.fractal.network import FractalNetwork
from cgp.fractal.oja import principal_direction

# Rows with less of their path at a node than this on average do not say where to divide it.
_LEAST_SHARE = 0.02
# A gate this steep divides rows at about one spread around its threshold.
_STEEPNESS = 4.0
_OJA_STEPS = 4000
# Siblings that are open alike or say nearly the same are one.
_ALIKE = 0.05


class Reshape(StrEnum):
    """A change of the tree's shape."""

    DIVIDE = "divide"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Growth:
    """A step of growth: the change of a node, the judge's answer, and the tree afterwards.

    ``node`` is the path of the leaf that was divided, or of the parent whose children were merged.
    ``nodes`` are the paths of the tree after the judge's answer.
    """

    change: Reshape
    node: str
    is_kept: bool
    nodes: tuple[str, ...]


def heat(network: FractalNetwork, rows: Floats, slopes: Floats) -> dict[str, float]:
    """Return the heat of each leaf: the energy of the loss's slopes that its rows still have."""
    shares = network.shares(rows)
    return {leaf: float((shares[leaf] * slopes**2).sum()) for leaf in network.leaves}


def grow(
    network: FractalNetwork,
    rows: Floats,
    slopes_of: Callable[[FractalNetwork], Floats],
    train: Callable[[FractalNetwork], FractalNetwork],
    pays: Callable[[FractalNetwork, FractalNetwork], bool],
    *,
    most_leaves: int = 8,
    tries: int = 2,
    seed: int = 0,
) -> tuple[FractalNetwork, tuple[Growth, ...]]:
    """Divide the hottest leaf, train, and keep the children if ``pays(rival, candidate)``; repeat.

    The rival is the network without the children, trained on for as long: else a network that has
    only not finished learning would grow.

    It ends when ``tries`` leaves in a row did not pay, or there are ``most_leaves``. The direction
    of a split is that of the greatest spread of the leaf's hot rows, by Oja's rule. ``slopes_of``
    gives the slope of the loss in each output.
    """
    steps: list[Growth] = []
    cold: set[str] = set()
    rival = train(network)
    while len(network.leaves) < most_leaves:
        slopes = slopes_of(network)
        heats = {leaf: h for leaf, h in heat(network, rows, slopes).items() if leaf not in cold}
        if not heats or len(cold) >= tries:
            break
        leaf = max(sorted(heats), key=lambda path: heats[path])
        share = network.shares(rows)[leaf]
        if float(share.mean()) < _LEAST_SHARE:
            cold.add(leaf)
            continue
        candidate = train(divide(network, leaf, rows, share * slopes**2, seed))
        is_kept = bool(pays(rival, candidate))
        if is_kept:
            network, rival = candidate, train(candidate)
        cold = set() if is_kept else cold | {leaf}
        steps.append(Growth(Reshape.DIVIDE, leaf, is_kept, network.nodes))
    return network, tuple(steps)


def divide(
    network: FractalNetwork, leaf: str, rows: Floats, weights: Floats, seed: int
) -> FractalNetwork:
    """Return a network with a leaf divided across its weighted rows; the function is the same."""
    if float(weights.sum()) <= 0.0:
        weights = np.ones(len(rows))
    direction = principal_direction(rows, weights, steps=_OJA_STEPS, seed=seed)
    along = rows @ direction
    middle = float(np.average(along, weights=weights))
    spread = float(np.sqrt(np.average((along - middle) ** 2, weights=weights))) or 1.0
    steep = _STEEPNESS / spread
    return network.split(leaf, direction * steep, middle * steep, seed + len(network.nodes))


def merge_alike(
    network: FractalNetwork,
    rows: Floats,
    train: Callable[[FractalNetwork], FractalNetwork],
    is_no_worse: Callable[[FractalNetwork, FractalNetwork], bool],
) -> tuple[FractalNetwork, tuple[Growth, ...]]:
    """Take away pairs of leaves that say the same or are hardly used, where nothing gets worse.

    The smaller network is trained before ``is_no_worse(network, smaller)`` is asked: its parent
    learns to say alone what both children said.
    """
    steps: list[Growth] = []
    # The deepest first: a parent that became a leaf may be merged with its own sibling.
    for path in sorted(network.nodes, key=lambda node: (-len(node), node)):
        if not _may_merge(network, path, rows):
            continue
        smaller = train(network.without_children(path))
        is_kept = bool(is_no_worse(network, smaller))
        network = smaller if is_kept else network
        steps.append(Growth(Reshape.MERGE, path, is_kept, network.nodes))
    return network, tuple(steps)


def _may_merge(network: FractalNetwork, path: str, rows: Floats) -> bool:
    """Tell if a node has two leaves of which one is hardly used, or which say the same."""
    pair = (f"{path}l", f"{path}r")
    if not all(child in network.leaves for child in pair):
        return False
    shares = network.shares(rows)
    if min(float(shares[child].mean()) for child in pair) < _LEAST_SHARE:
        return True
    left, right = (network.node_term(child, rows) for child in pair)
    scale = float(np.abs(network.forward(rows)).mean()) or 1.0
    return float(np.abs(left - right).mean()) < _ALIKE * scale
