"""A node's learning: its windows to train on, its windows held out, and its settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cgp.arrays import Floats
from cgp.experts.window_table import WindowTable
from cgp.mycelium.choice import is_acceptable
from cgp.mycelium.evolution import Generation, evolve
from cgp.mycelium.training import TrainingSettings, loss, losses, train, train_shared, train_update
from cgp.mycelium.wire import MICRO
from cgp.tagmodel import Head

PULLS_ALONE = (3.0, 10.0, 30.0, 100.0)
"""Strengths of the pull that a node without others chooses among."""
HELD_OUT: float = 0.3
"""Share of a node's conversations that it never trains on."""


@dataclass(frozen=True)
class Learner:
    """Tables of windows, the released head that anchors training, and the settings in use.

    ``held_out`` is None where all windows come from one conversation.
    """

    learn: WindowTable
    held_out: WindowTable | None
    release: Head
    settings: TrainingSettings

    @classmethod
    def of(cls, table: WindowTable, release: Head, settings: TrainingSettings, seed: int) -> Self:
        """Return a learner over ``table``, with a share of its conversations held out."""
        if len(set(table.origins)) < 2:
            return cls(table, None, release, settings)
        return cls(*table.split(HELD_OUT, seed), release, settings)

    @property
    def weight(self) -> int:
        """Number of windows that the node trains on."""
        return len(self.learn)

    def train(self, start: Head, members: int = 1) -> Head:
        """Return the head after training from ``start``, that of a group of ``members`` nodes."""
        return train(self.learn, start, self.release, self.settings, members=members)

    def train_update(self, start: Head, number: int, members: int) -> Head:
        """Return the head that the node sends in a round, trained from ``start``."""
        return train_update(
            self.learn, start, self.release, self.settings, number=number, members=members
        )

    def heads_of_round(
        self, start: Head, number: int, members: int, *, is_open: bool
    ) -> tuple[Head, Head]:
        """Return the head of a round, sent where ``is_open``, and a head trained in two steps.

        Under a budget of privacy a group's head holds one number of its members' windows alone. So
        neither head is sent, and the node trains as if it were its only member.

        The head that is sent is trained by the settings that all nodes begin with: a step is as
        long as the pull is weak, so a node with evolved ones would stand out. They serve its own
        head.
        """
        if not is_open:
            return self.train(start), self.train_in_two_steps(start)
        sent = self.with_settings(TrainingSettings()).train_update(start, number, members)
        return sent, self.train_in_two_steps(start, members)

    def train_shared(self, group: Head) -> Head:
        """Return the group's head after training the number that a budget of privacy lets out."""
        return train_shared(self.learn, group)

    def train_in_two_steps(self, start: Head, members: int = 1) -> Head:
        """Return the head after training that number and the bias first, and then all numbers.

        Of few windows the usual training learns too little how much the base's score counts.
        """
        return self.train(self.train_shared(start), members)

    def losses_alone(self) -> tuple[float, float] | None:
        """Return the held-out losses of the released head and of the best that the node has alone.

        That is the released one, or one that it trains from it in either way with a pull of one of
        several strengths. None where nothing is held out.
        """
        heads = [self.release]
        for pull in PULLS_ALONE:
            learner = self.with_settings(replace(self.settings, pull=pull))
            heads += [learner.train(self.release), learner.train_in_two_steps(self.release)]
        losses = [own_loss for head in heads if (own_loss := self.loss(head)) is not None]
        return (losses[0], min(losses)) if losses else None

    def loss(self, head: Head) -> float | None:
        """Return the held-out loss of a head, None where nothing is held out."""
        return None if self.held_out is None else loss(head, self.held_out)

    def acceptance(self, head: Head, own: Head) -> tuple[bool, float | None, float | None]:
        """Tell if a head is no worse than the own one on held-out windows; with both losses."""
        new_loss, own_loss = self.loss(head), self.loss(own)
        if new_loss is None or own_loss is None:
            return False, new_loss, own_loss
        return is_acceptable(new_loss, own_loss), new_loss, own_loss

    def loss_micro(self, head: Head) -> int:
        """Return a head's held-out loss in millionths, as messages carry it; 0 without one."""
        held_out_loss = self.loss(head)
        return 0 if held_out_loss is None else round(min(held_out_loss, 1e6) * MICRO)

    def losses(self, head: Head) -> Floats | None:
        """Return a head's loss of each held-out window, None where nothing is held out."""
        return None if self.held_out is None else losses(head, self.held_out)

    def evolve(
        self,
        lineage: Sequence[Generation],
        start: Head,
        random: np.random.Generator,
        members: int = 1,
    ) -> Generation:
        """Return the next step of evolution of the settings, trained from ``start``."""

        def fitness(settings: TrainingSettings) -> float:
            held_out_loss = self.loss(replace(self, settings=settings).train(start, members))
            # Without held-out windows no change can show that it is better.
            return math.inf if held_out_loss is None else held_out_loss

        return evolve(lineage, fitness, random)

    def with_settings(self, settings: TrainingSettings) -> Self:
        """Return the learner with other settings."""
        return replace(self, settings=settings)
