"""Twilio's messages as its API answers: conversations, and text messages.

Structure: twilio.com/docs, Conversation Message resource (``conversation_sid``, ``author``,
``body``), Message resource (``from``, ``to``, ``body``, ``direction``), Chat Message resource
(``channel_sid``). Its command line and its libraries write the keys in camel case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.interleaved import Placed, chats_of
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, Message, epoch, key_of, mapping, or_no_text, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json, unreadable

_PLACES = frozenset({"messages.item", "item"})
_CHATS = ("conversation_sid", "channel_sid")
_NOT_SENT = frozenset({"failed", "undelivered", "canceled"})
_CAMEL = re.compile(r"_([a-z])")
_NETWORK = re.compile(r"^(?:whatsapp|messenger|sms|rcs):")


def _camel(key: str) -> str:
    return _CAMEL.sub(lambda match: match[1].upper(), key)


def _has(head: bytes, *keys: str) -> bool:
    return has_keys(head, *keys) or has_keys(head, *map(_camel, keys))


def _recognises(head: bytes, _path: Path) -> bool:
    if not is_json(head) or not _has(head, "account_sid", "sid", "body", "date_created"):
        return False
    return any(_has(head, key) for key in _CHATS) or _has(head, "num_segments", "direction", "to")


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each chat, cut by silence."""
    yield from or_no_text(file.path, chats_of(file.path, _placed(file), _about))


def _about(key: str, messages: list[Message]) -> About:
    names = dict.fromkeys(message.author.name for message in messages)
    return About("twilio", id=f"twilio-{key}", title=", ".join(names))


def _placed(file: File) -> Iterator[Placed | Record]:
    number = 0
    with file.open() as stream:
        try:
            for _, value in values_at(stream, _PLACES, scalars=False):
                number += 1
                try:
                    yield from _message(number, mapping(value, "message"))
                except ConversationError as error:
                    yield unreadable(file.path, number, error)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)


def _message(number: int, message: dict[str, Any]) -> Iterator[Placed]:
    """Yield a message with its chat, nothing for one that was never delivered."""
    if key_of(_value(message, "status")) in _NOT_SENT:
        return
    sender = key_of(_value(message, "author")) or key_of(_value(message, "from"))
    if sender is None:
        raise ConversationError("author or from is missing")
    author = Participant(_NETWORK.sub("", sender), sender)
    at = _time(_value(message, "date_sent") or _value(message, "date_created"))
    text = text_of(_value(message, "body"), "body")
    yield _chat(message, sender), Message(number, author, text, at, key_of(_value(message, "sid")))


def _value(message: dict[str, Any], key: str) -> object:
    return message[key] if key in message else message.get(_camel(key))


def _chat(message: dict[str, Any], sender: str) -> str:
    """Return the key of a message's chat: its conversation, or its two numbers."""
    # Text messages have no chat: the messages between two numbers are one.
    for name in _CHATS:
        if key := key_of(_value(message, name)):
            return key
    return "-".join(sorted((sender, key_of(_value(message, "to")) or "")))


def _time(value: object) -> float | None:
    """Return the time of a message; text messages write it as mail does."""
    try:
        return epoch(value)
    except ConversationError:
        try:
            return parsedate_to_datetime(str(value)).timestamp()
        except (ValueError, OverflowError):
            raise ConversationError(f"{str(value)[:40]!r} is not a time") from None


SOURCE = Source(
    name="twilio",
    description="Twilio messages: conversations and text messages (its API, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="answers of Twilio's API, Messages of a conversation or Messages.json, saved",
    kept="names or numbers, words, times; cut into conversations by silence",
    left_out="media, what was not delivered, receipts, attributes",
    loss=Loss.REST,
)
