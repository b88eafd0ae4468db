"""Settings of a node, and its report of a closed round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cgp.mycelium.aggregation import Rule
from cgp.mycelium.memory import ClosedRound
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.spore_state import Policy
from cgp.tagmodel import Head


@dataclass(frozen=True)
class NodeSettings:
    """Settings of a node beside those of training. ``place`` is the shown address of its server.

    ``evolve_every`` is the number of rounds between two steps of evolution, 0 for none. ``trust``
    maps groups to the share (0 to 1) with which their head is mixed into the one that training
    starts from, where it is no worse on the node's held-out windows. With ``trains_travellers`` a
    head that comes from another group is trained here, used if it is no worse, and handed on; never
    with a budget of privacy, since each such head would cost as much as an update.
    """

    policy: Policy = field(default_factory=Policy)
    rule: Rule = Rule.TRIMMED
    privacy: PrivacyPlan | None = None
    seed: int = 0
    place: str = ""
    evolve_every: int = 5
    trust: Mapping[str, float] = field(default_factory=dict)
    trains_travellers: bool = False


@dataclass(frozen=True)
class RoundReport:
    """A round as the node closed it, with the group's head: for the knowledge graph."""

    node: str
    outcome: ClosedRound
    head: Head
    parent: str
    rho_micro: int
