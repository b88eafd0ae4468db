"""Choices of a node by its own held-out windows: which head it uses, and which group it goes to.

Held-out windows were never trained on and never leave the node; another node's claims do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

IN_A_ROW = 2
"""Times in a row that another group must be better before a node moves."""


def is_acceptable(loss: float, loss_of_own: float) -> bool:
    """Tell if a head may be taken: its held-out loss is no worse than that of the own one.

    A loss that is not finite is never acceptable.
    """
    # Written so that NaN refuses.
    return loss <= loss_of_own


@dataclass(frozen=True)
class Comparison:
    """Groups that were better than the own one the last times: how often in a row, by name."""

    streaks: Mapping[str, int] = field(default_factory=dict)

    def after(
        self, own_loss: float, losses: Mapping[str, float], margin: float
    ) -> tuple[Comparison, str | None]:
        """Return the comparison after one more look, and the group to move to, if there is one.

        ``losses`` are held-out losses of other groups' heads. A group wins a look if its loss is
        lower by ``margin`` (a share of ``own_loss``) at least. One lucky look moves nobody: it
        must win ``IN_A_ROW`` looks in a row. Of several the best is chosen.
        """
        bound = own_loss * (1.0 - margin)
        streaks = {
            group: self.streaks.get(group, 0) + 1 for group, loss in losses.items() if loss <= bound
        }
        ready = [group for group, count in streaks.items() if count >= IN_A_ROW]
        if not ready:
            return Comparison(streaks), None
        # By name where losses are equal, so that nodes of one mind choose alike.
        return Comparison(), min(ready, key=lambda group: (losses[group], group))
