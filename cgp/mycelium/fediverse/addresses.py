"""Addresses that a peer may make us connect to: public ones, decided after names are resolved.

A peer chooses the addresses of its actor, key and inbox. Without this it could have us ask a
router, a database on this machine or a cloud's metadata service (SSRF). The check is made on the
addresses that the connection then goes to, so a name that resolves differently the second time
gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from cgp.mycelium.fediverse.errors import UnsafeAddressError

MAX_URL: Final = 2048
# Carries an address of IPv4, for machines that have IPv6 alone: the address within counts.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Tell if an IP address is one of the public Internet.

    Loopback, private, link-local, shared, multicast, reserved and documentation addresses are not,
    nor an address of IPv6 that carries such a one of IPv4.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        # The deprecated ways to carry IPv4, and site-local addresses, have no honest use any more.
        if ip.sixtofour is not None or ip.teredo is not None or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def may_reach(address: str, *, allow_loopback: bool) -> bool:
    """Tell if an IP address may be connected to; ``allow_loopback`` is for tests on one machine."""
    return is_public(address) or (allow_loopback and _is_loopback(address))


def require_fetchable(url: str, *, allow_loopback: bool = False) -> str:
    """Return an address that may be asked for, as far as its text tells.

    It must be https with a host and neither user nor password. ``http`` is read only where
    loopback is allowed, and only for this machine.

    Raises:
        UnsafeAddressError: if it is another.
    """
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise UnsafeAddressError("an address has at most 2048 visible ASCII characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UnsafeAddressError("the address is malformed") from error
    if not host or port == 0 or parts.username is not None or parts.password is not None:
        raise UnsafeAddressError("an address has a host, and neither user nor password")
    if parts.scheme == "http" and allow_loopback and _is_this_machine(host):
        return url
    if parts.scheme != "https":
        raise UnsafeAddressError("an address must begin with https://")
    if _is_number(host) and not may_reach(host, allow_loopback=allow_loopback):
        raise UnsafeAddressError("the address leads into this machine or a private network")
    if _is_this_machine(host) and not allow_loopback:
        raise UnsafeAddressError("the address leads into this machine")
    return url


def _is_this_machine(host: str) -> bool:
    return _is_loopback(host) or host.rstrip(".").lower() in {"localhost", "localhost.localdomain"}


def _is_number(host: str) -> bool:
    """Tell if a host is an IP address, in any notation that a resolver would read as one."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        # 127.1, 0x7f000001 and 2130706433 are addresses for some resolvers.
        label = host.rstrip(".").rpartition(".")[2].lower()
        return label.isdecimal() or label.startswith("0x")
    return True


class PublicResolver(AbstractResolver):
    """Resolves names to addresses that may be connected to, and refuses all others.

    One address of a name that may not be reached refuses the whole name: an honest server has
    none.
    """

    def __init__(self, *, allow_loopback: bool = False) -> None:
        self._resolver = ThreadedResolver()
        self._allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name.

        Raises:
            UnsafeAddressError: if one of them may not be reached.
            OSError: if there are none.
        """
        results = await self._resolver.resolve(host, port, family)
        for result in results:
            if not may_reach(result["host"], allow_loopback=self._allow_loopback):
                raise UnsafeAddressError("the name leads into this machine or a private network")
        return results

    async def close(self) -> None:
        """Release nothing: names are resolved by the system."""
        await self._resolver.close()
