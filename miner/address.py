"""Addresses of a miner: the one it listens at, and the one it advertises."""

from __future__ import annotations

import ipaddress
import socket

from cgp.config import AxonSettings
from miner.startup import StartupError


def bind(axon: AxonSettings) -> socket.socket:
    """Return a socket bound to the configured address (port 0: any free one).

    Raises:
        StartupError: if the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in axon.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    # A miner that starts again at once gets its port, though old connections still close.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((axon.host, axon.port))
    except OSError as error:
        bound.close()
        raise StartupError(
            f"cannot listen on {axon.host} port {axon.port}: {error.strerror or error}; choose "
            "another with --axon.port (0: any free port)"
        ) from error
    # The event loop accepts connections, and must never wait in a call.
    bound.setblocking(False)
    return bound


def advertised_ip(axon: AxonSettings, *, is_local_chain: bool) -> str:
    """Return the IP to put on chain.

    That is ``external_ip`` where it is set; loopback on the embedded chain, which lives on one
    machine; else the address of this machine's own interface to the internet, if it is a public
    one. No web service is asked.

    Raises:
        StartupError: if the public address cannot be known.
    """
    if axon.external_ip is not None:
        return _valid_ip(axon.external_ip)
    if is_local_chain:
        return "127.0.0.1"
    for candidate in (axon.host, _outbound_ip()):
        if candidate and ipaddress.ip_address(candidate).is_global:
            return candidate
    raise StartupError(
        "cannot tell this machine's public address (it is behind a router or a firewall): give it "
        "with --axon.external_ip, and --axon.external_port if the port outside is another"
    )


def _valid_ip(ip: str) -> str:
    try:
        return str(ipaddress.ip_address(ip))
    except ValueError:
        raise StartupError(f"--axon.external_ip {ip!r} is not an IPv4 or IPv6 address") from None


def _outbound_ip() -> str | None:
    """Return the address that packets to the internet would leave from; none is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: it leads out, to nowhere
        except OSError:
            return None
        ip: str = probe.getsockname()[0]
        return ip
