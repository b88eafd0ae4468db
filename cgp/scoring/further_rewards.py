"""Rewards for work other than answers, as a part of a validator's weights.

Packages on top of the core bring them by an entry point; the core knows this much of them. An
operator turns them on by a share above 0, which is at most ``MOST_SHARE``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from cgp.errors import CgpError
from cgp.installed_parts import installed_part

ENTRY_POINTS = "cgp.reward_sources"
"""The group of entry points by which a package brings rewards: each names a function that makes a
``RewardSource`` of a folder."""
MOST_SHARE = 0.2
"""Most share of a validator's weights that is not paid for answers."""


class RewardSourceError(
    CgpError,
    code="scoring.reward_source",
    remedy="install the package that brings these rewards, or set their share to 0",
):
    """No installed package brings the rewards that were turned on."""


class RewardSource(Protocol):
    """Gives the amounts of the last settled period."""

    def amounts(self) -> Mapping[str, int]:
        """Return an amount above 0 by hotkey; empty where nothing was earned.

        The same period always gives the same amounts. It may read files, so it is called in a
        thread.
        """
        ...


def reward_source(name: str, folder: Path) -> RewardSource:
    """Return the rewards ``name`` that an installed package brings, over ``folder``.

    Raises:
        RewardSourceError: if no installed package brings any of that name.
    """
    part = installed_part(ENTRY_POINTS, name)
    if part is None:
        raise RewardSourceError(f"no installed package brings the rewards {name!r}")
    make: Callable[[Path], RewardSource] = part
    return make(folder)


def with_further(
    vector: Mapping[int, float],
    amounts: Mapping[str, int],
    uids: Mapping[str, int],
    share: float,
) -> dict[int, float]:
    """Return a weight vector in which ``amounts`` have ``share``, and the rest is as it was.

    Args:
        vector: weights by uid with a sum of 1, from ``cgp.scoring.weights``; an empty one stays
            empty.
        amounts: by hotkey. The part of hotkeys that have left the subnet stays with the vector:
            nobody else gets more by it.
        uids: uid of each registered hotkey.
        share: 0 to ``MOST_SHARE``.

    Returns:
        Weights by uid with a sum of 1. Amounts move at most ``share`` of them.

    Raises:
        ValueError: if the share is outside of its bounds.
    """
    if not 0.0 <= share <= MOST_SHARE:
        raise ValueError(f"the share of further rewards is 0 to {MOST_SHARE}, not {share}")
    total = sum(amounts.values())
    # Without weights for answers none are set: experts alone must not get the whole vector.
    if not vector or not share or not total:
        return dict(vector)
    parts = {
        uids[hotkey]: share * amount / total for hotkey, amount in amounts.items() if hotkey in uids
    }
    # Taken from the parts, and not from the share: a part that is not paid stays where it was.
    rest = 1.0 - math.fsum(parts.values())
    return {
        uid: rest * vector.get(uid, 0.0) + parts.get(uid, 0.0)
        for uid in sorted(vector.keys() | parts.keys())
    }
