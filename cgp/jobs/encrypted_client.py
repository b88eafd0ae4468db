"""A client of NATS that speaks in clear to this machine alone."""

from __future__ import annotations

from typing import Any

from nats.aio.client import Client
from nats.errors import Error

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class EncryptedClient(Client):
    """Client that sends nothing to another machine whose server does not encrypt.

    The library itself takes the server's word for it, so somebody on the way could leave that word
    out and read all jobs. Each connection begins with the server's description of itself: the
    first one, one after a loss, and one to a server that the cluster named.
    """

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        server = self._current_server
        host = server.uri.hostname if server is not None else None
        if initial_connection and host not in _LOOPBACK and not info.get("tls_required"):
            raise Error(f"{host} does not encrypt, and jobs would go in clear")
        await super()._process_info(info, initial_connection)
