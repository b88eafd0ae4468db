"""Uids: how they are given out, at what price, and which neuron loses its own when a subnet is
full.
"""

from __future__ import annotations

from cgp.chain.embedded.accounts import EXISTENTIAL_DEPOSIT, balance, pay
from cgp.chain.embedded.ledger import NOBODY, Draft, Json, View
from cgp.chain.embedded.rejection import RejectedError

_PER_EPOCH = {
    "Active": True,
    "Consensus": 0,
    "Dividends": 0,
    "Emission": 0,
    "Incentive": 0,
    "StakeWeight": 0,
    "ValidatorPermit": False,
    "ValidatorTrust": 0,
}
"""Vectors by uid that an epoch writes, with the value of a new neuron."""

BURN_INCREASE = (126, 100)
"""A registration makes the next one dearer by this ratio."""
BURN_SET_AT = "EmbeddedChain.BurnSetAt"
"""The block at which the stored burn was the price: from there it falls."""


def burned_register(draft: Draft, coldkey: str, *, netuid: int, hotkey: str) -> None:
    """Give ``hotkey`` a uid for the subnet's burn, evicting a neuron if the subnet is full."""
    require_subnet(draft, netuid)
    if not draft.get("NetworkRegistrationAllowed", netuid):
        raise RejectedError("SubNetRegistrationDisabled")
    if draft.get("Uids", netuid, hotkey) is not None:
        raise RejectedError("HotKeyAlreadyRegisteredInSubNet")
    price = burn(draft, netuid)
    # The account must live on: the least balance cannot be spent.
    if balance(draft, coldkey) - EXISTENTIAL_DEPOSIT < price:
        raise RejectedError("NotEnoughBalanceToStake")
    if draft.get("Owner", hotkey) not in (NOBODY, coldkey):
        raise RejectedError("NonAssociatedColdKey")
    pay(draft, coldkey, price)
    bind_owner(draft, hotkey, coldkey)
    if draft.get("SubnetworkN", netuid) < draft.get("MaxAllowedUids", netuid):
        append_neuron(draft, netuid, hotkey)
    else:
        replace_neuron(draft, netuid, uid_to_prune(draft, netuid), hotkey)
    numerator, denominator = BURN_INCREASE
    set_burn(draft, netuid, price * numerator // denominator)


def burn(view: View, netuid: int) -> int:
    """Return the price of a registration in rao: it halves with every ``BurnHalfLife`` blocks."""
    price: int = view.get("Burn", netuid)
    half_life = view.get("BurnHalfLife", netuid)
    # No block is made for a price: it follows from the last registration and the blocks since.
    if half_life:
        blocks = view.block - (view.get(BURN_SET_AT, netuid) or view.block)
        price = int(price * 0.5 ** (blocks / half_life))
    return _within_bounds(view, netuid, price)


def set_burn(draft: Draft, netuid: int, price: int) -> None:
    """Set the price of the next registration."""
    draft.put("Burn", netuid, _within_bounds(draft, netuid, price))
    draft.put(BURN_SET_AT, netuid, draft.block)


def _within_bounds(view: View, netuid: int, price: int) -> int:
    floor, ceiling = view.get("MinBurn", netuid), view.get("MaxBurn", netuid)
    return int(min(max(price, floor), ceiling))


def bind_owner(draft: Draft, hotkey: str, coldkey: str) -> None:
    """Bind a hotkey to its coldkey, for good."""
    if draft.get("Owner", hotkey) == NOBODY:
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
    """Hand a uid over: scores, endpoint and weights of the old hotkey are gone, its stake stays its
    own.

    Weights that others gave to the uid become 0. Bonds to it are void by the next epoch, which
    skips bonds to newcomers.
    """
    old = draft.get("Keys", netuid, uid)
    draft.delete("Uids", netuid, old)
    draft.delete("Axons", netuid, old)
    draft.put("IsNetworkMember", old, netuid, False)
    draft.delete("Weights", netuid, uid)
    draft.delete("Bonds", netuid, uid)
    # The next holder of the uid has not earned them.
    for validator, row in draft.scan("Weights", netuid):
        without = [[target, 0 if target == uid else weight] for target, weight in row]
        draft.put("Weights", netuid, *validator, without)
    for item, value in _PER_EPOCH.items():
        _set_in_vector(draft, item, netuid, uid, value)
    touch(draft, netuid, uid)
    _seat(draft, netuid, uid, hotkey)


def uid_to_prune(view: View, netuid: int) -> int:
    """Return the uid with the lowest emission, then the oldest registration, then the lowest
    number.

    Neurons younger than the immunity period are safe, as long as more than ``MinNonImmuneUids``
    others are left to choose from; else one of the immune goes. The owner's own neurons always
    stay.

    Raises:
        RejectedError: if there is no neuron to evict.
    """
    immunity = view.get("ImmunityPeriod", netuid)
    emission = view.get("Emission", netuid)
    safe = _owner_uids(view, netuid)
    immune: list[tuple[int, int, int]] = []
    mortal: list[tuple[int, int, int]] = []
    for (uid,), registration_block in view.scan("BlockAtRegistration", netuid):
        if uid not in safe:
            group = immune if view.block - registration_block < immunity else mortal
            group.append((emission[uid], registration_block, uid))
    if len(mortal) > view.get("MinNonImmuneUids", netuid):
        return min(mortal)[2]
    if not immune:
        raise RejectedError("NoNeuronIdAvailable")
    return min(immune)[2]


def _owner_uids(view: View, netuid: int) -> list[int]:
    """Return the uids of the owner's neurons that cannot be evicted, at most
    ``ImmuneOwnerUidsLimit``.
    """
    limit = view.get("ImmuneOwnerUidsLimit", netuid)
    coldkey = view.get("SubnetOwner", netuid)
    uids_of_owner = [
        view.get("Uids", netuid, hotkey) for hotkey in view.get("OwnedHotkeys", coldkey)
    ]
    uids = [uid for uid in uids_of_owner if uid is not None]
    # The oldest registrations are kept first.
    uids.sort(key=lambda uid: (view.get("BlockAtRegistration", netuid, uid), uid))
    uids = uids[:limit]
    owner = owner_uid(view, netuid)
    if owner is not None and owner not in uids:
        uids = [owner, *uids][:limit]
    return uids


def owner_uid(view: View, netuid: int) -> int | None:
    """Return the uid of the owner's hotkey; None if it has none."""
    uid: int | None = view.get("Uids", netuid, view.get("SubnetOwnerHotkey", netuid))
    return uid


def touch(draft: Draft, netuid: int, uid: int) -> None:
    """Note that a neuron set weights (or came) in this block."""
    _set_in_vector(draft, "LastUpdate", netuid, uid, draft.block)


def require_subnet(view: View, netuid: int) -> None:
    """Refuse a netuid that is not a subnet of this chain."""
    if not view.get("NetworksAdded", netuid):
        raise RejectedError("SubnetNotExists")


def hotkeys(view: View, netuid: int) -> list[str]:
    """Return the hotkeys by uid."""
    seats = {uid: hotkey for (uid,), hotkey in view.scan("Keys", netuid)}
    return [seats[uid] for uid in range(len(seats))]


def registrations(view: View, netuid: int, count: int) -> list[int]:
    """Return the block at which each uid was given out last."""
    blocks = {uid: block for (uid,), block in view.scan("BlockAtRegistration", netuid)}
    return [blocks[uid] for uid in range(count)]


def _seat(draft: Draft, netuid: int, uid: int, hotkey: str) -> None:
    draft.put("Keys", netuid, uid, hotkey)
    draft.put("Uids", netuid, hotkey, uid)
    draft.put("IsNetworkMember", hotkey, netuid, True)
    draft.put("BlockAtRegistration", netuid, uid, draft.block)


def _set_in_vector(draft: Draft, item: str, netuid: int, uid: int, value: Json) -> None:
    vector = draft.get(item, netuid)
    vector[uid] = value
    draft.put(item, netuid, vector)
