"""The SDK's connection to a node, closed however the connecting ends."""

from __future__ import annotations

import contextlib

import bittensor as bt
from bittensor._transport import SubstrateConnection


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
        except BaseException:
            if self._attempt is not None:
                with contextlib.suppress(Exception):
                    await self._attempt.close()
            raise

    def _interface(self, endpoint: str, fallbacks: list[str]) -> SubstrateConnection:
        self._attempt = super()._interface(endpoint, fallbacks)
        return self._attempt
