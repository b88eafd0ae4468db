"""Several transports as one: a node on its own NATS server that also meets actors elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from cgp.mycelium.errors import TransportError
from cgp.mycelium.transports import Delivery, Mailbox, Transport, check_message

logger = logging.getLogger(__name__)


class JoinedTransport:
    """A ``Transport`` over others: it sends by all and receives from any.

    A message that comes by two of them comes twice, which every node must bear anyway. Nothing
    that comes by one is passed on by another. One that cannot send now does not stop the others.
    """

    def __init__(self, parts: Sequence[Transport]) -> None:
        if not parts:
            raise ValueError("a joined transport has a part at least")
        self._parts = tuple(parts)
        self._mailbox = Mailbox()
        self._readers: list[asyncio.Task[None]] = []

    async def listen(self, topic: str) -> None:
        """Receive the messages of a topic from now on."""
        for part in self._parts:
            await part.listen(topic)
        self._begin()

    async def ignore(self, topic: str) -> None:
        """Receive no further messages of a topic."""
        for part in self._parts:
            await part.ignore(topic)

    async def send(self, topic: str, message: bytes) -> None:
        """Send a message by all parts. Raises as ``Transport.send`` where none can."""
        check_message(topic, message)
        self._mailbox.require_open()
        results = await asyncio.gather(
            *(part.send(topic, message) for part in self._parts), return_exceptions=True
        )
        failures = [result for result in results if result is not None]
        for failure in failures:
            # A fault of this program is not one of the network.
            if not isinstance(failure, TransportError):
                raise failure
            logger.info("A message went by %d transports less: %s", len(failures), failure)
        if len(failures) == len(self._parts):
            raise failures[0]

    async def receive(self) -> Delivery:
        """Wait for the next message. Raises as ``Transport.receive``."""
        self._begin()
        return await self._mailbox.get()

    async def close(self) -> None:
        """Close all parts. Idempotent."""
        self._mailbox.close()
        for part in self._parts:
            await part.close()
        # A closed part ends its reader; cancelling ends one whose part does not.
        for reader in self._readers:
            reader.cancel()
        if self._readers:
            await asyncio.wait(self._readers)

    def _begin(self) -> None:
        if not self._readers and not self._mailbox.is_closed:
            self._readers = [asyncio.create_task(self._read(part)) for part in self._parts]

    async def _read(self, part: Transport) -> None:
        while True:
            try:
                self._mailbox.add(await part.receive())
            except TransportError:
                return
