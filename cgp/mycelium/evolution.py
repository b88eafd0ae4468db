"""Evolution of a node's training settings: (1 + lambda), by its own held-out loss.

Each time ``OFFSPRING`` changed copies of the settings are tried beside them. The best takes their
place if it is better on windows that nobody trained on; else they stay. Every step is kept, with
the settings that it came from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from cgp.mycelium.training import MAX_ITERATIONS, MAX_PULL, TrainingSettings

OFFSPRING: Final = 2
# A step of a setting's logarithm: most steps are within a factor of two.
_STEP: Final = 0.5
_LEAST_PULL: Final = 0.01
# The training whose settings these are. Another one's mean something else: a node that kept them
# would stand out in its group.
_TRAINING: Final = 2


@dataclass(frozen=True, slots=True)
class Generation:
    """One step: its number from 0, the settings that stand after it, and their held-out loss.

    ``is_new`` says that a changed copy took the place of the settings of the step before.
    """

    number: int
    settings: TrainingSettings
    loss: float
    is_new: bool

    def to_json(self) -> Mapping[str, Any]:
        """Return the step as JSON-compatible data."""
        return {**asdict(self), "training": _TRAINING}


def lineage_of(documents: Iterable[str]) -> tuple[Generation, ...]:
    """Read the steps of a lineage, as JSON of ``to_json``; without those of another training."""
    steps = [json.loads(document) for document in documents]
    return tuple(
        Generation(
            step["number"], TrainingSettings(**step["settings"]), step["loss"], step["is_new"]
        )
        for step in steps
        if step.get("training") == _TRAINING
    )


def mutate(settings: TrainingSettings, random: np.random.Generator) -> TrainingSettings:
    """Return settings of which each number is multiplied by a random factor near 1."""
    factors = np.exp(random.normal(scale=_STEP, size=4))
    return replace(
        settings,
        pull=_within(settings.pull * factors[0], _LEAST_PULL, MAX_PULL),
        anchor=_within(settings.anchor * factors[1], _LEAST_PULL, MAX_PULL),
        iterations=_within(settings.iterations * factors[2], 1.0, MAX_ITERATIONS),
        margin=_within(settings.margin * factors[3], 0.005, 0.2),
    )


def evolve(
    lineage: Sequence[Generation],
    fitness: Callable[[TrainingSettings], float],
    random: np.random.Generator,
) -> Generation:
    """Return the next generation; ``fitness`` gives the held-out loss after training.

    The parent is measured again: its windows and its group's head may have changed since.

    Raises:
        ValueError: if the lineage is empty.
    """
    if not lineage:
        raise ValueError("a lineage begins with the settings at the start")
    parent = lineage[-1]
    best, best_loss = parent.settings, fitness(parent.settings)
    for _ in range(OFFSPRING):
        child = mutate(parent.settings, random)
        loss = fitness(child)
        # Only a finite, lower loss wins; NaN compares as False.
        if loss < best_loss:
            best, best_loss = child, loss
    return Generation(parent.number + 1, best, best_loss, best != parent.settings)


def first_generation(settings: TrainingSettings) -> Generation:
    """Return the start of a lineage; its loss is not known yet."""
    return Generation(0, settings, math.inf, is_new=True)


def _within(value: float, low: float, high: float) -> float:
    return float(min(high, max(low, value)))
