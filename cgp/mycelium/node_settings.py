"""Settings of a node, the settings of its training left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cgp.mycelium.aggregation import AggregationRule
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.spore_state import Policy
from cgp.mycelium.updates import GROUP_NAME


@dataclass(frozen=True)
class NodeSettings:
    """Settings of a node beside those of training. ``place`` is the shown address of its server.

    ``evolve_every`` is the number of rounds between two steps of evolution, 0 for none. ``trust``
    maps other groups to the share (above 0, at most 1) with which their head is mixed into the one
    that training starts from, where it is no worse on the node's held-out windows. With
    ``trains_travellers`` a head that comes from another group is trained here, used if it is no
    worse, and handed on.

    Raises:
        ValueError: if a trust has no group's name or is not a share, or if heads are to travel
            under a budget of privacy: each would cost as much as an update.
    """

    policy: Policy = field(default_factory=Policy)
    rule: AggregationRule = AggregationRule.TRIMMED
    privacy: PrivacyPlan | None = None
    seed: int = 0
    place: str = ""
    evolve_every: int = 5
    trust: Mapping[str, float] = field(default_factory=dict)
    trains_travellers: bool = False

    def __post_init__(self) -> None:
        for group, share in self.trust.items():
            if not GROUP_NAME.fullmatch(group) or not 0.0 < share <= 1.0:
                raise ValueError(
                    f"trust is GROUP=SHARE, a group's name and a share above 0 and at most 1, not"
                    f" {group}={share:g}"
                )
        if self.trains_travellers and self.privacy is not None:
            raise ValueError(
                "a head that travels is sent without noise: not under a budget of privacy"
            )
