"""A chain that is asked with patience: deadlines, endpoints that take turns, pauses that grow."""

import asyncio
import logging
from contextlib import asynccontextmanager

import bittensor as bt
import pytest

from cgp.chain import ChainAwayError, ChainMismatchError, Endpoint, PatientChain, open_chain
from cgp.config import Settings


class Node:
    """One endpoint that answers, is silent, refuses connections, or speaks another language."""

    def __init__(self, name, mood="well"):
        self.name = name
        self.mood = mood
        self.connected = 0
        self.closed = 0

    @property
    def endpoint(self):
        return Endpoint(self.name, self.connect)

    @asynccontextmanager
    async def connect(self):
        self.connected += 1
        if self.mood == "away":
            raise ConnectionRefusedError("nobody listens")
        try:
            yield self
        finally:
            self.closed += 1

    async def block(self):
        if self.mood == "silent":
            await asyncio.Event().wait()
        if self.mood == "strange":
            raise ValueError("Storage function not found")
        if self.mood == "refusing":
            raise bt.ChainError("too early", code=bt.ErrorCode.RATE_LIMITED)
        return 7

    async def runtime(self):
        return 461

    async def set_weights(self, weights, version_key):
        await asyncio.Event().wait()

    async def wait_for_block(self, block):
        await asyncio.Event().wait()


def chain_over(*nodes, clock=None, seconds=1.0):
    more = {"clock": clock} if clock else {}
    return PatientChain(18, "hotkey", [n.endpoint for n in nodes], seconds=seconds, **more)


async def test_a_silent_endpoint_is_named_in_time_and_the_next_one_asked():
    silent, well = Node("ws://silent", "silent"), Node("ws://well")
    async with chain_over(silent, well) as chain:
        with pytest.raises(
            ChainAwayError, match=r"ws://silent is away \(block\).*ws://well is next"
        ):
            await chain.block()
        assert await chain.block() == 7
        assert chain.endpoint == "ws://well"
    assert (silent.connected, silent.closed, well.connected, well.closed) == (1, 1, 1, 1)


async def test_pauses_grow_while_nobody_answers_and_calls_fail_at_once_meanwhile():
    now = 0.0
    node = Node("ws://away", "away")
    async with chain_over(node, clock=lambda: now) as chain:
        pauses = []
        for _ in range(10):
            with pytest.raises(ChainAwayError, match="ws://away"):
                await chain.block()
            tried = node.connected
            with pytest.raises(ChainAwayError, match="asked again in"):
                await chain.block()
            assert node.connected == tried
            pauses.append(chain._retry_at - now)
            now = chain._retry_at
        assert pauses[:4] == [0.5, 1, 2, 4]
        assert pauses[-1] == 60
        node.mood = "well"
        assert await chain.block() == 7


async def test_weights_that_hang_end_with_an_error_and_can_be_set_again():
    node = Node("ws://hangs")
    async with chain_over(node, seconds=0.05) as chain:
        with pytest.raises(ChainAwayError, match="set weights"):
            await chain.set_weights({1: 1.0}, 0)


async def test_a_head_that_stands_still_is_away(monkeypatch):
    monkeypatch.setattr("cgp.chain.patient.BLOCK_PATIENCE_SECONDS", 0.05)
    async with chain_over(Node("ws://frozen"), seconds=0.05) as chain:
        with pytest.raises(ChainAwayError, match="no new block"):
            await chain.wait_for_block(8)


async def test_what_the_chain_answers_is_no_silence():
    node = Node("ws://refusing", "refusing")
    async with chain_over(node) as chain:
        for _ in range(3):
            with pytest.raises(bt.ChainError, match="too early"):
                await chain.block()
    assert node.connected == 1


async def test_a_runtime_that_does_not_fit_is_named_with_the_remedy():
    async with chain_over(Node("ws://strange", "strange")) as chain:
        with pytest.raises(
            ChainMismatchError,
            match=r"ws://strange runs runtime 461, .* SDK 11.*update this program",
        ):
            await chain.block()


async def test_calls_at_once_share_a_connection_and_one_failure_closes_it_once():
    node = Node("ws://silent", "silent")
    async with chain_over(node) as chain:
        done = await asyncio.gather(*(chain.block() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(error, ChainAwayError) for error in done)
    assert (node.connected, node.closed) == (1, 1)
    assert chain._failures == 1


async def test_a_real_network_that_accepts_and_is_silent_is_away_in_time(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL, "websockets")
    held = []

    async def accept(reader, writer):
        held.append(writer)
        await reader.read()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = Settings(
        _env_file=None, subtensor={"network": url, "call_seconds": 0.3, "endpoints": ""}
    )
    wallet = bt.Wallet("w", "h", str(tmp_path)).create_new_hotkey(suppress=True)
    async with open_chain(settings, wallet) as chain:
        with pytest.raises(ChainAwayError, match=f"{url} is away"):
            await chain.metagraph()
    server.close()
    for writer in held:
        writer.close()
