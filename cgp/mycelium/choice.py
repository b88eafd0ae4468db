"""Choices of a node by its own held-out windows: which head it uses, and which group it goes to.

Held-out windows were never trained on and never leave the node; another node's claims do not count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cgp.arrays import Floats

IN_A_ROW = 2
"""Times in a row that another group must be clearly better before a node moves."""
LASTING = 8
"""Times in a row after which a lead of the margin counts that its few windows do not make clear."""


def is_acceptable(loss: float, loss_of_own: float) -> bool:
    """Tell if a head may be taken: its held-out loss is no worse than that of the own one.

    A loss that is not finite is never acceptable.
    """
    # Written so that NaN refuses.
    return loss <= loss_of_own


def is_better(losses: Floats, own_losses: Floats, margin: float) -> bool:
    """Tell if a head's mean held-out loss is lower by ``margin``, a share of the own one's.

    Both have shape ``(windows,)``; a single window says nothing.
    """
    # Written so that NaN refuses.
    gain = (own_losses - losses).mean() if len(own_losses) > 1 else math.nan
    return bool(gain >= margin * own_losses.mean())


def is_clearly_better(losses: Floats, own_losses: Floats, margin: float) -> bool:
    """Tell if a head is better by ``margin``, and by more than one standard error.

    The error is that of the differences, window by window: of few windows one alone can move the
    mean by two percent.
    """
    if not is_better(losses, own_losses, margin):
        return False
    gains = own_losses - losses
    return bool(gains.mean() > gains.std(ddof=1) / math.sqrt(len(gains)))


@dataclass(frozen=True)
class Comparison:
    """Groups that were better than the own one the last times: how often in a row, by name.

    ``streaks`` counts looks at which a group was clearly better, ``leads`` those at which it was
    better at all by the margin.
    """

    streaks: Mapping[str, int] = field(default_factory=dict)
    leads: Mapping[str, int] = field(default_factory=dict)

    def after(
        self, own_losses: Floats, other_losses: Mapping[str, Floats], margin: float
    ) -> tuple[Comparison, str | None]:
        """Return the comparison after one more look, and the group to move to, if there is one.

        ``own_losses`` are the held-out losses of the own group's head, ``other_losses`` the same of
        other groups' heads, each of shape ``(windows,)``. One lucky look moves no node: a group
        must be clearly better ``IN_A_ROW`` times, or better ``LASTING`` times, so that a node with
        few windows does not stay where it loses for ever. Of several groups the best is chosen.
        """
        streaks = {
            group: self.streaks.get(group, 0) + 1
            for group, losses in other_losses.items()
            if is_clearly_better(losses, own_losses, margin)
        }
        leads = {
            group: self.leads.get(group, 0) + 1
            for group, losses in other_losses.items()
            if is_better(losses, own_losses, margin)
        }
        ready = [
            group
            for group, count in leads.items()
            if count >= LASTING or streaks.get(group, 0) >= IN_A_ROW
        ]
        if not ready:
            return Comparison(streaks, leads), None
        # By name where losses are equal, so that nodes of one mind choose alike.
        return Comparison(), min(ready, key=lambda group: (other_losses[group].mean(), group))
