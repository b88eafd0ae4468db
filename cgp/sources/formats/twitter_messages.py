"""Direct messages of an X/Twitter archive: ``data/direct-messages.js`` and
``direct-messages-group.js``.

Each ``dmConversation`` is a channel with its newest message first. The archive names only its owner
(``account.js``); the others stand by their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.messages import NO_TEXT, About, Message, epoch, key_of, mapping, text_of
from cgp.sources.source import Fact, Loss, Parts, Source, skipped, unreadable
from cgp.sources.x_archive import (
    ARCHIVE_COMPANIONS,
    Account,
    account_of,
    archive_part,
    archive_values,
)

_MESSAGES = frozenset({"direct_messages", "direct_message", "direct_messages_group"})


def _recognises(head: bytes, _path: Path) -> bool:
    return archive_part(head) in _MESSAGES


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each exchange of messages."""
    yield from _read_parts([file])


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    """Read each exchange over all parts: it may go on in the next one."""
    account = account_of(files[0])
    exchanges: dict[str, list[Item]] = {}
    number = 0
    for file in files:
        try:
            for value in archive_values(file):
                number += 1
                try:
                    key, items = _exchange(file, number, value, account)
                except ConversationError as error:
                    yield unreadable(file.path, number, error)
                    continue
                exchanges.setdefault(key, []).extend(items)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)
    if not number:
        yield skipped(files[0].path, 0, NO_TEXT)
    for key, items in exchanges.items():
        about = About("twitter", id=f"twitter-dm-{key}", title=None)
        yield from conversations(files[0].path, items, lambda about=about: about)  # type: ignore[misc]


def _exchange(
    file: File, number: int, value: object, account: Account | None
) -> tuple[str, list[Item]]:
    exchange = mapping(mapping(value, "item").get("dmConversation"), "dmConversation")
    messages = exchange.get("messages")
    if not isinstance(messages, list):
        raise ConversationError("messages must be a list")
    items: list[Item] = []
    for message in messages:
        try:
            item = _message(number, mapping(message, "message"), account)
        except ConversationError as error:
            items.append(unreadable(file.path, number, error))
            continue
        if item is not None:
            items.append(item)
    return key_of(exchange.get("conversationId")) or str(number), items


def _message(number: int, message: dict[str, Any], account: Account | None) -> Message | None:
    """Return a message; joins and changes of a group's name are none."""
    # The other kinds of events name joins, leaves and titles.
    if "messageCreate" not in message:
        return None
    content = mapping(message["messageCreate"], "messageCreate")
    sender = key_of(content.get("senderId"))
    # The archive holds the name of its owner alone; a number is all it says of others.
    is_own = account is not None and sender == account.id
    name = account.name if is_own and account is not None else sender or "Unknown"
    text = text_of(content.get("text"), "text")
    urls = content.get("urls")
    for url in urls if isinstance(urls, list) else []:
        short, long = (
            (url.get("url"), url.get("expanded")) if isinstance(url, dict) else (None, None)
        )
        if isinstance(short, str) and isinstance(long, str) and short:
            text = text.replace(short, long)
    at = epoch(content.get("createdAt"))
    return Message(number, Participant(name, sender), text, at, key_of(content.get("id")))


SOURCE = Source(
    name="twitter-messages",
    description="X/Twitter archive (direct-messages.js): direct messages",
    suffixes=(".js",),
    recognises=_recognises,
    read=read,
    parts=Parts(
        re.compile(r"^(?P<series>direct-messages?(?:-group)?)(?:-part(?P<number>\d{1,6}))?\.js$"),
        _read_parts,
    ),
    companions=ARCHIVE_COMPANIONS,
    where="X, Settings, Download an archive of your data (zip)",
    kept="direct messages one to one and of groups, times, links written out",
    left_out="names of the others (the archive has their numbers only), reactions, media",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.REST,
)
