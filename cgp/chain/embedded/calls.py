"""The calls that the embedded chain knows, by pallet and name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cgp.chain.embedded import accounts, commitments, neurons, owner, serving, weights
from cgp.chain.embedded.hyperparameters import NAME_OF_SETTER
from cgp.chain.embedded.ledger import Draft
from cgp.chain.embedded.rejection import RejectedError

Handler = Callable[..., None]

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("Balances", "transfer_keep_alive"): accounts.transfer,
    ("Balances", "transfer_allow_death"): accounts.transfer_allow_death,
    ("Balances", "transfer_all"): accounts.transfer_all,
    ("Commitments", "set_commitment"): commitments.set_commitment,
    ("SubtensorModule", "burned_register"): neurons.burned_register,
    ("SubtensorModule", "serve_axon"): serving.serve_axon,
    ("SubtensorModule", "add_stake"): accounts.add_stake,
    ("SubtensorModule", "add_stake_limit"): accounts.add_stake_limit,
    ("SubtensorModule", "remove_stake"): accounts.remove_stake,
    ("SubtensorModule", "remove_stake_limit"): accounts.remove_stake_limit,
    ("SubtensorModule", "set_weights"): weights.set_weights,
    ("SubtensorModule", "set_mechanism_weights"): weights.set_mechanism_weights,
    (
        "SubtensorModule",
        "commit_timelocked_mechanism_weights",
    ): weights.commit_timelocked_mechanism_weights,
    **{
        ("AdminUtils", setter): partial(owner.set_hyperparameter, setter=setter)
        for setter in NAME_OF_SETTER
    },
}
CARRIER = ("MevShield", "submit_encrypted")
"""The envelope of a shielded call; the inner call is applied right after it."""


def offered(module: str, function: str) -> bool:
    """Tell whether the embedded chain knows a call."""
    return (module, function) in HANDLERS or (module, function) == CARRIER


def dispatch(draft: Draft, signer: str, module: str, function: str, params: dict[str, Any]) -> None:
    """Apply a call as ``signer``.

    Raises:
        RejectedError: if the chain refuses it; its writes must then be undone.
    """
    # The carrier itself does nothing: its inner call is an extrinsic of its own.
    if (module, function) == CARRIER:
        return
    handler = HANDLERS.get((module, function))
    if handler is None:
        raise RejectedError("CallFiltered")
    if module == "AdminUtils":
        netuid = params.pop("netuid", None)
        (value,) = params.values()  # under a name of its own in every setter
        params = {"netuid": netuid, "value": value}
    handler(draft, signer, **params)
