"""An HTTP request as signatures see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A request: ``headers`` by their names in small letters, ``url`` with scheme and host.

    For a request to our own server the scheme and the host are those that the server is reached
    by, as configured. So a request that was signed for another server is none for ours.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def authority(self) -> str:
        """Host, with the port where it is not the scheme's own."""
        return authority_of(self.url)

    @property
    def target(self) -> str:
        """Path with the query, as the first line of a request has it."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def authority_of(url: str) -> str:
    """Return the host of an address in small letters, with a port that is not the scheme's own.

    Raises:
        ValueError: if the address is malformed.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    # urlsplit takes the brackets off an address of IPv6.
    host = f"[{host}]" if ":" in host else host
    usual_port = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in {None, usual_port} else f"{host}:{parts.port}"


def origin_of(url: str) -> str:
    """Return scheme and authority of an address: documents of one origin have one owner.

    Raises:
        ValueError: if the address is malformed.
    """
    return f"{urlsplit(url).scheme}://{authority_of(url)}"
