"""JSON-RPC over WebSocket in front of a node: requests, batches and subscriptions."""

import asyncio
import contextlib
import itertools
import json

import websockets

from cgp.chain.embedded.substrate import EmbeddedSubstrate
from tests.chain.scale.node import Node
from tests.chain.scale.signed import InvalidError


class Server:
    """Serves a node over WebSocket; ``url`` is where."""

    def __init__(self, node):
        self._node = node
        self._ids = itertools.count(1)
        self._watched = {}
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self):
        """Serve while the block of code runs."""
        async with websockets.serve(self._serve, "127.0.0.1", 0, max_size=2**26) as server:
            self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            try:
                yield self
            finally:
                for task in self._watched.values():
                    task.cancel()

    async def _serve(self, socket):
        with contextlib.suppress(websockets.exceptions.ConnectionClosed):
            async for text in socket:
                frame = json.loads(text)
                requests = frame if isinstance(frame, list) else [frame]
                answers = [a for a in [await self._one(socket, r) for r in requests] if a]
                if answers:
                    await socket.send(
                        json.dumps(answers if isinstance(frame, list) else answers[0])
                    )

    async def _one(self, socket, request):
        method, params = request["method"], list(request.get("params") or [])
        self._node.record.requests[method] += 1
        try:
            result = await self._result(socket, request["id"], method, params)
        except InvalidError as error:
            return {"jsonrpc": "2.0", "id": request["id"], "error": error.error}
        except Exception as error:  # noqa: BLE001 - a fault of the node must not end the connection
            self._node.record.faults.append(f"{method} {str(params)[:90]}: {error!r}")
            fault = {"code": -32603, "message": repr(error)}
            return {"jsonrpc": "2.0", "id": request["id"], "error": fault}
        if result is self:
            return None
        return {"jsonrpc": "2.0", "id": request["id"], "result": result}

    async def _result(self, socket, number, method, params):
        """Return a result; itself where the answer was sent already, as of subscriptions."""
        if method == "author_submitAndWatchExtrinsic":
            _, block = await self._node.submit(params[0])
            name = await self._subscribed(socket, number)
            digest = self._node.hash_of(block)
            for status in ("ready", {"inBlock": digest}, {"finalized": digest}):
                await self._push(socket, "author_extrinsicUpdate", name, status)
            return self
        if method.startswith("chain_subscribe"):
            name = await self._subscribed(socket, number)
            event = {
                "chain_subscribeNewHeads": "chain_newHead",
                "chain_subscribeAllHeads": "chain_allHead",
            }.get(method, "chain_finalizedHead")
            self._watched[name] = asyncio.create_task(self._heads(socket, event, name))
            return self
        if method.startswith("chain_unsubscribe") or method == "author_unwatchExtrinsic":
            if task := self._watched.pop(params[0], None):
                task.cancel()
            return True
        return await self._node.answer(method, params)

    async def _subscribed(self, socket, number):
        name = f"s{next(self._ids)}"
        await socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "result": name}))
        return name

    async def _push(self, socket, event, name, result):
        params = {"subscription": name, "result": result}
        await socket.send(json.dumps({"jsonrpc": "2.0", "method": event, "params": params}))

    async def _heads(self, socket, event, name):
        last = await self._node.head() - 1
        with contextlib.suppress(websockets.exceptions.ConnectionClosed):
            while True:
                head = await self._node.head()
                for block in range(last + 1, head + 1):
                    await self._push(socket, event, name, self._node.header(block))
                last = head
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def serving(chain_file, golden):
    """Serve an embedded chain as a node; yield the server's address and the node's record."""
    substrate = EmbeddedSubstrate(chain_file)
    await substrate.connect()
    try:
        node = Node(substrate, golden)
        async with Server(node).running() as server:
            yield server.url, node.record
    finally:
        await substrate.close()
