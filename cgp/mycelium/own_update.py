"""A node's own update for a round, the same on every transport and carrier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cgp.mycelium.aggregation import TRIM, AggregationRule
from cgp.mycelium.learner import Learner
from cgp.mycelium.privacy import UNIT, PrivacyPlan
from cgp.mycelium.training import settings_of_update
from cgp.mycelium.updates import Update, digest_of_head
from cgp.tagmodel import Head


@dataclass(frozen=True, slots=True)
class RoundStart:
    """A round that a node trains for: its group, its number, and the group's head.

    ``lineage`` names the heads that the group's came from (digests), the youngest first;
    ``members`` is the number of nodes that train for it.
    """

    group: str
    number: int
    head: Head
    lineage: Sequence[str] = ()
    members: int = 1


def is_release_idle(
    number: int, under_budget: int, without_one: int, rule: AggregationRule
) -> bool:
    """Tell if the release of a node under a budget of privacy leaves its group's head as it is.

    After the first round the nodes ``without_one`` leave that number alone. The rule keeps it where
    the nodes that move it are so few that all of them are left out; ``under_budget`` counts this
    node too.
    """
    nodes = under_budget + without_one
    if number == 1:
        return False
    match rule:
        case AggregationRule.TRIMMED:
            return under_budget <= int(TRIM * nodes)
        case AggregationRule.MEDIAN:
            return 2 * under_budget < nodes
        case _:
            return False


def own_update(
    start: RoundStart,
    head: Head,
    learner: Learner,
    plan: PrivacyPlan | None,
    *,
    random: np.random.Generator,
    time_ms: int,
) -> Update:
    """Return the update that a node sends of its trained ``head``, not signed yet.

    With a budget of privacy ``head`` stays here: the number that is shared is trained by itself,
    its change clipped, and noised from ``random``.
    """
    shared = head.weights
    if plan is not None:
        shared = plan.release(learner.train_shared(start.head), start.head, random)
    return Update(
        start.group,
        start.number,
        shared,
        # Under a budget the number of windows is private too.
        learner.weight if plan is None else 1,
        digest_of_head(start.head.weights),
        time_ms,
        tuple(start.lineage),
        settings_of_update(start.number, is_open=plan is None),
        "none" if plan is None else UNIT,
        0 if plan is None else plan.rho_micro,
    )
