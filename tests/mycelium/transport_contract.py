"""The contract of ``cgp.mycelium.transports``, one suite for every transport.

A test module of a transport makes a class of ``TransportContract`` and gives it a fixture
``transports``: a function that makes a further transport of one network.
"""

import asyncio

import pytest

from cgp.mycelium.errors import TransportError
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.wire import MAX_MESSAGE_BYTES
from tests.mycelium.kit import hotkey, update

SECONDS = 60


async def next_of(transport):
    async with asyncio.timeout(SECONDS):
        return await transport.receive()


class TransportContract:
    """What every transport does. ``settle`` waits until listening is in force everywhere."""

    async def settle(self):
        await asyncio.sleep(0)

    async def test_a_signed_update_arrives_byte_for_byte_at_all_that_listen(self, transports):
        # Prepare
        ada, ben, cai = [await transports() for _ in range(3)]
        for transport in (ada, ben, cai):
            await transport.listen("harbour")
        await self.settle()
        message = update().sign(hotkey("Ada"))

        # Execute
        await ada.send("harbour", message)
        deliveries = [await next_of(ben), await next_of(cai)]

        # Assert
        assert [(d.topic, d.message) for d in deliveries] == [("harbour", message)] * 2

    async def test_topics_are_apart_and_an_ignored_one_is_silent(self, transports):
        # Prepare
        ada, ben = await transports(), await transports()
        for topic in (LOBBY, "harbour", "island"):
            await ben.listen(topic)
        await ben.listen("harbour")  # a second time changes nothing
        await ben.ignore("harbour")
        await ben.ignore("mainland")  # never listened to
        await self.settle()

        # Execute
        await ada.send("harbour", b"1")
        await ada.send("island", b"2")
        await ada.send(LOBBY, b"3")
        first, second = await next_of(ben), await next_of(ben)

        # Assert
        assert {(first.topic, first.message), (second.topic, second.message)} == {
            ("island", b"2"),
            (LOBBY, b"3"),
        }

    async def test_too_large_a_message_and_a_strange_topic_are_refused(self, transports):
        ada = await transports()
        with pytest.raises(ValueError, match="at most"):
            await ada.send(LOBBY, b"a" * (MAX_MESSAGE_BYTES + 1))
        for topic in ("", "a.b", "*", "a>b", "../x", "UPPER"):
            with pytest.raises(ValueError, match="topic"):
                await ada.send(topic, b"1")
            with pytest.raises(ValueError, match="topic"):
                await ada.listen(topic)

    async def test_the_largest_message_arrives(self, transports):
        ada, ben = await transports(), await transports()
        await ben.listen(LOBBY)
        await self.settle()
        await ada.send(LOBBY, b"a" * MAX_MESSAGE_BYTES)
        assert len((await next_of(ben)).message) == MAX_MESSAGE_BYTES

    async def test_closing_ends_a_wait_and_further_use_says_so(self, transports):
        ada = await transports()
        waiting = asyncio.create_task(ada.receive())
        await asyncio.sleep(0)
        await ada.close()
        await ada.close()
        with pytest.raises(TransportError):
            await waiting
        with pytest.raises(TransportError):
            await ada.send(LOBBY, b"1")
