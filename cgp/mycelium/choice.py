"""Choices of a node by its own held-out windows: which head it uses, and which group it goes to.

Held-out windows were never trained on and never leave the node; another node's claims do not count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cgp.arrays import Floats

IN_A_ROW = 2
"""Times in a row that another group must be better before a node moves."""


def is_acceptable(loss: float, loss_of_own: float) -> bool:
    """Tell if a head may be taken: its held-out loss is no worse than that of the own one.

    A loss that is not finite is never acceptable.
    """
    # Written so that NaN refuses.
    return loss <= loss_of_own


def is_clearly_better(losses: Floats, own_losses: Floats, margin: float) -> bool:
    """Tell if a head's held-out losses are clearly lower than the own one's, window by window.

    The mean is lower by ``margin`` (a share of the own one) at least, and by more than one standard
    error of the differences: of few windows one alone can move the mean by two percent. Both have
    shape ``(windows,)``; of a single window nothing is clear.
    """
    if len(own_losses) < 2:
        return False
    gains = own_losses - losses
    gain, error = gains.mean(), gains.std(ddof=1) / math.sqrt(len(gains))
    # Written so that NaN refuses.
    return bool(gain >= margin * own_losses.mean() and gain > error)


@dataclass(frozen=True)
class Comparison:
    """Groups that were better than the own one the last times: how often in a row, by name."""

    streaks: Mapping[str, int] = field(default_factory=dict)

    def after(
        self, own_losses: Floats, other_losses: Mapping[str, Floats], margin: float
    ) -> tuple[Comparison, str | None]:
        """Return the comparison after one more look, and the group to move to, if there is one.

        ``own_losses`` are the held-out losses of the own group's head, ``other_losses`` the same of
        other groups' heads, each of shape ``(windows,)``. A group wins a look if it is clearly
        better. One lucky look moves no node: the group must win ``IN_A_ROW`` looks in a row. Of
        several groups the best is chosen.
        """
        streaks = {
            group: self.streaks.get(group, 0) + 1
            for group, losses in other_losses.items()
            if is_clearly_better(losses, own_losses, margin)
        }
        ready = [group for group, count in streaks.items() if count >= IN_A_ROW]
        if not ready:
            return Comparison(streaks), None
        # By name where losses are equal, so that nodes of one mind choose alike.
        return Comparison(), min(ready, key=lambda group: (other_losses[group].mean(), group))
