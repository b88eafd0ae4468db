"""Rewards: standings through a bell curve, one seat for each cluster of clones, to
chain weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from cgp.arrays import Floats
from cgp.scoring.settings import DEFAULTS, RewardSettings
from cgp.scoring.standings import Standing

# Share of the largest weight below which a weight is none: the chain keeps 16 bits.
_LEAST_WEIGHT = 1e-6
# Keeps the sum of memberships above 0 where all stand at the floor; no real membership is so small.
_LEAST_MEMBER = 1e-18


def rewards(
    standings: Mapping[str, Standing],
    clusters: Mapping[str, int] | None = None,
    settings: RewardSettings = DEFAULTS.rewards,
) -> dict[str, float]:
    """Return each hotkey's share of the reward, in the order of ``standings``; they sum to 1.

    All shares are 0 where no hotkey is eligible. ``clusters`` maps a hotkey to its clone cluster
    (``cgp.scoring.peers.clone_clusters``); a hotkey that is not in it stands alone. The members
    of a cluster share the seat of its best member, in proportion to their pay alone.
    """
    eligible = {
        hotkey: standing.value
        for hotkey, standing in standings.items()
        if standing.answered >= settings.least_answers and standing.value > settings.floor
    }
    shares = dict.fromkeys(standings, 0.0)
    seats = _seats(eligible, clusters or {})
    best = np.array([max(eligible[hotkey] for hotkey in seat) for seat in seats], dtype=np.float64)
    # fsum is exact before it rounds once: the order of hotkeys does not change the sum.
    total = math.fsum(bell(best, settings).tolist())
    for seat in seats if total > 0 else ():
        values = np.array([eligible[hotkey] for hotkey in seat], dtype=np.float64)
        pay = bell(values, settings, field=best).tolist()
        if (seat_pay := math.fsum(pay)) > 0:
            for hotkey, member_pay in zip(seat, pay, strict=True):
                # The cluster gets the pay of its best member once, however many members it has.
                shares[hotkey] = member_pay / seat_pay * max(pay) / total
    return shares


def bell(
    values: Floats, settings: RewardSettings = DEFAULTS.rewards, *, field: Floats | None = None
) -> Floats:
    """Return the reward, before normalisation, of each of ``n`` standings above the floor.

    Each standing is compared with every seat of the field: ``Phi((value - seat) / spread +
    lead)`` is about how likely it is better. The reward is the mean over the seats, each as far
    as it is a member (``membership``), to the power of ``steepness``, less the same at the floor;
    and all that times the standing's own membership. It has the shape ``(n,)``, lies within 0..1
    and is monotone. ``field`` are the standings to compare with, ``values`` themselves where not
    given.

    No middle is computed that somebody could move: one seat, wherever it stands, is one term of a
    mean.
    """
    seats = values if field is None else field
    if not seats.size:
        return np.zeros_like(values)
    at_floor = _curve(np.array([settings.floor]), seats, settings)
    better = np.maximum(0.0, _curve(values, seats, settings) - at_floor)
    reward: Floats = better * membership(values, settings)
    return reward


def membership(values: Floats, settings: RewardSettings = DEFAULTS.rewards) -> Floats:
    """Return how far standings are members of the field, 0..1, ``(n,)``.

    It is the square of the standing's excess over the floor, over ``member``; at most 1. Others
    are compared with a member as far as it is one: so poor miners, however many are registered as
    decoys, hardly count, and an outstanding one counts as a good one does. A miner is paid as far
    as it is one, so that pay rises slowly from the floor on.
    """
    above = np.clip((values - settings.floor) / settings.member, 0.0, 1.0)
    return above * above


def weights(
    shares: Mapping[str, float], uids: Mapping[str, int], owner_uid: int | None
) -> dict[int, float]:
    """Return the weight vector for the chain, by uid: finite, positive, with a sum of 1.

    ``uids`` maps the hotkeys of the present metagraph to uids; shares of others are dropped.
    Where nothing is left the whole weight goes to the subnet owner's uid; without one the result
    is empty, and the validator sets no weights. Weights of other validators are never used.
    """
    share_by_uid = {
        uids[hotkey]: share
        for hotkey, share in shares.items()
        if hotkey in uids and math.isfinite(share) and share > 0
    }
    if not share_by_uid:
        return {} if owner_uid is None else {owner_uid: 1.0}
    largest = max(share_by_uid.values())
    ratios = {
        uid: share_by_uid[uid] / largest
        for uid in sorted(share_by_uid)
        if share_by_uid[uid] / largest > _LEAST_WEIGHT
    }
    total = math.fsum(ratios.values())
    return {uid: weight / total for uid, weight in ratios.items()}


def _seats(eligible: Mapping[str, float], clusters: Mapping[str, int]) -> Sequence[Sequence[str]]:
    """Group eligible hotkeys by cluster, in order of appearance."""
    seats: dict[object, list[str]] = {}
    for hotkey in eligible:
        seats.setdefault(clusters.get(hotkey, hotkey), []).append(hotkey)
    return list(seats.values())


def _curve(values: Floats, seats: Floats, settings: RewardSettings) -> Floats:
    """Return the mean comparison of each value with the seats, to the power of the steepness,
    ``(n,)``.
    """
    # Where all stand at the floor each is as much a member as the others.
    member = np.maximum(membership(seats, settings), _LEAST_MEMBER)
    z = (values[:, None] - seats) / settings.spread + settings.lead
    better = np.array([[0.5 * math.erfc(-x / math.sqrt(2)) for x in row] for row in z.tolist()])
    mean: Floats = better.reshape(len(values), len(seats)) @ member / member.sum()
    return mean**settings.steepness
