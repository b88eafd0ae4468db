"""The contract of transports over a real NATS server, and what happens when the server dies."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack

import pytest

from cgp.jobs.nats_server import ServerPlace, nats_server
from cgp.jobs.users import Role, User, own_seed, public_key_of
from cgp.mycelium.errors import TransportError
from cgp.mycelium.nats_transport import NatsTransport
from cgp.mycelium.transports import LOBBY
from tests.mycelium.transport_contract import TransportContract, next_of


@pytest.fixture
async def network(tmp_path):
    """Yield a running server and a function that connects further transports."""
    seeds = [own_seed(tmp_path / f"{n}.seed") for n in range(3)]
    users = [User(public_key_of(seed), Role.NODE) for seed in seeds]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            nats_server(tmp_path / "nats", ServerPlace(), users)
        )
        rest = iter(seeds)

        async def make():
            transport = await NatsTransport.connect(server.url, next(rest), name="node")
            stack.push_async_callback(transport.close)
            return transport

        yield server, make


async def test_a_user_that_the_server_lets_in_no_longer_does_not_wait_in_silence(network, tmp_path):
    # Prepare
    server, make = network
    ada, ben = await make(), await make()
    await ada.listen(LOBBY)
    receiving = asyncio.create_task(ada.receive())

    # Execute: all users but ada
    seeds = [own_seed(tmp_path / f"{n}.seed") for n in (1, 2)]
    await server.reload([User(public_key_of(seed), Role.NODE) for seed in seeds])

    # Assert
    with pytest.raises(TransportError):
        await asyncio.wait_for(receiving, 60)
    with pytest.raises(TransportError):
        await ada.send(LOBBY, b"1")
    with pytest.raises(TransportError):
        await ada.listen("harbour")
    await ben.listen(LOBBY)  # nobody else is shut out


class TestNatsTransport(TransportContract):
    @pytest.fixture
    async def transports(self, network):
        return network[1]


async def test_after_a_kill_of_the_server_messages_arrive_again(network):
    # Prepare
    server, make = network
    ada, ben = await make(), await make()
    await ben.listen(LOBBY)
    await ada.send(LOBBY, b"1")
    assert (await next_of(ben)).message == b"1"

    # Execute
    os.kill(server.process_id, signal.SIGKILL)
    async with asyncio.timeout(60):
        while True:
            try:
                await ada.send(LOBBY, b"2")
                async with asyncio.timeout(0.3):
                    message = (await ben.receive()).message
                break
            except (TransportError, TimeoutError):
                await asyncio.sleep(0.1)

    # Assert
    assert message == b"2"
    assert server.starts == 2
