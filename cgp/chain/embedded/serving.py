"""Advertising an endpoint."""

from __future__ import annotations

import ipaddress

from cgp.chain.embedded.ledger import Draft
from cgp.chain.embedded.rejection import RejectedError


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
    if draft.get("Uids", netuid, hotkey) is None:
        raise RejectedError("HotKeyNotRegisteredInNetwork")
    _check_address(ip, ip_type, allow_loopback=draft.constants.allow_loopback)
    if not 0 < port <= 65_535:
        raise RejectedError("InvalidPort")
    known = draft.get("Axons", netuid, hotkey)
    limit = draft.get("ServingRateLimit", netuid)
    if known and draft.block - known["block"] < limit:
        raise RejectedError("ServingRateLimitExceeded")
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


def _check_address(ip: int, ip_type: int, *, allow_loopback: bool) -> None:
    try:
        if ip_type == 4:
            address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(ip)
        elif ip_type == 6:
            address = ipaddress.IPv6Address(ip)
        else:
            raise RejectedError("InvalidIpType")
    except ipaddress.AddressValueError as error:
        raise RejectedError("InvalidIpAddress") from error
    if address.is_unspecified or address.is_multicast or int(address) == 2**32 - 1:
        raise RejectedError("InvalidIpAddress")
    if not allow_loopback and address in _LOOPBACK:
        raise RejectedError("InvalidIpAddress")


_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))
