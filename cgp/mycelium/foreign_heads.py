"""Heads of other groups, as a node sees them on its own held-out windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from cgp.mycelium.choice import Comparison, is_acceptable
from cgp.mycelium.learner import Learner
from cgp.mycelium.updates import Update
from cgp.tagmodel import Head

_MOST: Final = 16


class ForeignHeads:
    """The latest head of each other group that came, at most ``_MOST``.

    ``trust`` maps groups to the share with which their head is mixed into the own group's.
    """

    def __init__(self, trust: Mapping[str, float]) -> None:
        self._trust = trust
        self._heads: dict[str, Head] = {}
        self._comparison = Comparison()

    def add(self, update: Update) -> Head:
        """Keep a head that came, and return it."""
        head = update.as_head()
        # A flood of invented groups must not fill the memory.
        if len(self._heads) < _MOST or update.group in self._heads:
            self._heads[update.group] = head
        return head

    def mix(self, head: Head, learner: Learner) -> Head:
        """Return a head with those of trusted groups mixed in, as far as they are no worse."""
        own_loss = learner.loss(head)
        weights = head.weights.astype(np.float64)
        for group, share in self._trust.items():
            foreign = self._heads.get(group)
            foreign_loss = None if foreign is None else learner.loss(foreign)
            if foreign is None or own_loss is None or foreign_loss is None:
                continue
            if is_acceptable(foreign_loss, own_loss):
                weights = (1.0 - share) * weights + share * foreign.weights
        return Head(weights.astype(np.float32))

    def best(self, own_loss: float, learner: Learner) -> str | None:
        """Return the group to move to, if one was clearly better twice running; begin anew.

        Only heads that came since the last look count, and heads of trusted groups stay for mixing.
        """
        losses = {
            group: loss
            for group, head in self._heads.items()
            if (loss := learner.loss(head)) is not None
        }
        self._heads = {group: head for group, head in self._heads.items() if group in self._trust}
        self._comparison, group = self._comparison.after(own_loss, losses, learner.settings.margin)
        return group
