"""Rewards: standings through a bell curve, one seat for each cluster of clones, to chain weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.scoring.settings import RewardSettings
from cgp.scoring.standings import Standing

_SETTINGS = RewardSettings()
_LEAST_WEIGHT = 1e-6
"""Share of the largest weight below which a weight is none: the chain keeps 16 bits."""

Floats = NDArray[np.float64]


def rewards(
    standings: Mapping[str, Standing],
    clusters: Mapping[str, int] | None = None,
    settings: RewardSettings = _SETTINGS,
) -> dict[str, float]:
    """Return each hotkey's share of the reward, in the order of ``standings``; they sum to 1.

    All shares are 0 where nobody is eligible. ``clusters`` maps a hotkey to its clone cluster
    (``cgp.scoring.peers.clone_clusters``); a hotkey that is not in it stands alone. The members of a
    cluster share the seat of its best member, in proportion to what each would earn alone.
    """
    eligible = {
        hotkey: standing.value
        for hotkey, standing in standings.items()
        if standing.answered >= settings.least_answers and standing.value > settings.floor
    }
    shares = dict.fromkeys(standings, 0.0)
    seats = _seats(eligible, clusters or {})
    best = np.array([max(eligible[hotkey] for hotkey in seat) for seat in seats], dtype=np.float64)
    centre, spread = centre_and_spread(best, settings)
    total = math.fsum(_above_floor(best, centre, spread, settings).tolist())
    for seat in seats if total > 0 else ():
        own = np.array([eligible[hotkey] for hotkey in seat], dtype=np.float64)
        pay = _above_floor(own, centre, spread, settings).tolist()
        if (seat_pay := math.fsum(pay)) > 0:
            for hotkey, paid in zip(seat, pay, strict=True):
                shares[hotkey] = paid / seat_pay * max(pay) / total
    return shares


def bell(
    values: Floats, settings: RewardSettings = _SETTINGS, *, field: Floats | None = None
) -> Floats:
    """Return the reward, before normalisation, of each of ``n`` standings above the floor.

    ``Phi(z) ** steepness`` less the same at the floor, with ``z`` the standing standardised by
    ``centre_and_spread``, plus ``lead``, cut at ``clip``: shape ``(n,)``, within 0..1, monotone.
    ``field`` are the standings to
    standardise by, ``values`` themselves where not given.
    """
    centre, spread = centre_and_spread(values if field is None else field, settings)
    return _above_floor(values, centre, spread, settings)


def _above_floor(values: Floats, centre: float, spread: float, settings: RewardSettings) -> Floats:
    at_floor = _curve(np.array([settings.floor]), centre, spread, settings)
    return np.maximum(0.0, _curve(values, centre, spread, settings) - at_floor)


def centre_and_spread(values: Floats, settings: RewardSettings = _SETTINGS) -> tuple[float, float]:
    """Return the robust centre and scale of standings, of shape ``(n,)``; 0 without any.

    Median and median absolute deviation (times 1.4826), in which a standing counts by the square of
    what it has above the floor: however many poor miners are registered as decoys, they move neither.
    The scale stays within ``least_spread``..``most_spread``.
    """
    if values.size == 0:
        return 0.0, settings.least_spread
    merit = np.maximum(values - settings.floor, 1e-9) ** 2
    centre = _weighted_median(values, merit)
    spread = 1.4826 * _weighted_median(np.abs(values - centre), merit)
    return centre, min(max(spread, settings.least_spread), settings.most_spread)


def weights(
    shares: Mapping[str, float], uids: Mapping[str, int], owner_uid: int | None
) -> dict[int, float]:
    """Return the weight vector for the chain, by uid: finite, positive, with a sum of 1.

    ``uids`` maps the hotkeys of the present metagraph to uids; shares of others are dropped. Where
    nothing is left the whole weight goes to the subnet owner's uid; without one the result is empty,
    and the validator sets no weights. Weights of other validators are never used.
    """
    known = {
        uids[hotkey]: share
        for hotkey, share in shares.items()
        if hotkey in uids and math.isfinite(share) and share > 0
    }
    if not known:
        return {} if owner_uid is None else {owner_uid: 1.0}
    most = max(known.values())
    scaled = {uid: known[uid] / most for uid in sorted(known) if known[uid] / most > _LEAST_WEIGHT}
    total = math.fsum(scaled.values())
    return {uid: weight / total for uid, weight in scaled.items()}


def _seats(eligible: Mapping[str, float], clusters: Mapping[str, int]) -> Sequence[Sequence[str]]:
    """Group eligible hotkeys by cluster, in order of appearance."""
    seats: dict[object, list[str]] = {}
    for hotkey in eligible:
        seats.setdefault(clusters.get(hotkey, hotkey), []).append(hotkey)
    return list(seats.values())


def _curve(values: Floats, centre: float, spread: float, settings: RewardSettings) -> Floats:
    z = np.clip((values - centre) / spread + settings.lead, -settings.clip, settings.clip)
    phi = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in z.tolist()])
    return phi**settings.steepness


def _weighted_median(values: Floats, weight: Floats) -> float:
    """Return the value at which half of the weight is reached, halfway between two where it is exact."""
    order = np.argsort(values, kind="stable")
    ordered, running = values[order], np.cumsum(weight[order])
    half = 0.5 * running[-1]
    low = int(np.searchsorted(running, half * (1 - 1e-12), side="left"))
    high = int(np.searchsorted(running, half * (1 + 1e-12), side="right"))
    return float(0.5 * (ordered[low] + ordered[high]))
