"""The checks before inclusion: a call that would fail for them is not even put into a block.

They are the checks of the runtime's ``SubtensorTransactionExtension`` for the calls of a neuron. A
call that is refused here uses no nonce, makes no block and costs nothing; its error has the pool's
name, which several errors of the pallet can share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cgp.chain.embedded import serving, weights
from cgp.chain.embedded.ledger import Draft, Json
from cgp.chain.embedded.rejection import RejectedError, pool_code, pool_name

_CHECKS: Mapping[str, Callable[..., None]] = {
    "commit_timelocked_mechanism_weights": weights.check_commit,
    "serve_axon": serving.check_axon,
    "set_mechanism_weights": weights.check_plain,
    "set_weights": weights.check_plain,
}


def refusal(
    draft: Draft, signer: str, module: str, function: str, params: Mapping[str, Json]
) -> str | None:
    """Return the pool's name for why a call is not taken; None if it is."""
    check = _CHECKS.get(function) if module == "SubtensorModule" else None
    if check is None:
        return None
    # The pallet checks the same again at dispatch; a call that fails there has cost a nonce.
    try:
        check(draft, signer, **params)
    except RejectedError as error:
        return pool_name(pool_code(error.name))
    return None
