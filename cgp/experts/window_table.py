"""Annotated windows as numbers, for experts to learn from and for judges to measure by.

A table holds the head's inputs of each window's best candidates, and no text. Its file is named by
its digest. A random salt in it keeps its content from being guessed by its digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats, Ids
from cgp.bounded_files import file_within
from cgp.experts.errors import DamagedLedgerError, NoTableError
from cgp.experts.gate import GATE_INPUTS, gate_inputs
from cgp.experts.mixture import Layer
from cgp.ragged import Ragged
from cgp.tagmodel.head import INPUTS, Head

MOST_CANDIDATES = 36
"""Most candidates of a window in a table."""

_FORMAT = 2
"""Version of a table's file. In the first one gates read a window's best candidates alone."""

_MOST_FILE = 1 << 31
"""Most bytes of a table that is read from a file: some 30,000 windows."""


@dataclass(frozen=True)
class LabelledWindow:
    """One annotated window: the head's inputs ``(rows, INPUTS)``, credit and weights ``(rows,)``.

    ``gate`` holds the window's numbers for the gates, ``(GATE_INPUTS,)``, of all its candidates,
    also where ``inputs`` holds the best ones alone: an annotator's gates read all of them.
    ``slice`` names the kind of talk, ``origin`` the conversation: windows of one conversation are
    drawn together. Credit and weights are as in ``cgp.tagmodel.training.Example``.
    """

    inputs: Floats
    credit: Floats
    weights: Floats
    gate: Floats
    slice: str
    origin: str

    @classmethod
    def of(
        cls,
        inputs: Floats,
        credit: Floats,
        weights: Floats,
        *,
        language: str,
        kind: str,
        origin: str,
    ) -> Self:
        """Return the window of all candidates that an annotator reads of it."""
        gate = gate_inputs(inputs, language) if len(inputs) else np.zeros(GATE_INPUTS)
        return cls(inputs, credit, weights, gate, kind, origin)


@dataclass(frozen=True)
class WindowTable:
    """Windows side by side; candidates ``starts[n]`` to ``starts[n + 1]`` belong to window ``n``.

    ``inputs`` has shape ``(rows, inputs)``, ``gates`` shape ``(windows, gate inputs)``, ``credit``
    and ``weights`` shape ``(rows,)``; all are float32.
    """

    inputs: NDArray[np.float32]
    gates: NDArray[np.float32]
    starts: Ids
    credit: NDArray[np.float32]
    weights: NDArray[np.float32]
    slices: tuple[str, ...]
    origins: tuple[str, ...]
    salt: str = ""

    def __post_init__(self) -> None:
        _check_starts(self.starts)
        windows = len(self.starts) - 1
        if not len(self.inputs) == len(self.credit) == len(self.weights) == self.starts[-1]:
            raise ValueError("inputs, credit and weights have one row for each candidate")
        if not len(self.gates) == len(self.slices) == len(self.origins) == windows:
            raise ValueError("gates, slices and origins have one entry for each window")
        if self.inputs.ndim != 2 or self.gates.ndim != 2:
            raise ValueError("inputs and gates have two dimensions")
        if not all(isinstance(text, str) for text in (*self.slices, *self.origins)):
            raise ValueError("slices and origins are texts")
        for name in ("inputs", "gates", "credit", "weights"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} of a table must be finite")
        if (self.weights <= 0.0).any():
            raise ValueError("weights of a table must be greater than 0")
        # Beyond that a loss has no least value, and training would follow it without end.
        if (self.credit < 0.0).any() or (self.credit > 1.0).any():
            raise ValueError("credit of a table is from 0 to 1")

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.starts) - 1

    @classmethod
    def of(cls, windows: Sequence[LabelledWindow], salt: str = "") -> Self:
        """Return the table of windows; windows without a candidate are left out.

        Raises:
            ValueError: if none has a candidate.
        """
        windows_with_rows = [window for window in windows if len(window.inputs)]
        if not windows_with_rows:
            raise ValueError("none of the windows has a candidate for a tag")
        sizes = [len(window.inputs) for window in windows_with_rows]
        return cls(
            np.vstack([w.inputs for w in windows_with_rows]).astype(np.float32),
            np.stack([w.gate for w in windows_with_rows]).astype(np.float32),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.concatenate([w.credit for w in windows_with_rows]).astype(np.float32),
            np.concatenate([w.weights for w in windows_with_rows]).astype(np.float32),
            tuple(w.slice for w in windows_with_rows),
            # Names of conversations may say who spoke; their hashes only tell them apart.
            tuple(hashlib.sha256(w.origin.encode()).hexdigest()[:16] for w in windows_with_rows),
            salt,
        )

    @cached_property
    def rows(self) -> Floats:
        """The inputs as float64."""
        return self.inputs.astype(np.float64)

    @cached_property
    def windows(self) -> Floats:
        """The gates' inputs as float64."""
        return self.gates.astype(np.float64)

    @cached_property
    def layout(self) -> Ragged:
        """The candidates of each window."""
        return Ragged(np.diff(self.starts))

    @cached_property
    def window_of_row(self) -> Ids:
        """The window of each candidate."""
        return self.layout.owners

    @cached_property
    def row_weights(self) -> Floats:
        """Weights that sum to 1 in each window: each window counts the same."""
        weights = self.weights.astype(np.float64)
        sums = self.layout.fold(np.add, weights)
        return np.asarray(weights / sums[self.window_of_row])

    def losses(self, log_odds: Floats) -> Floats:
        """Return the loss of each window in nats a candidate, shape ``(windows,)``."""
        credit = self.credit.astype(np.float64)
        rows = self.row_weights * (np.logaddexp(0.0, log_odds) - credit * log_odds)
        return np.asarray(self.layout.fold(np.add, rows))

    def part(self, windows: Sequence[int]) -> WindowTable:
        """Return a table of some windows, by their numbers."""
        rows = np.concatenate([np.arange(self.starts[n], self.starts[n + 1]) for n in windows])
        sizes = self.layout.sizes[list(windows)]
        return WindowTable(
            self.inputs[rows],
            self.gates[list(windows)],
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            self.credit[rows],
            self.weights[rows],
            tuple(self.slices[n] for n in windows),
            tuple(self.origins[n] for n in windows),
            self.salt,
        )

    def split(self, share: float, seed: int) -> tuple[WindowTable, WindowTable]:
        """Return two tables, the second with about ``share`` of the origins.

        Raises:
            ValueError: if the table has fewer than two origins.
        """
        origins = sorted(set(self.origins))
        if len(origins) < 2:
            raise ValueError("windows of two conversations at least are needed to hold some back")
        np.random.default_rng(seed).shuffle(origins)
        count = min(len(origins) - 1, max(1, round(share * len(origins))))
        back = set(origins[:count])
        first = [n for n, origin in enumerate(self.origins) if origin not in back]
        second = [n for n, origin in enumerate(self.origins) if origin in back]
        return self.part(first), self.part(second)

    def to_bytes(self) -> bytes:
        """Return the table as safetensors."""
        from safetensors.numpy import save

        tensors = {
            "inputs": self.inputs,
            "gates": self.gates,
            "starts": self.starts,
            "credit": self.credit,
            "weights": self.weights,
        }
        # One entry: several would be written in an order that differs from run to run.
        document = {
            "format": _FORMAT,
            "slices": self.slices,
            "origins": self.origins,
            "salt": self.salt,
        }
        metadata = {"table": json.dumps(document, sort_keys=True)}
        return save({name: np.ascontiguousarray(t) for name, t in tensors.items()}, metadata)

    @classmethod
    def from_bytes(cls, data: bytes, source: str) -> Self:
        """Read the result of ``to_bytes``.

        Raises:
            DamagedLedgerError: if it is no such table, one of another format, or one of another
                release of the tag model.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            tensors = load(data)
            size = int.from_bytes(data[:8], "little")
            document = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["table"])
            # The first version named no format.
            version = document.get("format", 1)
            if version != _FORMAT:
                raise DamagedLedgerError(
                    f"{source} is a table of format {version}, this release reads format {_FORMAT}: "
                    "write it anew with cgp experts table"
                )
            table = cls(
                **{n: tensors[n] for n in ("inputs", "gates", "starts", "credit", "weights")},
                slices=tuple(document["slices"]),
                origins=tuple(document["origins"]),
                salt=document["salt"],
            )
        except (
            SafetensorError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            RecursionError,
        ) as error:
            raise DamagedLedgerError(f"{source} is not a table of windows: {error}") from error
        if table.inputs.shape[1] != INPUTS or table.gates.shape[1] != GATE_INPUTS:
            raise DamagedLedgerError(f"{source} was made with another release of the tag model")
        return table

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; see ``from_bytes``.

        Raises:
            NoTableError: if it is no such table, one of another format, or one of another release.
        """
        try:
            return cls.from_bytes(file_within(path, _MOST_FILE), str(path))
        except DamagedLedgerError as error:
            raise NoTableError(str(error)) from error


def _check_starts(starts: Ids) -> None:
    if starts.ndim != 1 or starts.dtype.kind != "i":
        raise ValueError("starts are whole numbers in a row")
    if len(starts) < 2 or starts[0] != 0 or (np.diff(starts) < 1).any():
        raise ValueError(
            "a table has a window at least, each has a candidate at least, and the first is number 0"
        )


def base_log_odds(head: Head, table: WindowTable) -> Floats:
    """Return the log odds of the tag model's own head, shape ``(rows,)``."""
    return head.log_odds(table.rows)


def added_log_odds(layers: Sequence[Layer], table: WindowTable) -> Floats:
    """Return the experts' part of the log odds of each candidate, shape ``(rows,)``."""
    total = np.zeros(len(table.inputs))
    for layer in layers:
        openings = layer.openings(table.windows)
        for number, member in enumerate(layer.members):
            opening = openings[:, number][table.window_of_row]
            open_rows = opening > 0.0
            # An expert that no window is routed to is not even loaded.
            if open_rows.any():
                values = member.load().infer(table.rows[open_rows])
                total[open_rows] += opening[open_rows] * values
    return total


def without_text(window: LabelledWindow, order: Floats) -> LabelledWindow:
    """Return a window with its ``MOST_CANDIDATES`` best candidates, best by ``order``.

    Its gate inputs stay those of all candidates.
    """
    best = np.sort(np.argsort(-order, kind="stable")[:MOST_CANDIDATES])
    return replace(
        window,
        inputs=window.inputs[best],
        credit=window.credit[best],
        weights=window.weights[best],
    )
