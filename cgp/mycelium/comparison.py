"""Comparison of a round's heads with each other: which ones stand out, and why.

Each number of a head is counted in spreads: its distance from the median head, divided by the
median distance of all heads there. So a number that honest nodes never move counts as much as one
that all move. Two things stand out. A head far away in all spreads together is an outlier. And
where a minority of three or more pulls one way, the first singular value of the table of distances
stands above the second.

Honest nodes with one kind of talk pull one way too, but mostly along directions in which the
features of candidates vary in any talk. So heads are also compared without what lies along those.
In 2,640 rounds of 6 to 32 honest nodes on windows of real talk and of twelve languages, of which
many had one kind of talk or one language alone, the first singular value was 1.71 times the second
at most where a minority stood apart, and 1.35 times without those directions.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats, Ids
from cgp.mycelium.directions import without_usual
from cgp.mycelium.errors import Fault
from cgp.mycelium.privacy import SURENESS

MOST_ATTACKERS: Final = 0.34
"""Share of a group's nodes that may be attackers. A greater part that pulls one way is taken for a
community that wants something else, which moves by itself."""
# Fewer updates say nothing about which of them is unusual.
_LEAST_TO_COMPARE: Final = 5
_LEAST_MOVED: Final = 3
# Times the median distance. Honest nodes of 2 to 16 windows and other settings were within 3.
_FAR: Final = 4.0
# The same in a first round, which moves two numbers alone: an honest node was 5.1 away.
_FAR_OF_TWO: Final = 8.0
# First singular value over the second from which a direction is shared: of all that a head moves
# by, and of what is left beside the directions of any talk.
_SHARED: Final = 1.75
_SHARED_BESIDE_USUAL: Final = 1.4
# Of few heads chance makes a direction: twelve honest ones had 1.49 once.
_FEW: Final = 16
_SHARED_OF_FEW: Final = 1.6
_LEAST_CROWD: Final = 3


def unusual(
    nodes: list[str],
    heads: Floats,
    noisy: NDArray[np.bool_] | None = None,
    still: NDArray[np.bool_] | None = None,
) -> dict[str, Fault]:
    """Return the nodes that are left out of a round, with the reason.

    ``heads`` has shape ``(nodes, numbers)``; ``noisy``, of shape ``(nodes,)``, marks nodes under a
    budget of privacy. Noise has long tails, so that one honest node in sixteen would stand out. So
    the two noisy numbers of such nodes are not compared, and the trimmed mean bounds them.
    ``still`` marks those that leave what the others learn as it was: they pull no way.
    """
    noisy, still = (np.zeros(len(heads), dtype=bool) if m is None else m for m in (noisy, still))
    if len(heads) < _LEAST_TO_COMPARE:
        return {}
    distances, moved = _in_spreads(heads)
    if moved.sum() < _LEAST_MOVED and 2 * noisy.sum() > len(heads):
        # Most send noise alone, and leave alone what the others learn.
        return {}
    if noisy.any():
        distances[np.ix_(np.flatnonzero(noisy), np.array(SURENESS))] = 0.0
    lengths = np.linalg.norm(distances, axis=1)
    # Heads of which no number is compared, as noisy ones in a first round, are not far: they must
    # not make the others so.
    usual = np.median(lengths)
    if not noisy.all():
        usual = max(usual, np.median(lengths[~noisy]))
    is_far = lengths > _FAR * usual
    if moved.sum() < _LEAST_MOVED:
        # Honest heads leave all other numbers as they are.
        others = np.linalg.norm(distances[:, ~moved], axis=1)
        is_far = (lengths > _FAR_OF_TWO * usual) | (others > usual)
    faults = {nodes[n]: Fault.OUTLIER for n in np.flatnonzero(is_far)}
    # Two numbers have always one direction in which they spread more than across it.
    if moved.sum() < _LEAST_MOVED:
        return faults
    rest, least = np.flatnonzero(~is_far & ~still), (1.0 - MOST_ATTACKERS) * (~still).sum()
    beside_usual = _SHARED_BESIDE_USUAL if len(nodes) >= _FEW else _SHARED_OF_FEW
    for table, bound in ((heads, _SHARED), (without_usual(heads), beside_usual)):
        crowd, is_clear = _crowd(table[rest], bound)
        while len(crowd) >= _LEAST_CROWD and len(rest) - len(crowd) >= least:
            faults |= {nodes[n]: Fault.APART for n in rest[crowd[is_clear]]}
            rest = np.delete(rest, crowd)
            crowd, is_clear = _crowd(table[rest], bound)
    return faults


def _in_spreads(heads: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the distances from the median head in spreads, and which numbers most heads move."""
    distances = heads - np.median(heads, axis=0)
    spreads = np.median(np.abs(distances), axis=0)
    moved = spreads > 0.0
    # A number that most heads leave alone has no spread of its own.
    least = float(np.median(spreads[moved])) if moved.any() else 1.0
    return np.asarray(distances / np.maximum(spreads, least)), moved


def _crowd(heads: Floats, bound: float) -> tuple[Ids, NDArray[np.bool_]]:
    """Return the rows of the minority that pulls one way, and which of them clearly do.

    There are none where no direction is shared. One is shared where the first singular value is
    ``bound`` times the second.
    """
    nobody = np.array([], dtype=np.int64), np.array([], dtype=bool)
    if len(heads) < _LEAST_TO_COMPARE:
        return nobody
    distances, _ = _in_spreads(heads)
    lengths = np.linalg.norm(distances, axis=1)
    # One long row alone would make a direction of its own.
    usual = np.median(lengths)
    rows = distances * np.minimum(1.0, usual / np.maximum(lengths, usual))[:, None]
    rows -= np.median(rows, axis=0)
    # Squares of the singular values, and the first left vector. Of a few dozen rows this takes a
    # tenth of the time of a decomposition, and no threads.
    squares, vectors = np.linalg.eigh(rows @ rows.T)
    if squares[-1] < bound**2 * squares[-2]:
        return nobody
    return _smaller_side(vectors[:, -1])


def _smaller_side(places: NDArray[np.float64]) -> tuple[Ids, NDArray[np.bool_]]:
    """Return the smaller of the two parts that divide places on a line best (least squares).

    And which of it clearly belong there.
    """
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    squares = [
        _squares(ordered[:count]) + _squares(ordered[count:]) for count in range(1, len(ordered))
    ]
    cut = 1 + int(np.argmin(squares))
    sides = (order[:cut], order[cut:]) if 2 * cut <= len(order) else (order[cut:], order[:cut])
    # Squares cut midway. One of the larger side that lies far out must not be taken for the others,
    # who may stand close together: what counts is the distance in spreads of either side.
    near, far = (_distances(places[sides[0]], places[side]) for side in sides)
    smaller = np.asarray(sides[0][near <= far])
    # Attackers who pull the way of an honest node must not have it named: it stands midway.
    own, others = (np.abs(places[smaller] - np.median(places[side])) for side in sides)
    return smaller, 2.0 * own <= others


def _distances(places: NDArray[np.float64], side: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far places are from a side's median, in its median distances."""
    middle = np.median(side)
    spread = max(float(np.median(np.abs(side - middle))), 1e-12)
    return np.asarray(np.abs(places - middle) / spread)


def _squares(places: NDArray[np.float64]) -> float:
    return float(((places - places.mean()) ** 2).sum())
