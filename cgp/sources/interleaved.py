"""Messages of many chats that alternate in one file, each put to its chat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from cgp.conversation_json import Record
from cgp.sources.channels import conversations
from cgp.sources.messages import About, Message
from cgp.sources.source import unreadable

MAX_CHATS = 100_000

Placed = tuple[str, Message]
"""A message with the key of its chat."""


def chats_of(
    path: Path, items: Iterable[Placed | Record], about: Callable[[str, list[Message]], About]
) -> Iterator[Record]:
    """Yield the conversations of each chat, in the order of the chats' first messages.

    ``items`` are messages with the keys of their chats, and records of items that cannot be read.
    ``about`` returns the facts about a chat from its key and messages.
    """
    chats: dict[str, list[Message]] = {}
    for item in items:
        if isinstance(item, Record):
            yield item
            continue
        key, message = item
        # A file with a number for each message would fill the memory with chats of one.
        if key in chats or len(chats) < MAX_CHATS:
            chats.setdefault(key, []).append(message)
        else:
            yield unreadable(path, message.number, f"messages of more than {MAX_CHATS} chats")
    for key, messages in chats.items():
        # Answers of interfaces have the newest first, and those of several pages in no order.
        messages.sort(key=lambda message: message.at or 0.0)
        yield from conversations(path, messages, partial(about, key, messages))
