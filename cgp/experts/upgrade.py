"""Training of one expert over a mixture that stands, everything else frozen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgp.arrays import Floats
from cgp.experts.gate import GATE_INPUTS
from cgp.experts.judge import Change, Measurement, Rule, is_no_worse, measure
from cgp.experts.mixture import Layer, Member, with_member
from cgp.experts.network import Network, start
from cgp.experts.training import Pupil, TrainingPlan, TrainingResult, open_gate
from cgp.experts.training import train as train_layer
from cgp.experts.window_table import WindowTable, added_log_odds, base_log_odds
from cgp.fractal import FractalNetwork, Growth, grow, merge_alike
from cgp.tagmodel.head import INPUTS, Head, logistic


def train_expert(
    head: Head,
    layers: Sequence[Layer],
    name: str,
    architecture: str,
    *,
    table: WindowTable,
    plan: TrainingPlan,
    network: Network | None = None,
    gate: Floats | None = None,
) -> TrainingResult:
    """Train ``name`` (``layer.expert``), which is the last of the result's experts.

    It goes on from ``network`` (and ``gate``), or from the expert of that name where it has this
    architecture, or else begins as a function that adds nothing.

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
    if gate is not None:
        pupil = Pupil(pupil.network, gate)
    if network is None and old is not None and old.load().architecture == architecture:
        pupil = _pupil(old, learns=True)
    return train_layer(table, offset, [*frozen, pupil], layer.top_k, plan)


def grow_expert(
    head: Head,
    layers: Sequence[Layer],
    name: str,
    *,
    table: WindowTable,
    plan: TrainingPlan,
    gate: Floats | None = None,
    most_leaves: int = 8,
) -> tuple[Pupil, tuple[Growth, ...]]:
    """Train a fractal expert, and let it grow where the judge's own test says that it pays.

    Pairs of leaves that say the same are merged afterwards, where the same test says that nothing
    gets worse. A third of the conversations are held out for it; the tree that they gave is then
    trained on all of the table. The gate begins as ``gate`` where one is given, and stays during
    growth. The network that is returned is the very one that a file gives back.

    Raises:
        ValueError: as ``train_expert``.
    """
    learning, back = table.split(1 / 3, plan.seed + 1)
    first = train_expert(
        head, layers, name, "fractal", table=learning, plan=plan, gate=gate
    ).pupils[-1]
    layer = name.partition(".")[0]

    def with_network(network: FractalNetwork) -> tuple[Layer, ...]:
        member = Member(name, "", first.frozen_gate(), lambda: network)
        return with_member(layers, layer, member)

    def train(network: FractalNetwork) -> FractalNetwork:
        result = train_expert(
            head, layers, name, "fractal", table=learning, plan=plan, network=network,
            gate=first.gate,
        )  # fmt: skip
        later = result.pupils[-1].network
        assert isinstance(later, FractalNetwork)
        return later

    def slopes_of(network: FractalNetwork) -> Floats:
        log_odds = base_log_odds(head, learning) + added_log_odds(with_network(network), learning)
        return learning.row_weights * (logistic(log_odds) - learning.credit)

    # The judge's rule, but for the size of its hold-out: few windows only make it stricter. There
    # are no random directions: nobody is paid here, and the judge draws them once, for the whole.
    rule = Rule(least_windows=1, null_draws=0)

    def compare(before: FractalNetwork, after: FractalNetwork) -> Measurement:
        change = Change("", with_network(before), with_network(after), layer, name)
        return measure(head, change, back, rule)

    def pays(rival: FractalNetwork, candidate: FractalNetwork) -> bool:
        return compare(rival, candidate).is_accepted

    def costs_nothing(greater: FractalNetwork, smaller: FractalNetwork) -> bool:
        return is_no_worse(compare(greater, smaller), rule)

    network = first.network
    assert isinstance(network, FractalNetwork)
    tree, divisions = grow(
        network, learning.rows, slopes_of, train, pays, most_leaves=most_leaves, seed=plan.seed
    )
    tree, merges = merge_alike(tree, learning.rows, train, costs_nothing)
    # A single node begins anew: the one above has seen only two thirds of the windows.
    last = train_expert(
        head, layers, name, "fractal", table=table, plan=plan,
        network=None if len(tree.nodes) == 1 else tree,
        gate=gate if len(tree.nodes) == 1 else first.gate,
    ).pupils[-1]  # fmt: skip
    assert isinstance(last.network, FractalNetwork)
    return Pupil(last.network.as_stored(), last.gate), (*divisions, *merges)


def _pupil(member: Member, *, learns: bool) -> Pupil:
    return Pupil(member.load(), member.gate.weights.astype(np.float64), learns)
