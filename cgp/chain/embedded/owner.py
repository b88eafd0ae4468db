"""Calls of the subnet's owner: hyperparameters, within bounds, not too often, not before an epoch.

The checks and their order follow the pallets ``admin-utils`` and ``subtensor`` (``tempo_control``,
``utils/misc``, ``utils/rate_limiting``) of the runtime that ``substrate.SPEC_VERSION`` names. There
is not a root account here, so a call that only root may make is refused for everyone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cgp.chain.embedded.hyperparameters import NAME_OF_SETTER, RULES, Authority
from cgp.chain.embedded.ledger import Draft, Json, View
from cgp.chain.embedded.rejection import RejectedError

LEAST_TEMPO: Final = 360
"""Least tempo that an owner may set, in blocks; also the blocks between two changes of it."""
LARGEST_TEMPO: Final = 50_400
LARGEST_BONDS_MOVING_AVERAGE: Final = 975_000
LEAST_CUTOFF_FACTOR: Final = 1_000
LARGEST_CUTOFF_FACTOR: Final = 50_000
LARGEST_SUBNET: Final = 256
"""Most uids that an owner may allow."""
VERSION_KEY_TEMPOS: Final = 5
"""Tempos between two changes of the weights version key."""
CHANGED_AT = "EmbeddedChain.ChangedAt"
"""The block at which the owner last changed a hyperparameter, by netuid and name."""


def set_hyperparameter(draft: Draft, signer: str, *, setter: str, netuid: int, value: Json) -> None:
    """Change one rule of the subnet, from the next block on."""
    name = NAME_OF_SETTER[setter]
    rule = RULES[name]
    if rule.authority is not Authority.OWNER or draft.get("SubnetOwner", netuid) != signer:
        raise RejectedError("BadOrigin")
    for check in _checks(name):
        check(draft, netuid, name, value)
    draft.put(rule.item, netuid, bool(value) if rule.tag == "Bool" else value)
    draft.put(CHANGED_AT, netuid, name, draft.block)
    if name == "tempo":
        # A new tempo begins a new cycle.
        draft.put("LastEpochBlock", netuid, draft.block)
        draft.schedule_epoch(draft.block + value)


_Check = Callable[[View, int, str, Json], None]


def _checks(name: str) -> tuple[_Check, ...]:
    """Return the checks of a hyperparameter in the pallet's order: the first that fails is
    named.
    """
    if name in ("tempo", "activity_cutoff_factor"):
        return _check_bounds, _check_window, _check_rate
    return _check_rate, _check_window, _check_bounds


def _check_window(view: View, netuid: int, name: str, value: Json) -> None:  # noqa: ARG001 - as _Check
    """Refuse changes in the last blocks before an epoch: validators set their weights in them."""
    tempo = view.get("Tempo", netuid)
    blocks = max(0, view.get("LastEpochBlock", netuid) + tempo - view.block)
    if blocks < view.get("AdminFreezeWindow"):
        raise RejectedError("AdminActionProhibitedDuringWeightsWindow")


def _check_rate(view: View, netuid: int, name: str, value: Json) -> None:  # noqa: ARG001 - as _Check
    last = view.get(CHANGED_AT, netuid, name)
    # The first change is free: 0 stands for none.
    if last and view.block - last < _pause(view, netuid, name):
        raise RejectedError("TxRateLimitExceeded")


def _pause(view: View, netuid: int, name: str) -> int:
    """Return the blocks that must lie between two changes of a hyperparameter."""
    if name == "tempo":
        return LEAST_TEMPO
    tempos = (
        VERSION_KEY_TEMPOS if name == "weights_version" else view.get("OwnerHyperparamRateLimit")
    )
    blocks: int = tempos * view.get("Tempo", netuid)
    return blocks


def _check_bounds(view: View, netuid: int, name: str, value: Json) -> None:
    rule = RULES[name]
    # The runtime cannot even decode what the type does not hold.
    if not isinstance(value, int) or not 0 <= value <= _LARGEST[rule.tag]:
        raise RejectedError("ValueNotInBounds")
    if name == "max_allowed_uids":
        _check_size(view, netuid, value)
    for low, high, error in _BOUNDS.get(name, ()):
        if not low <= value <= high:
            raise RejectedError(error)


def _check_size(view: View, netuid: int, size: int) -> None:
    if size < view.get("MinAllowedUids", netuid):
        raise RejectedError("MaxAllowedUidsLessThanMinAllowedUids")
    if size < view.get("SubnetworkN", netuid):
        raise RejectedError("MaxAllowedUIdsLessThanCurrentUIds")


_LARGEST: Mapping[str, int] = {"Bool": 1, "U16": 2**16 - 1, "U32": 2**32 - 1, "U64": 2**64 - 1}
_BOUNDS: Mapping[str, tuple[tuple[int, int, str], ...]] = {
    "tempo": ((LEAST_TEMPO, LARGEST_TEMPO, "TempoOutOfBounds"),),
    "bonds_moving_avg": ((0, LARGEST_BONDS_MOVING_AVERAGE, "BondsMovingAverageMaxReached"),),
    "activity_cutoff_factor": (
        (LEAST_CUTOFF_FACTOR, LARGEST_CUTOFF_FACTOR, "ActivityCutoffFactorMilliOutOfBounds"),
    ),
    "max_allowed_uids": ((0, LARGEST_SUBNET, "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids"),),
    "commit_reveal_period": (
        (0, 100, "RevealPeriodTooLarge"),
        (1, 100, "RevealPeriodTooSmall"),
    ),
}
"""Least and largest value that an owner may set, and the error's name; checked in this order."""
