"""Messages of nodes as objects of ActivityPub: one signed message in one object.

The object carries the message's bytes as they are (they are ASCII), so the node's own signature
holds wherever the object goes: the transport need not be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cgp.mycelium.fediverse.documents import Document, text_field
from cgp.mycelium.fediverse.errors import DocumentError
from cgp.mycelium.fediverse.local_actor import CONTEXT, LocalActor, timestamp
from cgp.mycelium.transports import Delivery, check_message
from cgp.mycelium.wire import MAX_MESSAGE_BYTES

NAMESPACE: Final = "https://conversation-genome.github.io/ns/mycelium#"
MESSAGE: Final = "SporeMessage"
# Other servers read an object by these lines; ours reads the names alone.
MESSAGE_CONTEXT: Final = [
    CONTEXT,
    {
        "spore": NAMESPACE,
        MESSAGE: "spore:Message",
        "topic": "spore:topic",
        "message": "spore:message",
    },
]


def message_activity(actor: LocalActor, topic: str, data: bytes, at: datetime) -> Mapping[str, Any]:
    """Return the activity that brings a message to the actor's followers.

    Raises:
        ValueError: if the message is too large or not ASCII, or the topic has another form.
    """
    check_message(topic, data)
    message = {
        "id": actor.fresh_id("messages"),
        "type": MESSAGE,
        "attributedTo": actor.id,
        "published": timestamp(at),
        "to": [actor.followers],
        "topic": topic,
        "message": data.decode("ascii"),
    }
    return {**actor.create(message), "@context": MESSAGE_CONTEXT}


def message_in(thing: Document) -> Delivery:
    """Return the message in an object.

    Raises:
        DocumentError: if there is none that a transport may carry.
    """
    topic = text_field(thing, "topic", limit=64)
    text = text_field(thing, "message", limit=MAX_MESSAGE_BYTES)
    try:
        data = text.encode("ascii")
        check_message(topic, data)
    except ValueError as error:
        raise DocumentError(f"message: {error}") from None
    return Delivery(topic, data)
