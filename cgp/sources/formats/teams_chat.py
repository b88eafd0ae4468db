"""Microsoft Teams chats as Microsoft Graph answers: ``{"value": [chatMessage]}``, newest first.

Structure: the resource ``chatMessage`` of Microsoft Graph
(learn.microsoft.com/graph/api/resources).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import conversations
from cgp.sources.files import File
from cgp.sources.json_messages import json_messages
from cgp.sources.markup import text_of_html, without_quoted_blocks
from cgp.sources.messages import About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json

_REPLY = "http://schema.skype.com/Reply"
"""Mark of a block that quotes the message which is answered."""


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "value", "messageType", "createdDateTime", "body")


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    about = About("teams", title=file.path.stem)
    items = json_messages(file, "value.item", _message, {})
    yield from conversations(file.path, items, lambda: about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    if message.get("messageType") != "message" or message.get("deletedDateTime"):
        return None
    sender = message.get("from")
    sender = sender if isinstance(sender, dict) else {}
    person = next(
        (p for key in ("user", "application") if isinstance(p := sender.get(key), dict)), {}
    )
    name = text_of(person.get("displayName"), "displayName") or "Unknown"
    body = mapping(message.get("body"), "body")
    text = text_of(body.get("content"), "content")
    if body.get("contentType") == "html":
        text = text_of_html(without_quoted_blocks(text, _REPLY))
    thread = key_of(message.get("replyToId"))
    return Message(
        number,
        Participant(name, key_of(person.get("id"))),
        text,
        epoch(message.get("createdDateTime")),
        key_of(message.get("id")),
        thread,
    )


SOURCE = Source(
    name="teams-chat",
    description="Microsoft Teams chat (Microsoft Graph, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Microsoft Graph, chats/ID/messages or a channel's messages",
    kept="names and ids, words, times, threads; cut into conversations by silence",
    left_out="system events, deleted messages, cards, attachments, reactions",
    loss=Loss.REST,
)
