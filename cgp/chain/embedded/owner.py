"""Calls of the subnet's owner: hyperparameters."""

from __future__ import annotations

from cgp.chain.embedded.hyperparameters import NAME_OF_SETTER, RULES, check
from cgp.chain.embedded.ledger import Draft, Json
from cgp.chain.embedded.neurons import require_subnet
from cgp.chain.embedded.rejection import RejectedError


def set_hyperparameter(draft: Draft, signer: str, *, setter: str, netuid: int, value: Json) -> None:
    """Change one rule of the subnet, from the next block on."""
    require_subnet(draft, netuid)
    if draft.get("SubnetOwner", netuid) != signer:
        raise RejectedError("NotSubnetOwner")
    name = NAME_OF_SETTER[setter]
    try:
        check(name, value)
    except ValueError as error:
        raise RejectedError("ValueNotInBounds") from error
    rule = RULES[name]
    draft.put(rule.item, netuid, bool(value) if rule.tag == "Bool" else value)
    if name == "tempo":
        last = draft.get("LastEpochBlock", netuid)
        draft.schedule_epoch(max(last + value, draft.block + 1))
