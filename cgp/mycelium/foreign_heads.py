"""Heads of other groups, as a node sees them on its own held-out windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cgp.mycelium.choice import Comparison, is_acceptable
from cgp.mycelium.learner import Learner
from cgp.mycelium.spore_state import KnownGroup
from cgp.mycelium.updates import Update, UpdateKind, digest_of_head
from cgp.tagmodel import Head

_MOST: Final = 16
# Heads of other groups that are asked for in a round, beside those of trusted ones.
_MOST_LOOKS: Final = 3


@dataclass(frozen=True)
class Traveller:
    """A head that came from another group and was trained further here.

    ``lineage`` names the heads that it came from (digests), the youngest first; ``settings`` are
    its settings of training here, as updates carry them.
    """

    head: Head
    lineage: tuple[str, ...]
    settings: Mapping[str, int]

    def to_update(self, kind: UpdateKind, to: str, place: tuple[str, int], time_ms: int) -> Update:
        """Return the message that hands the head to a node that asked; it counts in no round.

        ``place`` is the group of the sender, and its open round.
        """
        parent = self.lineage[0] if self.lineage else digest_of_head(self.head.weights)
        return Update(
            *place, self.head.weights, 1, parent, time_ms, self.lineage, self.settings,
            kind=kind, to=to,
        )  # fmt: skip


class HeadRequests:
    """Requests for heads of other groups that were not answered yet; the oldest of many lapse."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, UpdateKind], str] = {}

    def add(self, node: str, group: str) -> None:
        """Keep that a node was asked for its group's head, and for the one that travels."""
        for kind in (UpdateKind.MOVE, UpdateKind.TRAVEL):
            self._groups.pop((node, kind), None)
            self._groups[node, kind] = group
        while len(self._groups) > 2 * _MOST:
            self._groups.pop(next(iter(self._groups)))

    def answered_by(self, update: Update) -> bool:
        """Tell if a head was asked for; a second answer to the same request was not."""
        return self._groups.pop((update.node, update.kind), None) == update.group


class ForeignHeads:
    """The latest head of each other group that came, at most ``_MOST`` and the trusted ones.

    ``trust`` maps groups to the share with which their head is mixed into the own group's.
    """

    def __init__(self, trust: Mapping[str, float]) -> None:
        self._trust = trust
        self._heads: dict[str, Head] = {}
        self._comparison = Comparison()

    def to_ask(self, groups: Sequence[KnownGroup], random: np.random.Generator) -> list[KnownGroup]:
        """Return the groups whose heads are asked for in this round.

        Trusted groups come first, then groups that were better at the last look, then others by
        chance: sizes are claims, and invented groups must not push out the real ones.
        """
        leading = self._comparison.leads.keys()
        ordered = sorted(
            groups,
            key=lambda group: (
                group.name not in self._trust,
                group.name not in leading,
                random.random(),
            ),
        )
        return ordered[: max(_MOST_LOOKS, len(self._trust))]

    def add(self, update: Update) -> None:
        """Keep a group's head that came."""
        # A flood of invented groups must not fill the memory, nor keep a trusted group out.
        if len(self._heads) < _MOST or update.group in self._heads or update.group in self._trust:
            self._heads[update.group] = update.as_head()

    def mix(self, own_group: str, head: Head, learner: Learner) -> Head:
        """Return the own group's head with the heads of trusted groups mixed in.

        One that is worse on the held-out windows is left out, and all are where none is held out.
        """
        # A node that moved to a trusted group has an old head of what is now its own.
        trusted = {
            group: foreign
            for group in self._trust
            if group != own_group and (foreign := self._heads.get(group)) is not None
        }
        own_loss = learner.loss(head) if trusted else None
        if own_loss is None:
            return head
        weights = head.weights.astype(np.float64)
        for group, foreign in trusted.items():
            foreign_loss = learner.loss(foreign)
            if foreign_loss is not None and is_acceptable(foreign_loss, own_loss):
                share = self._trust[group]
                weights = (1.0 - share) * weights + share * foreign.weights
        return Head(weights.astype(np.float32))

    def best(self, own_group: str, own_head: Head, learner: Learner) -> str | None:
        """Return the group to move to, if one was clearly better twice running; begin anew.

        ``own_head`` is the own group's. Only heads that came since the last look count, and heads
        of trusted groups stay for mixing. Without held-out windows nothing is better.
        """
        own_losses = learner.losses(own_head)
        if own_losses is None:
            return None
        other_losses = {
            group: losses
            for group, head in self._heads.items()
            if group != own_group and (losses := learner.losses(head)) is not None
        }
        self._heads = {group: head for group, head in self._heads.items() if group in self._trust}
        self._comparison, group = self._comparison.after(
            own_losses, other_losses, learner.settings.margin
        )
        return group
