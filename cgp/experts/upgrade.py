"""Training of one expert over a mixture that stands, everything else frozen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgp.experts.gate import GATE_INPUTS
from cgp.experts.mixture import Layer, Member
from cgp.experts.network import Network, start
from cgp.experts.training import Plan, Pupil, TrainingResult, open_gate
from cgp.experts.training import train as train_layer
from cgp.experts.window_table import WindowTable, added_log_odds, base_log_odds
from cgp.tagmodel.head import INPUTS, Head


def train_expert(
    head: Head,
    layers: Sequence[Layer],
    name: str,
    architecture: str,
    *,
    table: WindowTable,
    plan: Plan,
    network: Network | None = None,
) -> TrainingResult:
    """Train ``name`` (``layer.expert``), which is the last of the result's experts.

    It goes on from ``network``, or from the expert of that name where it has this architecture, or
    else begins as a function that adds nothing.

    Raises:
        ValueError: if there is no such layer or architecture, or there are too few conversations.
    """
    layer = next((entry for entry in layers if entry.name == name.partition(".")[0]), None)
    if layer is None:
        raise ValueError(f"{name}: the layers are {', '.join(entry.name for entry in layers)}")
    other_layers = [entry for entry in layers if entry.name != layer.name]
    offset = base_log_odds(head, table) + added_log_odds(other_layers, table)
    frozen = [_pupil(member, learns=False) for member in layer.members if member.name != name]
    old = next((member for member in layer.members if member.name == name), None)
    pupil = Pupil(network or start(architecture, INPUTS, plan.seed), open_gate(GATE_INPUTS))
    if network is None and old is not None and old.load().architecture == architecture:
        pupil = _pupil(old, learns=True)
    return train_layer(table, offset, [*frozen, pupil], layer.top_k, plan)


def _pupil(member: Member, *, learns: bool) -> Pupil:
    return Pupil(member.load(), member.gate.weights.astype(np.float64), learns)
