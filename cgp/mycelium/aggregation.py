"""Aggregation: heads of a round are checked against each other, then averaged by a robust rule.

Each update was checked by itself before (signature, shape, finite numbers, member, one a round).
Here those are left out that stand out among the others (``cgp.mycelium.comparison``). Then the rule
bounds what the rest can do: the trimmed mean and the median stay between the values of honest nodes
while they are the majority.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from cgp.arrays import Floats
from cgp.mycelium.comparison import MOST_ATTACKERS, unusual
from cgp.mycelium.errors import Fault
from cgp.mycelium.training import GROUP_NUMBERS
from cgp.mycelium.updates import Update
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS, Head

TRIM: Final = MOST_ATTACKERS
"""Share of the values that is cut at each end, for each number."""
MOST_WEIGHT: Final = 2.0
"""Most weight of an update, as a multiple of the median."""


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
    updates. A newcomer's first head was trained from another one; it neither counts nor stands out.

    Raises:
        ValueError: if there are no updates.
    """
    if not updates:
        raise ValueError("a round without updates has no head")
    updates = _of_one_parent(updates)
    nodes = sorted(updates)
    center = group.weights.astype(np.float64)
    heads = np.stack([updates[node].head.astype(np.float64) for node in nodes])
    weights = np.array([updates[node].weight for node in nodes], dtype=np.float64)
    noisy = np.array([updates[node].privacy_unit != "none" for node in nodes])
    learned = list(GROUP_NUMBERS)
    still = (heads[:, learned] == center[learned]).all(axis=1)
    faults = unusual(nodes, heads, noisy, still)
    keep = [n for n, node in enumerate(nodes) if node not in faults]
    weights_of_head = average(heads[keep], weights[keep], center, rule)
    head = Head(weights_of_head.astype(np.float32))
    return Aggregation(head, tuple(nodes[n] for n in keep), faults)


def _of_one_parent(updates: Mapping[str, Update]) -> Mapping[str, Update]:
    """Return the updates trained from the head that most were trained from; without one, all."""
    [(parent, count)] = Counter(update.parent for update in updates.values()).most_common(1)
    if 2 * count <= len(updates):
        return updates
    return {node: update for node, update in updates.items() if update.parent == parent}


def average(heads: Floats, weights: Floats, center: Floats, rule: AggregationRule) -> Floats:
    """Return the numbers of a group's next head, shape ``(numbers,)``, from the heads that count.

    ``heads`` has shape ``(nodes, numbers)``; ``center`` is the head that the round began from. The
    group does not learn the numbers of a phrase's meaning: they are the median head's.
    """
    if rule in {AggregationRule.TRIMMED, AggregationRule.MEDIAN}:
        # These do not need the center: members whose heads differ make the same head, to the bit.
        numbers = combine(heads, weights, rule)
    else:
        numbers = center + combine(heads - center, weights, rule)
    meaning = slice(INPUTS - ENCODER_DIMENSION, INPUTS)
    numbers[meaning] = np.median(heads[:, meaning], axis=0)
    return numbers


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
