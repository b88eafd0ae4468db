"""A node that is silent once it is connected to: no call waits for it, and no socket is left."""

import asyncio
import base64
import hashlib
from contextlib import asynccontextmanager

import pytest

from cgp.chain import ChainAwayError, open_chain
from cgp.config import Settings

_WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class SilentNode:
    """Takes a WebSocket connection, and neither answers nor says goodbye."""

    def __init__(self):
        self.url = ""
        self.closed = asyncio.Event()

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        key = {name.lower(): value for name, value in lines.items()}["sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1((key + _WEBSOCKET).encode()).digest()).decode()
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        try:
            while await reader.read(65536):
                pass
        except ConnectionResetError:
            pass
        finally:
            writer.close()
            self.closed.set()

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self


async def test_a_node_that_says_nothing_costs_no_socket_and_little_time(wallets):
    async with SilentNode().running() as node:
        settings = Settings(
            _env_file=None, netuid=18, subtensor={"network": node.url, "call_seconds": 0.3}
        )
        async with open_chain(settings, wallets("validator")) as chain:
            # The SDK's own goodbye would take 10 s.
            async with asyncio.timeout(8):
                with pytest.raises(ChainAwayError, match=r"no answer within 0\.3 s"):
                    await chain.block()
                await node.closed.wait()
