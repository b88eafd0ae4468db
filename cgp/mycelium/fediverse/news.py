"""News of a node: a new best model, read from the node's file while the node is at work.

A round is news once its model beat the held-out loss of all earlier news by ``LEAST_GAIN``. A node
under a budget of privacy tells no losses: they say something of its private windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp.mycelium.memory import rows_of
from cgp.mycelium.node_plan import PLAN_FILE, NodePlan

LEAST_GAIN: Final = 0.02
"""Least share by which a model must beat the last that was told of: smaller gains are noise."""

# All rounds since the first, since news is better than all earlier news. Only accepted ones with a
# loss can be the best.
_ROUNDS: Final = (
    'SELECT "group", round, head, loss, members FROM rounds '
    "WHERE accepted AND loss IS NOT NULL ORDER BY rowid"
)
_COST: Final = "SELECT coalesce(max(rho_micro), 0) AS rho FROM updates"


@dataclass(frozen=True, slots=True)
class BestModel:
    """A model that beat all before. ``loss`` is None where the node keeps it to itself."""

    group: str
    round: int
    head: str
    members: int
    loss: float | None

    @property
    def key(self) -> str:
        """Name of this piece of news: the same model is told of once."""
        return f"model-{self.head[:32]}"

    @property
    def text(self) -> str:
        """The post."""
        measure = "" if self.loss is None else f" Loss on my own held-out windows: {self.loss:.4f}."
        return (
            f"A better tag model: round {self.round} of {self.group}, learned with "
            f"{self.members} nodes that show each other no conversation.{measure}"
        )


def best_models(node_file: Path) -> list[BestModel]:
    """Return a node's models that were news, the oldest first; none where it has not begun."""
    cost = rows_of(node_file, _COST)
    # A node may close rounds before it spends anything of its budget.
    tells_loss = not (cost and cost[0]["rho"]) and not _has_budget(node_file.parent)
    models: list[BestModel] = []
    best = float("inf")
    for row in rows_of(node_file, _ROUNDS):
        if row["loss"] < best * (1.0 - LEAST_GAIN):
            best = row["loss"]
            models.append(
                BestModel(
                    row["group"],
                    row["round"],
                    row["head"],
                    row["members"],
                    best if tells_loss else None,
                )
            )
    return models


def _has_budget(folder: Path) -> bool:
    """Tell if the plan of a node's folder has a budget of privacy; one without a plan has none."""
    return (folder / PLAN_FILE).exists() and NodePlan.read(folder).epsilon > 0.0
