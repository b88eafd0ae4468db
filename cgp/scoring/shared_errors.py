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
    above the usual share of either; or where their own choices correlate (``own_choices``). A
    hotkey with fewer than ``reading_others`` others to compare with has no usual share, and
    shares nothing.
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
    return same_reading | _choose_alike(windows, hotkeys, comparable, settings)


def _choose_alike(
    windows: Sequence[Errors],
    hotkeys: Sequence[str],
    comparable: NDArray[np.bool_],
    settings: PeerSettings,
) -> NDArray[np.bool_]:
    """Return a mask of the pairs whose own choices correlate, ``(n, n)``, symmetric.

    The correlation is at least ``choice_least``, and ``choice_excess`` above the usual one of
    either hotkey: in a subnet of two annotators those of one correlate, and are not accomplices.
    """
    correlation = np.where(comparable, own_choices(windows, hotkeys, settings), np.nan)
    usual = np.full(len(hotkeys), np.inf)  # too few others: no correlation exceeds it
    for row in np.flatnonzero(comparable.sum(axis=1) >= settings.reading_others).tolist():
        usual[row] = np.quantile(correlation[row, comparable[row]], settings.reading_usual)
    least = np.maximum(
        settings.choice_least, np.maximum.outer(usual, usual) + settings.choice_excess
    )
    alike: NDArray[np.bool_] = comparable & (correlation >= least)
    return alike


def own_choices(
    windows: Sequence[Errors], hotkeys: Sequence[str], settings: PeerSettings
) -> NDArray[np.float64]:
    """Return the correlation of the own choices of each two hotkeys, -1..1, ``(n, n)``.

    In each window the choice of a hotkey is 1 for the errors that it gives and 0 for those that
    only others give. Its own choice is the residual of the least-squares line, over all windows,
    of the choice on the share of the others that give the error. So a miner that follows what all
    like, and one that hardly does, have no own choice by that alone. Windows of no more than
    ``reading_others`` hotkeys say too little about what is liked.
    """
    place = {hotkey: i for i, hotkey in enumerate(hotkeys)}
    read = []
    # For each hotkey: number of errors to choose from, and the sums of the line.
    sums = np.zeros((len(hotkeys), 5))
    for errors in windows:
        rows, choice = _incidence(errors)
        if len(rows) <= settings.reading_others:
            continue
        liked = (choice.sum(axis=0) - choice) / (len(rows) - 1)
        seats = [place[hotkey] for hotkey in rows]
        ones = np.ones_like(liked)
        terms = (ones, liked, choice, liked * liked, liked * choice)
        sums[seats] += np.stack([term.sum(axis=1) for term in terms], axis=1)
        read.append((seats, choice, liked))
    count = np.maximum(sums[:, 0], 1.0)
    liked_mean, mean, squares, products = (sums[:, 1:] / count[:, None]).T
    spread = squares - liked_mean * liked_mean
    slope = (products - liked_mean * mean) / np.maximum(spread, 1e-9)
    common = np.zeros((len(hotkeys), len(hotkeys)))
    whole = np.zeros_like(common)
    for seats, choice, liked in read:
        line = mean[seats] + slope[seats] * (liked.T - liked_mean[seats])
        residual = choice - line.T
        pairs = np.ix_(seats, seats)
        common[pairs] += residual @ residual.T
        sizes = (residual * residual).sum(axis=1)
        whole[pairs] += np.sqrt(np.multiply.outer(sizes, sizes))
    return common / np.maximum(whole, 1e-9)


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
