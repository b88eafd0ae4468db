"""Training of experts and their gates: all of a layer, or some of them while the rest stay frozen.

Full batches, Adam with a bounded step, and early stopping on conversations that are held out; the
same table and seed give the same expert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats
from cgp.experts.errors import ExpertsError
from cgp.experts.gate import Gate, openings
from cgp.experts.network import Network, Parameters
from cgp.experts.window_table import WindowTable
from cgp.fractal.adam import Adam
from cgp.tagmodel.head import logistic

_GATE = "gate"
# A gate begins as open as this (log odds): an expert that is shut learns nothing.
START_OPENING = 1.0


class TrainingError(ExpertsError, code="experts.training", remedy="lower the learning rate"):
    """Training gave numbers that are not finite; nothing is changed."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Settings of a training run of at most ``steps`` steps.

    ``rate`` is the learning rate, ``clip`` the maximum length of a gradient. ``pull`` is the
    strength of the quadratic pull of an expert's weights towards 0, ``gate_pull`` the same for its
    gate, which stays as it is without ``learns_gate``. ``held_out`` is the share of conversations
    that training does not see: every ``look_every`` steps their loss is measured, and training ends
    after ``patience`` measurements without a gain. With 0 training sees all conversations and takes
    all ``steps``: the pull alone keeps an expert from learning by heart. ``seed`` draws the
    conversations that are held out.
    """

    steps: int = 300
    rate: float = 0.01
    pull: float = 1e-3
    gate_pull: float = 1e-3
    learns_gate: bool = True
    patience: int = 8
    look_every: int = 5
    held_out: float = 0.2
    clip: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Pupil:
    """An expert in training: network and gate weights (float64, shape ``(inputs + 1,)``)."""

    network: Network
    gate: Floats
    learns: bool = True

    def frozen_gate(self) -> Gate:
        """Return the gate as it is stored."""
        return Gate(self.gate.astype(np.float32))


@dataclass(frozen=True)
class TrainingResult:
    """Experts after training, and the losses before and after (nats) on held-out windows.

    Where no window is held out, the losses are those of all windows.
    """

    pupils: tuple[Pupil, ...]
    loss_before: float
    loss_after: float
    steps: int


def open_gate(inputs: int) -> Floats:
    """Return the weights of a gate that is as open for every window."""
    weights = np.zeros(inputs + 1)
    weights[-1] = START_OPENING
    return weights


def gates_by_windows(windows: Floats, count: int, seed: int, *, sharpness: float = 1.0) -> Floats:
    """Return weights of gates that divide windows among them, shape ``(count, inputs + 1)``.

    Each gate leans towards one window; the windows are drawn as far from each other as in
    k-means++.
    """
    random = np.random.default_rng(seed)
    offsets = windows - windows.mean(axis=0)
    picks = [int(random.integers(len(windows)))]
    while len(picks) < count:
        gaps = np.min([((offsets - offsets[p]) ** 2).sum(axis=1) for p in picks], axis=0)
        shares = gaps / gaps.sum() if gaps.sum() > 0 else np.full(len(windows), 1 / len(windows))
        picks.append(int(random.choice(len(windows), p=shares)))
    rows = offsets[picks]
    # At its own window a gate is as open as an open one; at the mean it leans the other way.
    norms = np.maximum((rows**2).sum(axis=1, keepdims=True), 1e-9)
    directions = sharpness * 2.0 * rows / norms
    bias = START_OPENING - sharpness - directions @ windows.mean(axis=0)
    return np.hstack([directions, bias[:, None]])


def train(
    table: WindowTable,
    offset: Floats,
    pupils: Sequence[Pupil],
    top_k: int,
    plan: TrainingPlan | None = None,
) -> TrainingResult:
    """Train the experts of one layer that learn; the others of ``pupils`` stay as they are.

    ``offset`` holds the log odds of everything outside the layer, shape ``(rows,)``.

    Raises:
        ValueError: if a number of ``offset`` is not finite, or too few conversations are there.
        TrainingError: if a step gives numbers that are not finite.
    """
    plan = plan or TrainingPlan()
    if offset.shape != (len(table.inputs),) or not np.isfinite(offset).all():
        raise ValueError("the offset has one finite number for each candidate")
    inner, outer = _parts(table, offset, top_k, plan)
    current = tuple(pupils)
    before = best_loss = outer.loss(current)
    best, idle_looks, step = current, 0, 0
    steps = _Steps(plan, len(current))
    for step in range(1, plan.steps + 1):
        current = steps.step(current, inner.gradients(current))
        if step % plan.look_every:
            continue
        loss = outer.loss(current)
        if not np.isfinite(loss):
            raise TrainingError(f"the loss is {loss} after {step} steps of rate {plan.rate:g}")
        idle_looks = 0 if loss < best_loss else idle_looks + 1
        # The best look counts, not the last step: training on longer only fits what it sees.
        if loss < best_loss or inner is outer:
            best, best_loss = current, loss
        if idle_looks >= plan.patience and inner is not outer:
            break
    return TrainingResult(best, before, best_loss, step)


def _parts(
    table: WindowTable, offset: Floats, top_k: int, plan: TrainingPlan
) -> tuple[_Layer, _Layer]:
    """Return the windows to learn from and the windows to look at; one part if none is held out."""
    if not plan.held_out:
        whole = _Layer(table, offset, top_k)
        return whole, whole
    learning, held_out = table.split(plan.held_out, plan.seed)
    # The offset is split as the windows are: by conversation, in their order.
    of_window = np.isin(np.asarray(table.origins), sorted(set(held_out.origins)))
    is_held_out = of_window[table.window_of_row]
    return (
        _Layer(learning, offset[~is_held_out], top_k),
        _Layer(held_out, offset[is_held_out], top_k),
    )


class _Layer:
    """Loss of a layer's experts on a table, and its gradient."""

    def __init__(self, table: WindowTable, offset: Floats, top_k: int) -> None:
        self._table = table
        self._offset = offset
        self._top_k = top_k
        self._credit = table.credit.astype(np.float64)

    def loss(self, pupils: Sequence[Pupil]) -> float:
        log_odds, _, _ = self._forward(pupils)
        return float(self._table.losses(log_odds).mean())

    def gradients(self, pupils: Sequence[Pupil]) -> list[Parameters]:
        """Return the gradients of each expert's parameters, its gate's under ``gate``."""
        table = self._table
        log_odds, opening, outputs = self._forward(pupils)
        slopes = table.row_weights * (logistic(log_odds) - self._credit) / len(table)
        gradients: list[Parameters] = []
        for number, pupil in enumerate(pupils):
            if not pupil.learns:
                gradients.append({})
                continue
            by_window = opening[:, number]
            gradient = pupil.network.gradient(table.rows, slopes * by_window[table.window_of_row])
            pull = table.layout.fold(np.add, slopes * outputs[:, number])
            # The slope of a sigmoid is its value times the rest to 1; a shut gate has none.
            gate_slopes = pull * by_window * (1.0 - by_window)
            gradients.append(
                gradient | {_GATE: np.append(table.windows.T @ gate_slopes, gate_slopes.sum())}
            )
        return gradients

    def _forward(self, pupils: Sequence[Pupil]) -> tuple[Floats, Floats, Floats]:
        """Return the log odds, the openings ``(windows, experts)`` and outputs ``(rows,
        experts)``.
        """
        table = self._table
        scores = np.stack([table.windows @ p.gate[:-1] + p.gate[-1] for p in pupils], axis=1)
        opening = openings(scores, self._top_k)
        # An expert that is frozen stands beside the others as annotators use it.
        outputs = np.stack(
            [
                p.network.forward(table.rows) if p.learns else p.network.infer(table.rows)
                for p in pupils
            ],
            axis=1,
        )
        terms = (opening[table.window_of_row] * outputs).sum(axis=1)
        return self._offset + terms, opening, outputs


class _Steps:
    """Steps of the experts that learn: Adam, and a pull of each weight towards 0."""

    def __init__(self, plan: TrainingPlan, count: int) -> None:
        self._plan = plan
        self._optimisers = [Adam(plan.rate, plan.clip) for _ in range(count)]

    def step(self, pupils: Sequence[Pupil], gradients: Sequence[Parameters]) -> tuple[Pupil, ...]:
        return tuple(
            self._step_of(optimiser, pupil, gradient) if pupil.learns else pupil
            for optimiser, pupil, gradient in zip(self._optimisers, pupils, gradients, strict=True)
        )

    def _step_of(self, optimiser: Adam, pupil: Pupil, gradient: Parameters) -> Pupil:
        values = {**pupil.network.parameters, _GATE: pupil.gate}
        pulls = {n: self._plan.gate_pull if n == _GATE else self._plan.pull for n in values}
        slopes = {name: gradient[name] + pulls[name] * value for name, value in values.items()}
        parameters = optimiser.step(values, slopes)
        gate = parameters.pop(_GATE)
        return Pupil(
            pupil.network.with_parameters(parameters),
            gate if self._plan.learns_gate else pupil.gate,
        )
