"""Advertising an endpoint."""

from __future__ import annotations

from cgp.chain.embedded.ledger import Draft
from cgp.chain.embedded.rejection import RejectedError

_LARGEST = {4: 2**32 - 2, 6: 2**128 - 2}
"""Largest address of each family that the chain takes."""
_LOOPBACK = {4: 0x7F00_0001, 6: 1}


def serve_axon(
    draft: Draft,
    hotkey: str,
    *,
    netuid: int,
    version: int,
    ip: int,
    port: int,
    ip_type: int,
    protocol: int,
    placeholder1: int = 0,
    placeholder2: int = 0,
) -> None:
    """Publish where a registered hotkey can be reached."""
    check_axon(draft, hotkey, netuid=netuid, ip=ip, port=port, ip_type=ip_type)
    axon = {
        "block": draft.block,
        "version": version,
        "ip": ip,
        "port": port,
        "ip_type": ip_type,
        "protocol": protocol,
        "placeholder1": placeholder1,
        "placeholder2": placeholder2,
    }
    draft.put("Axons", netuid, hotkey, axon)


def check_axon(
    draft: Draft, hotkey: str, *, netuid: int, ip: int, port: int, ip_type: int, **_: int
) -> None:
    """Refuse an endpoint as the pallet does, in its order.

    Address 0 passes there, and so do private and multicast addresses.
    """
    if draft.get("Uids", netuid, hotkey) is None:
        raise RejectedError("HotKeyNotRegisteredInNetwork")
    # The order matters: the first check that fails gives the error its name.
    if ip_type not in _LARGEST:
        raise RejectedError("InvalidIpType")
    loopback = ip == _LOOPBACK[ip_type] and not draft.constants.allow_loopback
    if loopback or not 0 <= ip <= _LARGEST[ip_type]:
        raise RejectedError("InvalidIpAddress")
    axon = draft.get("Axons", netuid, hotkey)
    if axon and draft.block - axon["block"] < draft.get("ServingRateLimit", netuid):
        raise RejectedError("ServingRateLimitExceeded")
    if not 0 < port <= 65_535:
        raise RejectedError("InvalidPort")
