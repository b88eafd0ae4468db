"""Transports: ways on which nodes' messages travel, all with one contract.

A message is bytes of at most ``MAX_MESSAGE_BYTES``; a transport never looks into it and never
trusts it. It is sent to a topic: the ``LOBBY``, where groups are announced and asked for, or the
name of a group. Contract of every transport:

- A message reaches the transports that listen to its topic at that time, in any order, perhaps
  twice, perhaps never. The sender may or may not get its own message back.
- ``send`` returns when the message is on its way. It raises ``TransportError`` where that cannot be
  done now, and ``ValueError`` for a message that is too large.
- ``receive`` waits for the next message. At most ``MAX_WAITING`` messages wait for it; beyond that
  the oldest are dropped, so that a flood costs no memory.
- ``close`` ends a pending ``receive`` with ``TransportError``. It is idempotent.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from cgp.mycelium.errors import TransportError
from cgp.mycelium.updates import GROUP_NAME, NO_GROUP
from cgp.mycelium.wire import MAX_MESSAGE_BYTES

LOBBY: Final = NO_GROUP
"""The topic of all nodes."""
MAX_WAITING: Final = 4096
_TOPIC: Final = re.compile(rf"{LOBBY}|{GROUP_NAME.pattern}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that came, and the topic that it was sent to."""

    topic: str
    message: bytes


class Transport(Protocol):
    """One node's way to the others; the module says the contract."""

    async def listen(self, topic: str) -> None:
        """Receive the messages of a topic from now on. Idempotent."""
        ...

    async def ignore(self, topic: str) -> None:
        """Receive no further messages of a topic. Idempotent."""
        ...

    async def send(self, topic: str, message: bytes) -> None:
        """Send a message to all that listen to a topic.

        Raises:
            TransportError: if it cannot be sent now.
            ValueError: if it is larger than ``MAX_MESSAGE_BYTES``, or the topic is none.
        """
        ...

    async def receive(self) -> Delivery:
        """Wait for the next message.

        Raises:
            TransportError: if the transport is closed.
        """
        ...

    async def close(self) -> None:
        """Give everything back. Idempotent."""
        ...


def check_message(topic: str, message: bytes) -> None:
    """Check a message that is about to be sent.

    Raises:
        ValueError: if it is too large, or the topic is none.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message has at most {MAX_MESSAGE_BYTES} bytes, not {len(message)}")
    check_topic(topic)


def check_topic(topic: str) -> None:
    """Check the name of a topic: ``LOBBY`` or a group's.

    Raises:
        ValueError: if it is neither.
    """
    if not _TOPIC.fullmatch(topic):
        raise ValueError(f"a topic is {LOBBY} or a group's name, not {topic!r}")


class Mailbox:
    """Messages that wait to be received: bounded, and closed once."""

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque(maxlen=MAX_WAITING)
        self._change = asyncio.Event()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """True after ``close``."""
        return self._is_closed

    def require_open(self) -> None:
        """Check that a transport may still be used.

        Raises:
            TransportError: if its mailbox is closed.
        """
        if self._is_closed:
            raise TransportError("the transport is closed")

    def add(self, delivery: Delivery) -> None:
        """Add a message; one that is too large is dropped, and so is the oldest of too many."""
        if not self._is_closed and len(delivery.message) <= MAX_MESSAGE_BYTES:
            self._waiting.append(delivery)
            self._change.set()

    async def get(self) -> Delivery:
        """Wait for the oldest message.

        Raises:
            TransportError: if the mailbox is closed.
        """
        while not self._waiting and not self._is_closed:
            self._change.clear()
            await self._change.wait()
        self.require_open()
        return self._waiting.popleft()

    def close(self) -> None:
        """Take no more messages, and end a pending ``get``. Idempotent."""
        self._is_closed = True
        self._change.set()


class SiftingTransport:
    """Base of a ``Transport`` to which messages of all topics come: it keeps those of its own."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._mailbox = Mailbox()

    async def listen(self, topic: str) -> None:
        """Receive the messages of a topic from now on."""
        check_topic(topic)
        self._topics.add(topic)

    async def ignore(self, topic: str) -> None:
        """Receive no further messages of a topic."""
        self._topics.discard(topic)

    async def receive(self) -> Delivery:
        """Wait for the next message. Raises as ``Transport.receive``."""
        return await self._mailbox.get()

    async def close(self) -> None:
        """Take no more messages; what is on its way to others still goes there."""
        self._mailbox.close()

    def deliver(self, delivery: Delivery) -> None:
        """Take a message that came, if its topic is listened to."""
        if delivery.topic in self._topics:
            self._mailbox.add(delivery)


class MemoryNetwork:
    """Transports of one process, for simulations: messages arrive at once, each once."""

    def __init__(self) -> None:
        self._members: list[MemoryTransport] = []

    def transport(self) -> MemoryTransport:
        """Return a further transport of this network."""
        transport = MemoryTransport(self)
        self._members.append(transport)
        return transport

    def carry(self, sender: MemoryTransport, topic: str, message: bytes) -> None:
        """Deliver a message to all but its sender."""
        for member in self._members:
            if member is not sender:
                member.deliver(Delivery(topic, message))


class MemoryTransport(SiftingTransport):
    """A ``Transport`` between nodes of one process."""

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__()
        self._network = network

    async def send(self, topic: str, message: bytes) -> None:
        """Send a message. Raises as ``Transport.send``."""
        check_message(topic, message)
        self._mailbox.require_open()
        self._network.carry(self, topic, message)
