"""Aggregation: heads of a round are checked against each other, then averaged by a robust rule.

Each update was checked by itself before (signature, shape, finite numbers, member, one a round).
Here those are left out whose change is far longer than the others', and those of which three or
more send almost the same unusual change. Then the rule bounds what the rest can do: the trimmed
mean and the median stay between the values of honest nodes while they are the majority.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.mycelium.errors import Fault
from cgp.mycelium.updates import Update
from cgp.tagmodel.head import Head

TRIM: Final = 0.34
"""Share of the values that is cut at each end, for each number: as many nodes may be attackers."""
MOST_WEIGHT: Final = 2.0
"""Most weight of an update, as a multiple of the median."""
# A change this many times as long as the median one is not an honest training on similar windows:
# the sizes of nodes differ, their pull towards the group's head bounds the length.
_MOST_LENGTH: Final = 4.0
# Residuals of honest nodes point in all directions; a cosine like this one means one author.
_SAME_DIRECTION: Final = 0.9
# Fewer updates say nothing about which of them is unusual.
_LEAST_TO_COMPARE: Final = 5


class AggregationRule(StrEnum):
    """Way to make one head of many."""

    TRIMMED = "trimmed"
    MEDIAN = "median"
    CLIPPED = "clipped"
    MEAN = "mean"


@dataclass(frozen=True)
class Aggregation:
    """The group's next head, the nodes that count in it, and the others with their faults."""

    head: Head
    nodes: tuple[str, ...]
    faults: Mapping[str, Fault]


def aggregate(
    updates: Mapping[str, Update], group: Head, rule: AggregationRule = AggregationRule.TRIMMED
) -> Aggregation:
    """Return the next head of a group from the updates of one round, by node.

    ``group`` is the head that the round began from. The result does not hang on the order of the
    updates.

    Raises:
        ValueError: if there are no updates.
    """
    if not updates:
        raise ValueError("a round without updates has no head")
    nodes = sorted(updates)
    center = group.weights.astype(np.float64)
    heads = np.stack([updates[node].head.astype(np.float64) for node in nodes])
    changes = heads - center
    weights = np.array([updates[node].weight for node in nodes], dtype=np.float64)
    faults = unusual(nodes, changes)
    keep = [n for n, node in enumerate(nodes) if node not in faults]
    if rule in {AggregationRule.TRIMMED, AggregationRule.MEDIAN}:
        # These do not need the center: members whose heads differ make the same head, to the bit.
        weights_of_head = combine(heads[keep], weights[keep], rule)
    else:
        weights_of_head = center + combine(changes[keep], weights[keep], rule)
    head = Head(weights_of_head.astype(np.float32))
    return Aggregation(head, tuple(nodes[n] for n in keep), faults)


def combine(changes: Floats, weights: Floats, rule: AggregationRule) -> Floats:
    """Return one change of many, shape ``(numbers,)``.

    ``changes`` has shape ``(nodes, numbers)``. ``weights`` count for the mean and the clipped mean,
    capped; the trimmed mean and the median give each node one voice.
    """
    if rule is AggregationRule.MEDIAN:
        return np.asarray(np.median(changes, axis=0))
    if rule is AggregationRule.TRIMMED:
        from scipy.stats import trim_mean

        return np.asarray(trim_mean(changes, TRIM, axis=0))
    shares = shares_of(weights)
    if rule is AggregationRule.CLIPPED:
        lengths = np.linalg.norm(changes, axis=1)
        bound = float(np.median(lengths))
        changes = changes * np.minimum(1.0, bound / np.maximum(lengths, 1e-12))[:, None]
    return np.asarray(shares @ changes)


def shares_of(weights: Floats) -> Floats:
    """Return shares that sum to 1; no weight counts for more than ``MOST_WEIGHT`` medians."""
    bounds = np.minimum(weights, MOST_WEIGHT * np.median(weights))
    return np.asarray(bounds / bounds.sum())


def unusual(nodes: list[str], changes: Floats) -> dict[str, Fault]:
    """Return the nodes that are left out, with the reason."""
    if len(nodes) < _LEAST_TO_COMPARE:
        return {}
    lengths = np.linalg.norm(changes, axis=1)
    is_long = lengths > _MOST_LENGTH * np.median(lengths)
    faults = {node: Fault.OUTLIER for node, long in zip(nodes, is_long, strict=True) if long}
    rest = [n for n in range(len(nodes)) if not is_long[n]]
    for crowd in _crowds(changes[rest]):
        for member in crowd:
            faults[nodes[rest[member]]] = Fault.COLLUDING
    return faults


def _crowds(changes: Floats) -> list[NDArray[np.intp]]:
    """Return groups of three rows or more whose residuals point one way, the majority's never."""
    residuals = changes - np.median(changes, axis=0)
    lengths = np.linalg.norm(residuals, axis=1, keepdims=True)
    directions = residuals / np.maximum(lengths, 1e-12)
    close = directions @ directions.T > _SAME_DIRECTION
    # Rows that stand in the middle have no direction: equal heads are not an attack.
    apart = lengths[:, 0] > 1e-6
    crowds = []
    unseen = np.flatnonzero(apart).tolist()
    while unseen:
        row = unseen[0]
        crowd = np.array([n for n in unseen if close[row, n]], dtype=np.intp)
        if 3 <= len(crowd) <= len(changes) // 2:
            crowds.append(crowd)
        members = set(crowd.tolist()) | {row}
        unseen = [n for n in unseen if n not in members]
    return crowds
