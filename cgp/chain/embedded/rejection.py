"""How the chain says no: by the name that the real chain uses."""

from __future__ import annotations

from functools import cache

from bittensor import ChainError
from bittensor._generated.errors import ERRORS

from cgp.errors import CgpError

_POOL = {
    "BadProof": "Transaction has a bad signature",
    "Stale": "Transaction is outdated (stale nonce)",
    "Future": "Transaction will be valid in the future (nonce too high)",
    "InsufficientBalance": "Balance too low to send value",
    "CallFiltered": "The embedded chain does not offer this call",
}


class RejectedError(
    CgpError, code="chain.rejected", remedy="mend the call: the name is the chain's reason"
):
    """A call failed; ``name`` is the error's name on chain (``HotKeyNotRegisteredInSubNet``, ...)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def chain_error(name: str) -> ChainError:
    """Return the SDK's error for a name on chain, with the chain's own documentation of it."""
    return ChainError(_documentation().get(name, name), name)


@cache
def _documentation() -> dict[str, str]:
    texts = {info.name: info.docs for info in ERRORS.values() if info.pallet == "SubtensorModule"}
    for info in ERRORS.values():
        texts.setdefault(info.name, info.docs)
    return {**texts, **_POOL}
