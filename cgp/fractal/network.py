"""The fractal network: each node adds a small layer and divides its inputs between two children.

``out(x) = v tanh(U x + c) + s(w x + b) left(x) + (1 - s(w x + b)) right(x)``; a leaf has the first
term alone. The weights of the paths to one depth sum to 1 and tanh is at most 1, so the output
grows with the depth and never by a product of layers: no depth and no input makes it overflow.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Self

import numpy as np

from cgp.arrays import Floats, Ids

MOST_DEPTH = 20
WIDTH = 4
_NODE_TENSORS = ("u", "c", "v")
_GATE_TENSORS = ("w", "b")
# The path from the root in the letters l and r, then the tensor: ``n.lr.u``.
_NAME = re.compile(r"n\.([lr]*)\.([ucvwb])")
# A gate's input beyond this is as good as infinite; numpy's exp would overflow for the squares.
_MOST_INPUT = 1e9


class FractalNetwork:
    """A tree of nodes by their paths (``""`` the root, ``"l"`` its left child).

    The shape of the tree is in the names of its tensors, so a file gives back the same function.

    Raises:
        ValueError: if the tensors are not a whole tree, or their shapes do not fit.
    """

    architecture = "fractal"

    def __init__(self, parameters: Mapping[str, Floats]) -> None:
        self.parameters: dict[str, Floats] = dict(parameters)
        self.nodes = _paths(self.parameters)
        self._known = frozenset(self.nodes)
        self._inputs = _check(self.parameters, self.nodes)

    @classmethod
    def start(cls, inputs: int, seed: int = 0, *, width: int = WIDTH) -> Self:
        """Return a single node that adds nothing, with random directions to learn from."""
        random = np.random.default_rng(seed)
        return cls(_leaf("", inputs, width, random))

    def with_parameters(self, parameters: Mapping[str, Floats]) -> Self:
        """Return a network with other parameters."""
        return type(self)(parameters)

    @property
    def leaves(self) -> tuple[str, ...]:
        """The paths of the nodes without children."""
        return tuple(path for path in self.nodes if f"{path}l" not in self._known)

    @property
    def depth(self) -> int:
        """The length of the longest path; 0 for a single node."""
        return max(len(path) for path in self.nodes)

    def forward(self, rows: Floats) -> Floats:
        """Return a value for each row, by the soft path through all nodes.

        Raises:
            ValueError: if there is no row, or a number is not finite.
        """
        rows = self._check_rows(rows)
        shares = self.shares(rows)
        total = np.zeros(len(rows))
        for path in self.nodes:
            total += shares[path] * self.node_term(path, rows)
        return total

    def forward_hard(self, rows: Floats) -> tuple[Floats, int]:
        """Return a value for each row by its likeliest path, and the most nodes of a row.

        A row passes one node of each depth, not all nodes.
        """
        rows = self._check_rows(rows)
        total = np.zeros(len(rows))
        evaluations = np.zeros(len(rows), dtype=np.int64)
        for path, index in self._hard_paths(rows):
            total[index] += self.node_term(path, rows[index])
            evaluations[index] += 1
        return total, int(evaluations.max())

    def hard_shares(self, rows: Floats) -> dict[str, Floats]:
        """Return 1 for each row whose hard path goes through a node and 0 for others, by node."""
        shares = {path: np.zeros(len(rows)) for path in self.nodes}
        for path, index in self._hard_paths(self._check_rows(rows)):
            shares[path][index] = 1.0
        return shares

    def infer(self, rows: Floats) -> Floats:
        """Return a value for each row by its hard path: the values that count outside training.

        Raises:
            ValueError: if there is no row, or a number is not finite.
        """
        return self.forward_hard(rows)[0]

    def gradient(self, rows: Floats, slopes: Floats) -> dict[str, Floats]:
        """Return the gradient of a loss whose slope in each output is ``slopes``."""
        rows = self._check_rows(rows)
        shares = self.shares(rows)
        below: dict[str, Floats] = {}
        gradients: dict[str, Floats] = {}
        # Children first, so that a node knows the values below it.
        for path in sorted(self.nodes, key=lambda node: -len(node)):
            activations = self._activations(path, rows)
            value = activations @ self._tensor(path, "v")
            weight = slopes * shares[path]
            back = weight[:, None] * self._tensor(path, "v") * (1.0 - activations**2)
            gradients[_name(path, "u")] = rows.T @ back
            gradients[_name(path, "c")] = back.sum(axis=0)
            gradients[_name(path, "v")] = activations.T @ weight
            if f"{path}l" in self._known:
                gate = self._gate(path, rows)
                left, right = below[f"{path}l"], below[f"{path}r"]
                pull = weight * (left - right) * gate * (1.0 - gate)
                gradients[_name(path, "w")] = rows.T @ pull
                gradients[_name(path, "b")] = np.array([pull.sum()])
                value = value + gate * left + (1.0 - gate) * right
            below[path] = value
        return gradients

    def operations(self) -> int:
        """Return the most multiplications of one row by the hard path, which the mixture takes."""
        width = len(self._tensor("", "v"))
        node = self._inputs * width + width
        return (self.depth + 1) * node + self.depth * self._inputs

    def as_stored(self) -> Self:
        """Return the network with the float32 parameters that a file of it has."""
        return type(self)(
            {n: t.astype(np.float32).astype(np.float64) for n, t in self.parameters.items()}
        )

    def shares(self, rows: Floats) -> dict[str, Floats]:
        """Return the weight of each row's path to each node; at one depth they sum to at most
        1.
        """
        shares = {"": np.ones(len(rows))}
        for path in self.nodes:
            if f"{path}l" in self._known:
                gate = self._gate(path, rows)
                shares[f"{path}l"] = shares[path] * gate
                shares[f"{path}r"] = shares[path] * (1.0 - gate)
        return shares

    def split(self, path: str, direction: Floats, threshold: float, seed: int) -> Self:
        """Return a network in which a leaf has two children that add nothing yet.

        The gate divides rows by ``direction`` at ``threshold``. The function stays the same.

        Raises:
            ValueError: if the node is not a leaf, or the tree would be deeper than ``MOST_DEPTH``.
        """
        if path not in self.leaves:
            raise ValueError(f"{path!r} is not a leaf: {', '.join(map(repr, self.leaves))}")
        if len(path) >= MOST_DEPTH:
            raise ValueError(f"a tree is at most {MOST_DEPTH} deep")
        random = np.random.default_rng(seed)
        width = self.parameters[_name(path, "u")].shape[1]
        return type(self)(
            {
                **self.parameters,
                _name(path, "w"): np.asarray(direction, dtype=np.float64),
                _name(path, "b"): np.array([-threshold]),
                **_leaf(f"{path}l", self._inputs, width, random),
                **_leaf(f"{path}r", self._inputs, width, random),
            }
        )

    def without_children(self, path: str) -> Self:
        """Return a network in which a node is a leaf.

        Raises:
            ValueError: if the node has no children.
        """
        if f"{path}l" not in self.nodes:
            raise ValueError(f"{path!r} has no children")
        names = {
            name
            for node in self.nodes
            for name in (_name(node, tensor) for tensor in (*_NODE_TENSORS, *_GATE_TENSORS))
            if node != path and node.startswith(path)
        } | {_name(path, tensor) for tensor in _GATE_TENSORS}
        return type(self)({n: t for n, t in self.parameters.items() if n not in names})

    def co_activation(self, rows: Floats) -> Floats:
        """Return the co-activation of leaves, shape ``(leaves, leaves)``: the mean product
        of their shares.
        """
        shares = self.shares(self._check_rows(rows))
        table = np.stack([shares[path] for path in self.leaves], axis=1)
        return np.asarray(table.T @ table / len(rows))

    def _hard_paths(self, rows: Floats) -> Iterator[tuple[str, Ids]]:
        """Yield nodes with the numbers of the rows whose hard path goes through them."""
        # Rows that stand at the same node go on together.
        waiting: list[tuple[str, Ids]] = [("", np.arange(len(rows)))]
        while waiting:
            path, index = waiting.pop()
            yield path, index
            if f"{path}l" in self._known:
                goes_left = self._gate(path, rows[index]) >= 0.5
                for side, mask in (("l", goes_left), ("r", ~goes_left)):
                    if mask.any():
                        waiting.append((path + side, index[mask]))

    def _tensor(self, path: str, tensor: str) -> Floats:
        return self.parameters[_name(path, tensor)]

    def node_term(self, path: str, rows: Floats) -> Floats:
        """Return a node's own term for each row, without its children's."""
        return np.asarray(self._activations(path, rows) @ self._tensor(path, "v"))

    def _activations(self, path: str, rows: Floats) -> Floats:
        return np.asarray(np.tanh(rows @ self._tensor(path, "u") + self._tensor(path, "c")))

    def _gate(self, path: str, rows: Floats) -> Floats:
        inner = rows @ self._tensor(path, "w") + self._tensor(path, "b")[0]
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * inner)))

    def _check_rows(self, rows: Floats) -> Floats:
        if rows.ndim != 2 or rows.shape[1] != self._inputs or not len(rows):
            raise ValueError(f"rows have shape (n, {self._inputs}), n at least 1: {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("rows must be finite")
        return np.clip(rows, -_MOST_INPUT, _MOST_INPUT)


def _name(path: str, tensor: str) -> str:
    return f"n.{path}.{tensor}"


def _leaf(path: str, inputs: int, width: int, random: np.random.Generator) -> dict[str, Floats]:
    # v is 0: a new leaf adds nothing, and learns from random directions.
    return {
        _name(path, "u"): random.normal(size=(inputs, width)) / np.sqrt(inputs),
        _name(path, "c"): np.zeros(width),
        _name(path, "v"): np.zeros(width),
    }


def _paths(parameters: Mapping[str, Floats]) -> tuple[str, ...]:
    """Return the paths of all nodes, parents before children."""
    paths: set[str] = set()
    for name in parameters:
        match = _NAME.fullmatch(name)
        if match is None or len(match.group(1)) > MOST_DEPTH:
            raise ValueError(f"{name[:80]!r} names no tensor of a tree at most {MOST_DEPTH} deep")
        paths.add(match.group(1))
    return _in_order(paths)


def paths_of_a_tree(paths: Iterable[str]) -> tuple[str, ...]:
    """Return paths, parents before children, if they are the nodes of one tree.

    Raises:
        ValueError: if they are not.
    """
    nodes = _in_order({_path(path) for path in paths})
    if "" not in nodes:
        raise ValueError("a tree has a root, whose path is empty")
    node_set = frozenset(nodes)
    for path in nodes:
        _check_family(path, node_set)
    return nodes


def _path(path: object) -> str:
    if not isinstance(path, str) or len(path) > MOST_DEPTH or path.strip("lr"):
        raise ValueError(f"a path is up to {MOST_DEPTH} letters l and r: {str(path)[:80]!r}")
    return path


def _in_order(paths: AbstractSet[str]) -> tuple[str, ...]:
    return tuple(sorted(paths, key=lambda path: (len(path), path)))


def _check_family(path: str, nodes: Container[str]) -> None:
    if (f"{path}l" in nodes) != (f"{path}r" in nodes) or (path and path[:-1] not in nodes):
        raise ValueError(f"the node {path!r} lacks a parent or has one child")


def _check(parameters: Mapping[str, Floats], nodes: tuple[str, ...]) -> int:
    """Check that the tensors are a whole tree; return the number of inputs."""
    inputs, width = parameters["n..u"].shape if "n..u" in parameters else (0, 0)
    shapes: dict[str, tuple[int, ...]] = {}
    # A file of others may have thousands of nodes: a tuple would be searched for each of them.
    node_set = frozenset(nodes)
    for path in nodes:
        _check_family(path, node_set)
        has_children = f"{path}l" in node_set
        shapes |= {_name(path, "u"): (inputs, width), _name(path, "c"): (width,)}
        shapes[_name(path, "v")] = (width,)
        if has_children:
            shapes |= {_name(path, "w"): (inputs,), _name(path, "b"): (1,)}
    found_shapes = {name: tensor.shape for name, tensor in parameters.items()}
    if not inputs or not width or found_shapes != shapes:
        raise ValueError("the tensors of a tree are u, c, v of each node, and w, b of each parent")
    return int(inputs)
