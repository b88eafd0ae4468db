"""The mixture: log odds of the tag model's head, plus gated experts, layer by layer.

``log odds = head(x) + sum over layers, over their open gates, of gate(window) * expert(x)``

Every layer reads the head's inputs, none reads another layer. A window loads the experts whose
gates are open for it, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats
from cgp.experts.gate import Gate, gate_inputs, openings
from cgp.experts.network import Network


@dataclass(frozen=True, slots=True)
class Member:
    """An expert of a layer: its name, the digest of its block, its gate, and a way to load it."""

    name: str
    digest: str
    gate: Gate
    load: Callable[[], Network]


@dataclass(frozen=True, slots=True)
class Layer:
    """Experts of which the ``top_k`` with the greatest gates speak up for a window."""

    name: str
    top_k: int
    members: tuple[Member, ...]

    def openings(self, windows: Floats) -> Floats:
        """Return how far each gate is open, shape ``(windows, members)``."""
        if not self.members:
            return np.zeros((len(windows), 0))
        scores = np.stack([member.gate.score(windows) for member in self.members], axis=1)
        return openings(scores, self.top_k)


@dataclass(frozen=True, slots=True)
class Use:
    """The part of one expert in one window: how far its gate was open."""

    layer: str
    name: str
    digest: str
    opening: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """Accepted experts as one further term of the tag model (``cgp.tagmodel.Addition``)."""

    layers: tuple[Layer, ...]
    id: str = "experts"

    def log_odds(self, inputs: Floats, language: str) -> Floats:
        """Return the experts' part of each candidate's log odds, shape ``(rows,)``."""
        if not len(inputs):
            return np.zeros(0)
        window = gate_inputs(inputs, language)
        total = np.zeros(len(inputs))
        for member, opening in self.open_members(window):
            total += opening * member.load().infer(inputs)
        return total

    def uses(self, inputs: Floats, language: str) -> tuple[Use, ...]:
        """Return the experts that speak up for a window; loads none."""
        if not len(inputs):
            return ()
        window = gate_inputs(inputs, language)
        return tuple(
            Use(layer.name, member.name, member.digest, opening)
            for layer in self.layers
            for member, opening in _open_members(layer, window)
        )

    def open_members(self, window: Floats) -> list[tuple[Member, float]]:
        """Return the experts whose gates are open for a window, and how far; loads none."""
        return [pair for layer in self.layers for pair in _open_members(layer, window)]


def _open_members(layer: Layer, window: Floats) -> list[tuple[Member, float]]:
    values = layer.openings(window[None, :])[0].tolist()
    return [(m, value) for m, value in zip(layer.members, values, strict=True) if value > 0.0]


def with_member(layers: Sequence[Layer], layer: str, member: Member) -> tuple[Layer, ...]:
    """Return layers in which a member stands in place of the one of its name, or is new.

    Raises:
        ValueError: if there is no layer of that name.
    """
    if layer not in {entry.name for entry in layers}:
        raise ValueError(
            f"there is no layer {layer!r}: {', '.join(entry.name for entry in layers)}"
        )
    return tuple(
        Layer(
            entry.name,
            entry.top_k,
            tuple(
                sorted(
                    (*(m for m in entry.members if m.name != member.name), member),
                    key=lambda m: m.name,
                )
            )
            if entry.name == layer
            else entry.members,
        )
        for entry in layers
    )
