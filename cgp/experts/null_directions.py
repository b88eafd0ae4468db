"""Random directions: what luck would gain in a candidate's place.

Where the tag model's log odds are far off, a random direction now and then truly lowers the loss,
on all windows. So a candidate has to gain more surely than all but one in a thousand random linear
functions of the same inputs, behind its own gate and of its own size. Sure is a gain that comes in
window after window: its mean over its standard error. A candidate whose direction is random itself,
and whose size says nothing of its direction, is among the first ``k`` of ``n`` others with a chance
of ``k / (n + 1)``, however far off the model is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats
from cgp.experts.window_table import WindowTable
from cgp.ragged import Ragged

# Of so many directions, the candidate among them, it has to be the first.
_ONE_IN = 1000
# Most numbers of the directions that are in memory at once.
_BLOCK = 1 << 20
# Inputs that vary less than this, beside their size, are the same for all candidates.
_LEAST_SPREAD = 1e-6
# Of a single conversation the error is 0; this leaves the order of the means.
_LEAST_ERROR = 1e-12


@dataclass(frozen=True, slots=True)
class Addition:
    """What a candidate adds to the log odds of a table's rows; all have shape ``(rows,)``.

    ``before`` are the log odds without it, ``added`` its part of those with it, ``openings`` how
    far its gate is open, or how much it does in a row where it has no gate of its own.
    """

    before: Floats
    added: Floats
    openings: Floats


def random_directions(
    table: WindowTable, openings: Floats, draws: int, seed: int
) -> tuple[Iterator[Floats], Iterator[Floats]]:
    """Return random linear functions of a table's rows in blocks, shape ``(rows, directions)``.

    There are two kinds, so that noise of either has its like: ``draws`` with weights that are alike
    for all inputs as they are, and as many for inputs that are centred and divided by their spread.
    The root mean square of each over all rows is 1.
    """
    as_they_are = np.zeros(table.inputs.shape[1]), np.ones(table.inputs.shape[1])
    first, second = (
        _directions(table.rows, openings, means_and_scales, draws, np.random.default_rng(key))
        for means_and_scales, key in (
            (as_they_are, [0, seed]),
            (_means_and_scales(table.rows), [1, seed]),
        )
    )
    return first, second


def is_surer_than_chance(
    addition: Addition,
    table: WindowTable,
    draws: int,
    seed: int,
    fitted_losses: Callable[[Floats], Floats],
) -> bool:
    """Tell if an addition gains more surely than random directions of its size.

    Of each of the two kinds of ``draws`` directions, one of every thousand after the first 999 may
    gain as surely. How sure is the lesser of two figures: that of the losses as they are and that
    of ``fitted_losses``, which gives the windows' losses once log odds are fitted. The second takes
    long, so it is asked only of the directions that are as sure by the first.
    """
    before, size = addition.before[:, None], float(_size(addition.added))
    plain_before, fitted_before = _losses(before, table), fitted_losses(addition.before)[:, None]

    def plain(log_odds: Floats) -> Floats:
        return sureness(plain_before - _losses(log_odds, table), table.origins)

    def fitted(log_odds: Floats) -> float:
        gains = fitted_before - fitted_losses(log_odds)[:, None]
        return float(sureness(gains, table.origins)[0])

    after = before + addition.added[:, None]
    least = min(float(plain(after)[0]), fitted(after[:, 0]))
    most = max(1, (draws + 1) // _ONE_IN) - 1
    for blocks in random_directions(table, addition.openings, draws, seed):
        rivals = 0
        for block in blocks:
            log_odds = before + size * block
            for number in np.flatnonzero(plain(log_odds) >= least):
                rivals += fitted(log_odds[:, number]) >= least
                if rivals > most:
                    return False
    return True


def sureness(gains: Floats, origins: Sequence[str]) -> Floats:
    """Return the mean of each column of gains over its standard error, shape ``(columns,)``.

    ``gains`` has shape ``(windows, columns)``. Windows of one conversation are one observation.
    """
    _, number, sizes = np.unique(np.asarray(origins), return_inverse=True, return_counts=True)
    means = gains.mean(axis=0)
    by_origin = (gains - means)[np.argsort(number, kind="stable")]
    sums = Ragged(sizes).fold(np.add, by_origin)
    errors = np.sqrt((sums**2).sum(axis=0)) / len(gains)
    return np.asarray(means / np.maximum(errors, _LEAST_ERROR))


def _directions(
    inputs: Floats,
    openings: Floats,
    means_and_scales: tuple[Floats, Floats],
    draws: int,
    random: np.random.Generator,
) -> Iterator[Floats]:
    means, scales = means_and_scales
    most = max(1, _BLOCK // len(inputs))
    for start in range(0, draws, most):
        count = min(most, draws - start)
        weights = random.normal(size=(len(scales), count)) * scales[:, None]
        heights = random.normal(size=count) - means @ weights
        values = (inputs @ weights + heights) * openings[:, None]
        yield values / np.maximum(_size(values), np.finfo(np.float64).tiny)


def _means_and_scales(inputs: Floats) -> tuple[Floats, Floats]:
    """Return the mean of each input, and 1 over its spread, which is 0 if it does not vary."""
    means = inputs.mean(axis=0)
    # A table may fill much of the memory, so there is no second one of differences.
    squares = np.einsum("ij,ij->j", inputs, inputs) / len(inputs)
    spreads = np.sqrt(np.maximum(squares - means**2, 0.0))
    varies = spreads > _LEAST_SPREAD * np.sqrt(squares)
    return means, np.divide(1.0, spreads, out=np.zeros_like(spreads), where=varies)


def _size(values: Floats) -> Floats:
    return np.asarray(np.sqrt(np.mean(values**2, axis=0)))


def _losses(log_odds: Floats, table: WindowTable) -> Floats:
    """Return the loss of each window by each column of log odds, shape ``(windows, columns)``."""
    credit = table.credit.astype(np.float64)[:, None]
    rows = table.row_weights[:, None] * (np.logaddexp(0.0, log_odds) - credit * log_odds)
    return np.asarray(table.layout.fold(np.add, rows))
