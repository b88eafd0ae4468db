"""Local nodes as their files show them, while they run or after: for status, page and timeline."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cgp.mycelium.evolution import lineage_of
from cgp.mycelium.memory import LOSS_ALONE, LOSS_RELEASED, MEMORY_FILE, cost_of, rows_of
from cgp.mycelium.node_plan import PLAN_FILE, NodePlan, address_of


@dataclass(frozen=True)
class RoundView:
    """A round that a node closed. Losses are None where the node holds nothing out.

    ``nodes`` is the number of updates that it counted, 0 for rounds that are long past. The first
    round's is always there.
    """

    group: str
    round: int
    head: str
    loss: float | None
    own_loss: float | None
    nodes: int
    members: int
    is_accepted: bool
    at: float


@dataclass(frozen=True)
class EventView:
    """One event of a node's timeline."""

    node: str
    at: float
    kind: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class NodeView:
    """A node: its name, address and group; its rounds, the oldest first; faults that it saw.

    ``node`` is the address of its own key, empty where it has none or signs with a hotkey.
    ``loss_released`` is the held-out loss of the released head, ``loss_alone`` that of the best
    that it has without others; None where they were not measured. ``epsilon`` is what its updates
    cost so far, 0 where they had no noise; ``budget`` the most.
    """

    name: str
    node: str
    group: str
    rounds: tuple[RoundView, ...]
    epsilon: float
    budget: float
    faults: tuple[tuple[str, str, int], ...]
    generations: int
    settings: Mapping[str, float]
    loss_released: float | None = None
    loss_alone: float | None = None

    @property
    def first_loss(self) -> float | None:
        """Held-out loss of the head in use before the first round."""
        return self.rounds[0].own_loss if self.rounds else None

    @property
    def best_loss(self) -> float | None:
        """Least held-out loss of a head that it accepted."""
        losses = [r.loss for r in self.rounds if r.is_accepted and r.loss is not None]
        starts = [r.own_loss for r in self.rounds if r.own_loss is not None]
        return min([*losses, *starts], default=None)


def node_folders(folder: Path) -> list[Path]:
    """Return the folders of the nodes in a folder, by name."""
    return sorted(path.parent for path in folder.glob(f"*/{PLAN_FILE}"))


def node_view(folder: Path) -> NodeView:
    """Read one node.

    Raises:
        ValueError: if what is in it is wrong.
        OSError: if a file of it cannot be read.
    """
    plan, path = NodePlan.read(folder), folder / MEMORY_FILE
    facts = {row["name"]: row["value"] for row in rows_of(path, "SELECT * FROM facts")}
    rounds = rows_of(
        path,
        'SELECT r.*, (SELECT count(*) FROM counted c WHERE c."group" = r."group"'
        " AND c.round = r.round) AS nodes FROM rounds r ORDER BY r.rowid",
    )
    cost = cost_of(path)
    faults = rows_of(path, "SELECT node, fault, count FROM faults ORDER BY count DESC LIMIT 50")
    generations = rows_of(path, "SELECT document FROM generations ORDER BY number")
    # The start of a lineage has no loss yet, and its settings are the usual ones.
    lineage = lineage_of(row["document"] for row in generations)
    latest = asdict(lineage[-1].settings) if lineage else {}
    return NodeView(
        plan.name,
        "" if plan.hotkey else address_of(folder),
        facts.get("group", ""),
        tuple(_round(row) for row in rounds),
        cost.epsilon(),
        plan.epsilon,
        tuple((row["node"], row["fault"], row["count"]) for row in faults),
        len(lineage),
        {name: value for name, value in latest.items() if math.isfinite(value)},
        *(float(facts[name]) if name in facts else None for name in (LOSS_RELEASED, LOSS_ALONE)),
    )


def node_events(folder: Path) -> list[EventView]:
    """Read the events of one node, the oldest first.

    Raises:
        ValueError: if what is in it is wrong.
        OSError: if a file of it cannot be read.
    """
    plan, path = NodePlan.read(folder), folder / MEMORY_FILE
    rows = rows_of(path, "SELECT at, kind, details FROM events ORDER BY number")
    return [
        EventView(plan.name, row["at"], row["kind"], json.loads(row["details"])) for row in rows
    ]


def _round(row: sqlite3.Row) -> RoundView:
    return RoundView(
        row["group"],
        row["round"],
        row["head"],
        row["loss"],
        row["own_loss"],
        row["nodes"],
        row["members"],
        bool(row["accepted"]),
        row["closed_at"],
    )
