"""Refusals of the chain, by the names that the real chain uses."""

from __future__ import annotations

from functools import cache

from bittensor import ChainError
from bittensor._generated.errors import ERRORS
from bittensor.error_map import CUSTOM_TRANSACTION_ERRORS, DISPATCH_ERRORS

from cgp.errors import CgpError

_POOL = {
    "BadProof": "Transaction has a bad signature",
    "Stale": "Transaction is outdated (stale nonce)",
    "Future": "Transaction will be valid in the future (nonce too high)",
    "InsufficientBalance": "Balance too low to send value",
    "CallFiltered": "The embedded chain does not offer this call",
}

_CODES = {
    "NotEnoughStakeToSetWeights": 1,
    "SettingWeightsTooFast": 6,
    "CommittingWeightsTooFast": 6,
    "HotKeyNotRegisteredInNetwork": 10,
    "InvalidIpAddress": 11,
    "ServingRateLimitExceeded": 12,
    "InvalidPort": 13,
    "InvalidRevealRound": 15,
}
"""Codes of the transaction pool, by the pallet's name of the error
(``common/transaction_error.rs``).
"""
_BAD_REQUEST = 255
"""The code of every other error."""


class RejectedError(
    CgpError, code="chain.rejected", remedy="mend the call: the name is the chain's reason"
):
    """A call failed; ``name`` is the error's name on chain (``HotKeyNotRegisteredInSubNet``,
    ...).
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def pool_code(name: str) -> int:
    """Return the number by which the pool refuses a call that would fail with the error
    ``name``.
    """
    return _CODES.get(name, _BAD_REQUEST)


def pool_name(code: int) -> str:
    """Return the SDK's name for a number of the pool: several errors can share one."""
    return CUSTOM_TRANSACTION_ERRORS[code]


def chain_error(name: str) -> ChainError:
    """Return the SDK's error for a name on chain, with the chain's own documentation of it."""
    return ChainError(_documentation().get(name, name), name)


@cache
def _documentation() -> dict[str, str]:
    # Names repeat between pallets: those of the subtensor pallet are meant.
    texts = {name: text for name, (_, text) in DISPATCH_ERRORS.items()}
    texts |= {info.name: info.docs for info in ERRORS.values() if info.pallet == "SubtensorModule"}
    for info in ERRORS.values():
        texts.setdefault(info.name, info.docs)
    return {**texts, **_POOL}
