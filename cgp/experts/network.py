"""Networks of experts: a small function of a candidate's numbers, with its gradient.

Three architectures: ``linear``, ``mlp`` here and ``fractal`` in ``cgp.fractal``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, Self, TypeAlias

import numpy as np

from cgp.arrays import Floats
from cgp.fractal import FractalNetwork

Parameters: TypeAlias = dict[str, Floats]
"""Parameters of a network by name, float64 while they are computed with, float32 in files."""


class Network(Protocol):
    """A function of rows of numbers; immutable but for training, which makes a new one."""

    @property
    def architecture(self) -> str:
        """The name that ``NETWORKS`` knows."""
        ...

    @property
    def parameters(self) -> Parameters:
        """The parameters by name."""
        ...

    def with_parameters(self, parameters: Parameters) -> Self:
        """Return a network of the same shape with other parameters."""
        ...

    def forward(self, rows: Floats) -> Floats:
        """Return a value for each row, shape ``(rows,)``."""
        ...

    def infer(self, rows: Floats) -> Floats:
        """Return a value for each row as judges and annotators compute it.

        It may be a cheaper path than the one that is trained.
        """
        ...

    def gradient(self, rows: Floats, slopes: Floats) -> Parameters:
        """Return the gradient of a loss whose slope in each output is ``slopes``."""
        ...

    def operations(self) -> int:
        """Return the multiplications of one row: the measure of speed that is alike everywhere."""
        ...


class LinearNetwork:
    """``w x + b``."""

    architecture = "linear"

    def __init__(self, parameters: Parameters) -> None:
        _require(parameters, {"w": 1, "b": 1})
        self.parameters = parameters

    @classmethod
    def start(cls, inputs: int, seed: int = 0) -> Self:  # noqa: ARG003 - as every start
        """Return a network that adds nothing."""
        return cls({"w": np.zeros(inputs), "b": np.zeros(1)})

    def with_parameters(self, parameters: Parameters) -> Self:
        """Return a network of the same shape with other parameters."""
        return type(self)(parameters)

    def forward(self, rows: Floats) -> Floats:
        """Return a value for each row."""
        return np.asarray(rows @ self.parameters["w"] + self.parameters["b"][0])

    def infer(self, rows: Floats) -> Floats:
        """Return a value for each row."""
        return self.forward(rows)

    def gradient(self, rows: Floats, slopes: Floats) -> Parameters:
        """Return the gradient; see ``Network``."""
        return {"w": rows.T @ slopes, "b": np.array([slopes.sum()])}

    def operations(self) -> int:
        """Return the multiplications of one row."""
        return len(self.parameters["w"])


class MlpNetwork:
    """``v tanh(U x + c)``: one hidden layer. It starts as a function that adds nothing (v = 0)."""

    architecture = "mlp"

    def __init__(self, parameters: Parameters) -> None:
        _require(parameters, {"u": 2, "c": 1, "v": 1})
        if not len(parameters["v"]) == len(parameters["c"]) == parameters["u"].shape[1]:
            raise ValueError("u has one column for each entry of c and of v")
        self.parameters = parameters

    @classmethod
    def start(cls, inputs: int, seed: int = 0, *, width: int = 16) -> Self:
        """Return a network that adds nothing, with random directions to learn from."""
        random = np.random.default_rng(seed)
        return cls(
            {
                "u": random.normal(size=(inputs, width)) / np.sqrt(inputs),
                "c": np.zeros(width),
                "v": np.zeros(width),
            }
        )

    def with_parameters(self, parameters: Parameters) -> Self:
        """Return a network of the same shape with other parameters."""
        return type(self)(parameters)

    def forward(self, rows: Floats) -> Floats:
        """Return a value for each row."""
        return np.asarray(self._activations(rows) @ self.parameters["v"])

    def infer(self, rows: Floats) -> Floats:
        """Return a value for each row."""
        return self.forward(rows)

    def gradient(self, rows: Floats, slopes: Floats) -> Parameters:
        """Return the gradient; see ``Network``."""
        activations = self._activations(rows)
        # The slope of tanh is 1 less its square.
        below = slopes[:, None] * self.parameters["v"] * (1.0 - activations**2)
        return {"u": rows.T @ below, "c": below.sum(axis=0), "v": activations.T @ slopes}

    def operations(self) -> int:
        """Return the multiplications of one row."""
        return self.parameters["u"].size + len(self.parameters["v"])

    def _activations(self, rows: Floats) -> Floats:
        return np.asarray(np.tanh(rows @ self.parameters["u"] + self.parameters["c"]))


def _require(parameters: Mapping[str, Floats], dimensions: Mapping[str, int]) -> None:
    if parameters.keys() != dimensions.keys():
        names = ", ".join(sorted(parameters))[:200]
        raise ValueError(f"the tensors are {', '.join(sorted(dimensions))}, not {names}")
    for name, count in dimensions.items():
        if parameters[name].ndim != count:
            raise ValueError(f"{name} has {count} dimensions, not {parameters[name].ndim}")


NETWORKS: Mapping[str, Callable[[Parameters], Network]] = {
    "linear": LinearNetwork,
    "mlp": MlpNetwork,
    "fractal": FractalNetwork,
}
"""Makes a network of its parameters, by the name of its architecture."""


def start(architecture: str, inputs: int, seed: int = 0) -> Network:
    """Return a network of an architecture that adds nothing yet.

    Raises:
        ValueError: if the architecture is unknown.
    """
    if architecture not in _STARTS:
        raise ValueError(f"{architecture!r} is not an architecture: {', '.join(_STARTS)}")
    return _STARTS[architecture](inputs, seed)


_STARTS: Mapping[str, Callable[[int, int], Network]] = {
    "linear": LinearNetwork.start,
    "mlp": MlpNetwork.start,
    "fractal": FractalNetwork.start,
}
