"""NATS as a transport: a subject for the lobby and one for each group.

All nodes that share a broker may read and write these subjects. That is enough: a message counts by
its own signature, never by the connection that it came over.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cgp.jobs.connection import Connection, settle
from cgp.jobs.users import MYCELIUM_PREFIX
from cgp.mycelium.errors import TransportError
from cgp.mycelium.transports import Delivery, Mailbox, check_message, check_topic

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

logger = logging.getLogger(__name__)

_SETTLE_SECONDS: Final = 2


def subject_of(topic: str) -> str:
    """Return the subject of a topic. Names of topics have no dots and no wildcards."""
    return f"{MYCELIUM_PREFIX}.{topic}"


class NatsTransport:
    """A ``Transport`` over one connection, which is made again by itself when it is lost.

    It closes where the server no longer lets its user in: its node must not wait in silence.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._mailbox = Mailbox()
        self._subscriptions: dict[str, Subscription] = {}
        self._watching = asyncio.create_task(self._close_when_refused())

    @classmethod
    async def connect(cls, url: str, seed: str, *, name: str) -> NatsTransport:
        """Return a transport over the server at ``url``, as the user of ``seed`` (an nkey).

        Raises:
            NatsServerError: if the server cannot be reached, or does not let this user in.
            JobsExtraError: if the client library is missing.
        """
        return cls(await Connection.open(url, seed, name=name))

    @property
    def is_closed(self) -> bool:
        """True after ``close``, and where the server no longer lets this user in."""
        return self._mailbox.is_closed

    async def listen(self, topic: str) -> None:
        """Receive the messages of a topic; back when the server knows.

        Raises:
            TransportError: if the connection is closed.
        """
        from nats.errors import Error

        check_topic(topic)
        if topic in self._subscriptions:
            return
        self._mailbox.require_open()
        client = self._connection.client
        try:
            subscription = await client.subscribe(subject_of(topic), cb=self._take)
        except Error as error:
            raise TransportError(f"NATS: {error}") from None
        self._subscriptions[topic] = subscription
        # Without a connection now, the client subscribes anew when there is one.
        with suppress(Error, TimeoutError):
            await settle(client, _SETTLE_SECONDS)

    async def ignore(self, topic: str) -> None:
        """Receive no further messages of a topic."""
        from nats.errors import Error

        subscription = self._subscriptions.pop(topic, None)
        if subscription is not None:
            with suppress(Error):
                await subscription.unsubscribe()

    async def send(self, topic: str, message: bytes) -> None:
        """Send a message. Raises as ``Transport.send``."""
        from nats.errors import Error

        check_message(topic, message)
        self._mailbox.require_open()
        # The client would keep messages for later: one from before an outage helps nobody.
        if not self._connection.client.is_connected:
            raise TransportError("there is no connection to the NATS server")
        try:
            await self._connection.client.publish(subject_of(topic), message)
        except Error as error:
            raise TransportError(f"NATS: {error}") from None

    async def receive(self) -> Delivery:
        """Wait for the next message. Raises as ``Transport.receive``."""
        return await self._mailbox.get()

    async def close(self) -> None:
        """Close the connection."""
        from nats.errors import Error

        self._watching.cancel()
        if self._mailbox.is_closed:
            return
        self._mailbox.close()
        # The farewell was published a moment ago and may wait to be written.
        with suppress(Error, TimeoutError):
            await settle(self._connection.client, _SETTLE_SECONDS)
        await self._connection.close()

    async def _close_when_refused(self) -> None:
        await self._connection.refusal.wait()
        logger.error("the NATS server no longer lets %s in", self._connection.public_key)
        self._mailbox.close()

    async def _take(self, message: Msg) -> None:
        topic = message.subject.removeprefix(f"{MYCELIUM_PREFIX}.")
        self._mailbox.add(Delivery(topic, message.data))
