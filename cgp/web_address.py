"""Addresses of servers as people write them into settings and options."""

from __future__ import annotations

from urllib.parse import urlsplit


def web_address(text: str) -> str:
    """Return an address as it is.

    Raises:
        ValueError: if it names no server; the address is not in the message, as it may be secret.
    """
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError("write an address with its scheme and host, as http://127.0.0.1:8080 is")
    return text
