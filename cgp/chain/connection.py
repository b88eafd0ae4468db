"""The SDK's connection to a node, closed however the connecting ends."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, cast

import bittensor as bt
from bittensor._transport import SubstrateConnection
from bittensor._transport.rpc import WsConnection, _default_connect
from bittensor.settings import SS58_FORMAT

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

CLOSE_SECONDS: Final = 1.0
"""Time for a node to say goodbye before its socket is cut.

The SDK's 10 s would outlast the deadline of a call, and a goodbye that is broken off before its own
deadline would leave the socket open.
"""


class ClosingSubstrate(bt.RpcSubstrate):
    """As the SDK's, but a connection that cannot be made leaves no open socket.

    The SDK closes it for some errors only: not where the node's metadata cannot be read, and not
    where a deadline ends the attempt. A neuron that tries for weeks would run out of sockets.
    """

    _attempt: SubstrateConnection | None = None

    async def connect(self) -> None:
        """Open the connection. Idempotent."""
        try:
            await super().connect()
        # However the attempt ended, also by a deadline's cancellation: the socket must not stay
        # open. It is raised again.
        except BaseException:
            if self._attempt is not None:
                with contextlib.suppress(OSError, bt.BittensorError):
                    await self._attempt.close()
            raise

    def _interface(self, endpoint: str, fallbacks: list[str]) -> SubstrateConnection:
        self._attempt = SubstrateConnection(
            endpoint,
            ss58_format=SS58_FORMAT,
            fallback_urls=fallbacks,
            retry_forever=self.retry_forever,
            connect_factory=_dial,
        )
        return self._attempt


async def _dial(url: str) -> WsConnection:
    """Connect as the SDK does, but with a short goodbye."""
    socket = await _default_connect(url)
    cast("ClientConnection", socket).close_timeout = CLOSE_SECONDS
    return socket
