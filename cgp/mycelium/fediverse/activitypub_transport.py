"""Transport of nodes' messages by ActivityPub: for operators who share no broker.

A message is an object that is delivered, signed, to each follower's inbox; a node hears the nodes
that it follows. Delivery is tried again for ``MESSAGE_SECONDS``, across restarts of the sender.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from cgp.mycelium.errors import TransportError
from cgp.mycelium.fediverse.actor_records import Outgoing
from cgp.mycelium.fediverse.actor_store import ActorStore
from cgp.mycelium.fediverse.local_actor import LocalActor
from cgp.mycelium.fediverse.message_objects import Message, message_activity
from cgp.mycelium.fediverse.outgoing import as_bytes
from cgp.mycelium.transports import Delivery, Mailbox, check_message, check_topic

MESSAGE_SECONDS: Final = 120.0
"""Time for which a message is tried: nodes refuse a message that is older than a minute."""


class ActivityPubTransport:
    """A ``cgp.mycelium.transports.Transport`` over one actor. ``on_send`` hears of each message."""

    def __init__(
        self,
        actor: LocalActor,
        store: ActorStore,
        *,
        on_send: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._actor = actor
        self._store = store
        self._on_send = on_send
        self._clock = clock
        # Other actors do not learn what is listened to: everything comes, and is sifted here.
        self._topics: set[str] = set()
        self._mailbox = Mailbox()

    async def listen(self, topic: str) -> None:
        """Receive the messages of a topic from now on."""
        check_topic(topic)
        self._topics.add(topic)

    async def ignore(self, topic: str) -> None:
        """Receive no further messages of a topic."""
        self._topics.discard(topic)

    async def send(self, topic: str, message: bytes) -> None:
        """Send a message to all followers. Raises as ``Transport.send``."""
        check_message(topic, message)
        if self._mailbox.is_closed:
            raise TransportError("the transport is closed")
        now = self._clock()
        activity = message_activity(self._actor, topic, message, datetime.fromtimestamp(now, UTC))
        inboxes: Sequence[str] = [follower.inbox for follower in await self._store.followers()]
        outgoing = Outgoing(str(activity["id"]), inboxes, as_bytes(activity), now + MESSAGE_SECONDS)
        # From here on a restart delivers it too.
        await self._store.enqueue(outgoing, now)
        self._on_send()

    async def receive(self) -> Delivery:
        """Wait for the next message. Raises as ``Transport.receive``."""
        return await self._mailbox.get()

    async def close(self) -> None:
        """Close the transport; what is on its way is delivered by the actor."""
        self._mailbox.close()

    def deliver(self, message: Message) -> None:
        """Take a message of an actor that ours follows, if its topic is listened to."""
        if message.topic in self._topics:
            self._mailbox.add(Delivery(message.topic, message.data))
