"""Several transports as one keep the contract, also where one of them fails."""

import pytest

from cgp.mycelium.errors import TransportError
from cgp.mycelium.joined_transport import JoinedTransport
from cgp.mycelium.transports import LOBBY, MemoryNetwork
from tests.mycelium.transport_contract import TransportContract, next_of


class TestJoinedTransport(TransportContract):
    @pytest.fixture
    async def transports(self):
        networks = MemoryNetwork(), MemoryNetwork()
        count = 0

        async def make():
            # The first is on both networks, the others on one or the other.
            nonlocal count
            parts = networks if count == 0 else [networks[count % 2]]
            count += 1
            return JoinedTransport([network.transport() for network in parts])

        return make


async def test_one_transport_that_is_away_does_not_stop_the_other():
    first, second = MemoryNetwork(), MemoryNetwork()
    away, present, listener = first.transport(), second.transport(), second.transport()
    joined = JoinedTransport([away, present])
    await joined.listen(LOBBY)
    await listener.listen(LOBBY)
    await away.close()
    await joined.send(LOBBY, b"1")
    assert (await next_of(listener)).message == b"1"
    await listener.send(LOBBY, b"2")
    assert (await next_of(joined)).message == b"2"
    await present.close()
    with pytest.raises(TransportError):
        await joined.send(LOBBY, b"3")
    await joined.close()


async def test_nothing_is_passed_on_from_one_network_to_the_other():
    first, second = MemoryNetwork(), MemoryNetwork()
    joined = JoinedTransport([first.transport(), second.transport()])
    one, other = first.transport(), second.transport()
    for transport in (joined, one, other):
        await transport.listen(LOBBY)
    await one.send(LOBBY, b"1")
    assert (await next_of(joined)).message == b"1"
    await joined.send(LOBBY, b"2")
    assert (await next_of(other)).message == b"2"
    await joined.close()
