"""One reading behind several hotkeys, told by the errors that they share.

Two good miners agree because they are right: the ground truth explains their common tags. They
share other tags only if these come from one reading, such as one call of one model, from which
several hotkeys pick different tags. So for each pair of hotkeys the tags
that the truth does not explain are compared, and pairs stand out that share far more of them than
two hotkeys of this subnet usually do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.scoring.settings import PeerSettings
from cgp.scoring.words import words_of

Errors = Mapping[str, Sequence[str]]
"""The tags of each hotkey's answer to one window that the ground truth does not explain."""


def shared_readings(
    windows: Sequence[Errors], hotkeys: Sequence[str], settings: PeerSettings
) -> NDArray[np.bool_]:
    """Return a mask of the pairs of hotkeys that share a reading, shape ``(n, n)``, symmetric.

    Their share of common errors is the number of these over that of the shorter list, over all
    windows that both answered; it counts from ``reading_errors`` errors on. The usual share of a
    hotkey is the ``reading_usual`` quantile of its shares with all others. A pair stands out
    where its share is at least ``reading_share``, and covers ``reading_excess`` of the range
    above the usual share of either. A hotkey with fewer than ``reading_others`` others to
    compare with has no usual share, and shares nothing.
    """
    common, possible = _counts(windows, hotkeys)
    comparable = possible >= settings.reading_errors
    # Each hotkey shares all errors with itself, which would raise its usual share.
    np.fill_diagonal(comparable, val=False)
    share = np.where(comparable, common / np.maximum(possible, 1.0), np.nan)
    # 1 where a hotkey has too few others: no share exceeds it.
    usual = np.ones(len(hotkeys))
    for row in np.flatnonzero(comparable.sum(axis=1) >= settings.reading_others).tolist():
        usual[row] = np.quantile(share[row, comparable[row]], settings.reading_usual)
    usual_for_pair = np.maximum.outer(usual, usual)
    excess = comparable & (
        share >= usual_for_pair + settings.reading_excess * (1.0 - usual_for_pair)
    )
    same_reading: NDArray[np.bool_] = (
        excess & (usual_for_pair < 1.0) & (share >= settings.reading_share)
    )
    return same_reading


def _counts(
    windows: Sequence[Errors], hotkeys: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two counts for each pair: common errors, and possible ones, both ``(n, n)``."""
    place = {hotkey: i for i, hotkey in enumerate(hotkeys)}
    common = np.zeros((len(hotkeys), len(hotkeys)))
    possible = np.zeros_like(common)
    for errors in windows:
        rows, incidence = _incidence(errors)
        if len(rows) < 2:
            continue
        seats = np.ix_([place[hotkey] for hotkey in rows], [place[hotkey] for hotkey in rows])
        sizes = incidence.sum(axis=1)
        # The product of two hotkeys' rows counts their common errors; the shorter list bounds them.
        common[seats] += incidence @ incidence.T
        possible[seats] += np.minimum.outer(sizes, sizes)
    return common, possible


def _incidence(errors: Errors) -> tuple[list[str], NDArray[np.float64]]:
    """Return hotkeys that have errors, and which of all errors each has, ``(hotkeys, errors)``.

    Errors of the same words are the same, in any order.
    """
    words = {h: {frozenset(words_of(tag)) for tag in tags} for h, tags in sorted(errors.items())}
    rows = [hotkey for hotkey, errors_of_hotkey in words.items() if errors_of_hotkey]
    column = {error: i for i, error in enumerate(sorted(set().union(*words.values()), key=sorted))}
    incidence = np.zeros((len(rows), len(column)))
    for row, hotkey in enumerate(rows):
        incidence[row, [column[error] for error in words[hotkey]]] = 1.0
    return rows, incidence
