"""Activity of a tree's nodes over rows: attention, strength, and leaves that are open together."""

from __future__ import annotations

from dataclasses import dataclass

from cgp.arrays import Floats
from cgp.fractal.network import FractalNetwork


@dataclass(frozen=True, slots=True)
class NodeActivity:
    """Activity of one node.

    ``attention`` is the mean weight of the rows' paths to it, 0 to 1. ``strength`` is the mean size
    of its own term. ``hard_share`` is the share of rows whose likeliest path goes through it.
    """

    path: str
    is_leaf: bool
    attention: float
    strength: float
    hard_share: float


@dataclass(frozen=True, slots=True)
class TreeActivity:
    """Activity of all nodes, parents before children, and the co-activation of the leaves.

    ``co_activation`` has shape ``(leaves, leaves)``, in the order of ``leaves``: the mean product
    of two leaves' attention. All of it sums to 1.
    """

    nodes: tuple[NodeActivity, ...]
    leaves: tuple[str, ...]
    co_activation: Floats


def activity(network: FractalNetwork, rows: Floats) -> TreeActivity:
    """Return the activity of a tree's nodes, as means over rows.

    Raises:
        ValueError: if there is no row, or a number is not finite.
    """
    co_activation = network.co_activation(rows)
    shares, hard_shares = network.shares(rows), network.hard_shares(rows)
    nodes = tuple(
        NodeActivity(
            path=path,
            is_leaf=path in network.leaves,
            attention=float(shares[path].mean()),
            strength=float(abs(network.node_term(path, rows)).mean()),
            hard_share=float(hard_shares[path].mean()),
        )
        for path in network.nodes
    )
    return TreeActivity(nodes, network.leaves, co_activation)
