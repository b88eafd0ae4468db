"""A transformer's layers for texts of unlike length that share one matrix without padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import greatest_of_rows

_HEADS = 12
# Tokens that share one matrix: more would leave the processor's caches.
_BLOCK = 512
# Rows of the widest matrix that are worked on at once: they stay in the nearest cache.
_TILE = 32
_TINY = 1e-12

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Norm:
    """Brings rows to mean 0 and spread 1, and scales and shifts them."""

    scale: Matrix
    shift: Matrix

    def __call__(self, rows: Matrix) -> Matrix:
        """Return the rows anew."""
        rows = rows - rows.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.einsum("ij,ij->i", rows, rows) / np.float32(rows.shape[1]) + _TINY)
        rows *= (1.0 / spread)[:, None].astype(np.float32)
        rows *= self.scale
        rows += self.shift
        return rows


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Multiplies rows with weights and adds a bias."""

    weights: Matrix
    bias: Matrix

    def __call__(self, rows: Matrix) -> Matrix:
        """Return the result in memory of its own."""
        return self.into(np.empty((len(rows), self.width), dtype=np.float32), rows)

    def into(self, result: Matrix, rows: Matrix) -> Matrix:
        """Return the result in the memory of ``result``."""
        self.product(result, rows)
        result += self.bias
        return result

    def product(self, result: Matrix, rows: Matrix) -> Matrix:
        """Return the product without the bias in the memory of ``result``."""
        return np.matmul(rows, self.weights, out=result)

    @property
    def width(self) -> int:
        """Number of components of a row of the result."""
        return len(self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One transformer layer: attention within each text, then two linear maps.

    The fields have the names of the layer's parts in BERT (Devlin et al., 2018).
    """

    queries_keys_values: Linear
    attention_output: Linear
    attention_norm: Norm
    intermediate: Linear
    output: Linear
    output_norm: Norm

    def __call__(
        self,
        rows: Matrix,
        groups: Sequence[Group],
        space: Space,
        choice: NDArray[np.intp] | None = None,
    ) -> Matrix:
        """Return the states ``rows`` after this layer, of the rows ``choice`` alone if it is
        given: each token looks at all tokens of its text, and goes its own way from there.
        """
        parts = self.queries_keys_values
        queries_keys_values = parts.into(space.matrix(len(rows), parts.width), rows)
        means = np.empty_like(rows)
        for group in groups:
            means[group.place] = _attend(queries_keys_values[group.place], group)
        if choice is not None:
            rows, means = rows[choice], means[choice]
        states = self.attention_output(means)
        states += rows
        states = self.attention_norm(states)
        inner = space.matrix(len(states), self.intermediate.width)
        _gelu(self.intermediate.product(inner, states), self.intermediate.bias)
        result = self.output(inner)
        result += states
        return self.output_norm(result)


class Space:
    """Memory for the widest matrix of a block, which its layers use in turn.

    Memory that is fresh in each layer would have to be cleared by the system each time.
    """

    def __init__(self, layers: Sequence[Layer], rows: int) -> None:
        width = max(
            max(layer.queries_keys_values.width, layer.intermediate.width) for layer in layers
        )
        self._numbers = np.empty(rows * width, dtype=np.float32)

    def matrix(self, rows: int, width: int) -> Matrix:
        """Return the memory as a matrix; the one before it is lost."""
        return self._numbers[: rows * width].reshape(rows, width)


@dataclass(frozen=True, slots=True)
class Group:
    """Texts of one length, one after the other in the matrix."""

    texts: tuple[int, ...]
    length: int
    start: int

    @property
    def place(self) -> slice:
        """The rows of the group's texts."""
        return slice(self.start, self.start + len(self.texts) * self.length)

    def states(self, rows: Matrix) -> Matrix:
        """Return the group's part of a matrix, shape ``(texts, length, dimension)``."""
        return rows[self.place].reshape(len(self.texts), self.length, rows.shape[1])


def blocks(lengths: Sequence[int]) -> Iterator[list[Group]]:
    """Yield texts of such lengths in blocks that share a matrix, shortest first."""
    order = sorted(range(len(lengths)), key=lambda text: lengths[text])
    while order:
        block, size = 0, 0
        while block < len(order) and (not block or size < _BLOCK):
            size += lengths[order[block]]
            block += 1
        yield _groups(order[:block], lengths)
        order = order[block:]


def through_layers(
    layers: Sequence[Layer],
    rows: Matrix,
    groups: Sequence[Group],
    choice: NDArray[np.intp] | None = None,
) -> Matrix:
    """Return the states ``rows`` after ``layers``, of the rows ``choice`` alone if it is given.

    A row has the same bits among all as among the chosen ones where the library of matrix products
    sums each row alike, as OpenBLAS does with AVX-512; elsewhere its last bits may differ.
    """
    space = Space(layers, len(rows))
    for layer in layers[:-1]:
        rows = layer(rows, groups, space)
    return layers[-1](rows, groups, space, choice)


def _groups(order: Sequence[int], lengths: Sequence[int]) -> list[Group]:
    """Return texts, which stand by length, as groups of one length."""
    groups: list[Group] = []
    start = first = 0
    for place, text in enumerate(order):
        length = lengths[text]
        if place + 1 == len(order) or lengths[order[place + 1]] != length:
            group = Group(tuple(order[first : place + 1]), length, start)
            groups.append(group)
            start, first = group.place.stop, place + 1
    return groups


def _attend(rows: Matrix, group: Group) -> Matrix:
    """Return each token's mean of its text's values, weighted by attention."""
    dimension = rows.shape[1] // 3
    width = dimension // _HEADS
    heads = rows.reshape(len(group.texts), group.length, 3, _HEADS, width)
    queries, keys, values = heads.transpose(2, 0, 3, 1, 4)
    scores = queries @ keys.transpose(0, 1, 3, 2)
    scores *= np.float32(width**-0.5)
    greatest = greatest_of_rows(scores.reshape(-1, group.length))
    scores -= greatest.reshape(*scores.shape[:-1], 1)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return np.asarray((scores @ values).transpose(0, 2, 1, 3).reshape(-1, dimension))


def _gelu(rows: Matrix, bias: Matrix) -> None:
    """Put in place of ``rows`` the Gaussian error linear unit of ``rows + bias``, by its tanh
    formula (Hendrycks and Gimpel, 2016).
    """
    space = np.empty_like(rows[:_TILE])
    for start in range(0, len(rows), _TILE):
        tile = rows[start : start + _TILE]
        tile += bias
        inner = np.multiply(tile, tile, out=space[: len(tile)])
        inner *= np.float32(0.044715)
        inner += np.float32(1.0)
        inner *= tile
        inner *= np.float32(0.7978845608)
        np.tanh(inner, out=inner)
        inner += np.float32(1.0)
        inner *= np.float32(0.5)
        tile *= inner
