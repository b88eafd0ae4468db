"""Transport of nodes' messages by ActivityPub: for operators who share no broker.

A message is an object that is delivered, signed, to each follower's inbox; a node hears the nodes
that it follows. Delivery is tried again for ``MESSAGE_SECONDS``, across restarts of the sender.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cgp.mycelium.fediverse.actor_records import Outgoing
from cgp.mycelium.fediverse.actor_store import ActorStore
from cgp.mycelium.fediverse.local_actor import LocalActor
from cgp.mycelium.fediverse.message_objects import message_activity
from cgp.mycelium.fediverse.outgoing import as_bytes
from cgp.mycelium.transports import SiftingTransport, check_message

MESSAGE_SECONDS: Final = 120.0
"""Time for which a message is tried: nodes refuse a message that is older than a minute."""


class ActivityPubTransport(SiftingTransport):
    """A ``cgp.mycelium.transports.Transport`` over one actor. ``on_send`` hears of each message.

    Other actors do not learn what is listened to: everything comes, and is sifted here. After
    ``close`` the actor still delivers what was sent.
    """

    def __init__(
        self,
        actor: LocalActor,
        store: ActorStore,
        *,
        on_send: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._actor = actor
        self._store = store
        self._on_send = on_send
        self._clock = clock

    async def send(self, topic: str, message: bytes) -> None:
        """Send a message to all followers. Raises as ``Transport.send``."""
        check_message(topic, message)
        self._mailbox.require_open()
        now = self._clock()
        activity = message_activity(self._actor, topic, message, datetime.fromtimestamp(now, UTC))
        inboxes = await self._store.follower_inboxes()
        outgoing = Outgoing(str(activity["id"]), inboxes, as_bytes(activity), now + MESSAGE_SECONDS)
        # From here on a restart delivers it too.
        await self._store.enqueue(outgoing, now)
        self._on_send()
