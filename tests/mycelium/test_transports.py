"""The transport between nodes of one process, and the bound of every transport's mailbox."""

import pytest

from cgp.mycelium.transports import MAX_WAITING, Delivery, Mailbox, MemoryNetwork
from tests.mycelium.transport_contract import TransportContract


class TestMemoryTransport(TransportContract):
    @pytest.fixture
    async def transports(self):
        network = MemoryNetwork()

        async def make():
            return network.transport()

        return make


async def test_a_flood_costs_no_more_than_the_bound():
    mailbox = Mailbox()
    for number in range(MAX_WAITING + 10):
        mailbox.add(Delivery("lobby", b"%d" % number))
    assert (await mailbox.get()).message == b"10"
