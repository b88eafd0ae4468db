"""Uids: who holds which, how they are given out, and who loses one when the subnet is full."""

from __future__ import annotations

from cgp.chain.embedded.accounts import pay
from cgp.chain.embedded.ledger import Draft, Json, View
from cgp.chain.embedded.rejection import RejectedError

_PER_EPOCH = {
    "Active": True,
    "Consensus": 0,
    "Dividends": 0,
    "Emission": 0,
    "Incentive": 0,
    "PruningScores": 0,
    "Rank": 0,
    "Trust": 0,
    "ValidatorPermit": False,
    "ValidatorTrust": 0,
}
"""Vectors by uid that an epoch writes, with what a new neuron has."""


def burned_register(draft: Draft, coldkey: str, *, netuid: int, hotkey: str) -> None:
    """Give ``hotkey`` a uid for the subnet's burn, evicting a neuron if the subnet is full."""
    require_subnet(draft, netuid)
    if not draft.get("NetworkRegistrationAllowed", netuid):
        raise RejectedError("SubNetRegistrationDisabled")
    if draft.get("Uids", netuid, hotkey) is not None:
        raise RejectedError("HotKeyAlreadyRegisteredInSubNet")
    if draft.get("Owner", hotkey) not in (None, coldkey):
        raise RejectedError("NonAssociatedColdKey")
    pay(draft, coldkey, draft.get("Burn", netuid), "NotEnoughBalanceToStake")
    own(draft, hotkey, coldkey)
    if draft.get("SubnetworkN", netuid) < draft.get("MaxAllowedUids", netuid):
        append_neuron(draft, netuid, hotkey)
    else:
        replace_neuron(draft, netuid, uid_to_prune(draft, netuid), hotkey)


def own(draft: Draft, hotkey: str, coldkey: str) -> None:
    """Bind a hotkey to its coldkey, for good."""
    if draft.get("Owner", hotkey) is None:
        draft.put("Owner", hotkey, coldkey)
        draft.put("OwnedHotkeys", coldkey, [*draft.get("OwnedHotkeys", coldkey), hotkey])


def append_neuron(draft: Draft, netuid: int, hotkey: str) -> int:
    """Give the next free uid."""
    uid: int = draft.get("SubnetworkN", netuid)
    draft.put("SubnetworkN", netuid, uid + 1)
    for item, value in _PER_EPOCH.items():
        draft.put(item, netuid, [*draft.get(item, netuid), value])
    draft.put("LastUpdate", netuid, [*draft.get("LastUpdate", netuid), draft.block])
    _seat(draft, netuid, uid, hotkey)
    return uid


def replace_neuron(draft: Draft, netuid: int, uid: int, hotkey: str) -> None:
    """Hand a uid over: what the old hotkey earned, served and set is gone, its stake stays its own."""
    old = draft.get("Keys", netuid, uid)
    draft.delete("Uids", netuid, old)
    draft.delete("Axons", netuid, old)
    draft.put("IsNetworkMember", old, netuid, False)
    draft.delete("Weights", netuid, uid)
    draft.delete("Bonds", netuid, uid)
    for validator, row in draft.scan("Bonds", netuid):
        draft.put("Bonds", netuid, *validator, [bond for bond in row if bond[0] != uid])
    for item, value in _PER_EPOCH.items():
        _set_in_vector(draft, item, netuid, uid, value)
    touch(draft, netuid, uid)
    _seat(draft, netuid, uid, hotkey)


def uid_to_prune(view: View, netuid: int) -> int:
    """Return the uid with the lowest emission, then the oldest registration, then the lowest number.

    The owner and neurons younger than the immunity period keep their uids.

    Raises:
        RejectedError: if nobody may be evicted.
    """
    immunity = view.get("ImmunityPeriod", netuid)
    emission = view.get("Emission", netuid)
    owner = view.get("Uids", netuid, view.get("SubnetOwnerHotkey", netuid))
    candidates: list[tuple[int, int, int]] = [
        (emission[uid], registered, uid)
        for (uid,), registered in view.scan("BlockAtRegistration", netuid)
        if uid != owner and view.block - registered >= immunity
    ]
    if not candidates:
        raise RejectedError("NoNeuronIdAvailable")
    return min(candidates)[2]


def touch(draft: Draft, netuid: int, uid: int) -> None:
    """Note that a neuron set weights (or came) in this block."""
    _set_in_vector(draft, "LastUpdate", netuid, uid, draft.block)


def require_subnet(view: View, netuid: int) -> None:
    """Refuse what is not a subnet of this chain."""
    if not view.get("NetworksAdded", netuid):
        raise RejectedError("SubnetNotExists")


def hotkeys(view: View, netuid: int) -> list[str]:
    """Return the hotkeys by uid."""
    seats = {uid: hotkey for (uid,), hotkey in view.scan("Keys", netuid)}
    return [seats[uid] for uid in range(len(seats))]


def _seat(draft: Draft, netuid: int, uid: int, hotkey: str) -> None:
    draft.put("Keys", netuid, uid, hotkey)
    draft.put("Uids", netuid, hotkey, uid)
    draft.put("IsNetworkMember", hotkey, netuid, True)
    draft.put("BlockAtRegistration", netuid, uid, draft.block)


def _set_in_vector(draft: Draft, item: str, netuid: int, uid: int, value: Json) -> None:
    vector = draft.get(item, netuid)
    vector[uid] = value
    draft.put(item, netuid, vector)
