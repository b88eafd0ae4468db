"""The messages of a channel in a JSON document, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError
from cgp.sources.channels import Item
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import NO_TEXT, Message, key_of, mapping
from cgp.sources.source import skipped, unreadable

MAX_FACTS = 1000
"""Most strings and numbers outside of messages that are kept of one channel."""

Parse = Callable[[int, dict[str, Any]], Message | None]


def json_messages(file: File, prefix: str, parse: Parse, facts: dict[str, str]) -> Iterator[Item]:
    """Yield the messages at ``prefix``, and a record for each that ``parse`` refuses.

    Strings and numbers elsewhere in the document are put into ``facts`` by their prefix, in the
    order of the document. ``parse`` returns None for a message without words, such as a call; if
    all are without words, one record reports it.

    Raises:
        ConversationError: if there is nothing at ``prefix``.
    """
    number, is_broken, has_items = 0, False, False
    with file.open() as stream:
        try:
            for place, value in values_at(stream, {prefix}):
                if place != prefix:
                    if len(facts) < MAX_FACTS:
                        facts[place] = key_of(value) or ""
                    continue
                number += 1
                for item in parsed(file.path, number, value, parse):
                    has_items = True
                    yield item
        # A broken document ends here; the messages before the break have been yielded.
        except ConversationError as error:
            is_broken = True
            yield unreadable(file.path, number + 1, error)
    if not number and not is_broken:
        place = prefix.removesuffix(".item")
        raise ConversationError(f"no messages: expected a list under {place!r}")
    if not has_items and not is_broken:
        yield skipped(file.path, 1, NO_TEXT)


def parsed(path: Path, number: int, value: object, parse: Parse) -> Iterator[Item]:
    """Yield the message of one value, or the record of its fault."""
    try:
        message = parse(number, mapping(value, "message"))
    except ConversationError as error:
        yield unreadable(path, number, error)
        return
    if message is not None:
        yield message
