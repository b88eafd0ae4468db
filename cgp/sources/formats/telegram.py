"""Telegram Desktop exports in JSON: one chat, or all of them under ``chats.list``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.json_messages import parsed
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, Message, epoch, key_of, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json, unreadable

_LISTS = ("", "chats.list.item.", "left_chats.list.item.")
_MESSAGES = frozenset(f"{place}messages.item" for place in _LISTS)


def _recognises(head: bytes, _path: Path) -> bool:
    if not is_json(head):
        return False
    if has_keys(head, "chats", "list", "messages") or _is_account(head):
        return True
    return has_keys(head, "type", "messages") and (
        has_keys(head, "from_id") or has_keys(head, "actor_id") or has_keys(head, "date_unixtime")
    )


def _is_account(head: bytes) -> bool:
    """Tell if the file holds a whole account: thousands of contacts may stand before its chats."""
    has_account_keys = has_keys(head, "personal_information", "user_id") or has_keys(
        head, "contacts", "list"
    )
    return (
        has_account_keys
        and has_keys(head, "about")
        and not has_keys(head, "messages", "participants")
    )


class _Chat:
    """Facts about one chat while its messages are read."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.started = False

    def about(self) -> About:
        identifier = self.known.get("id")
        return About(
            "telegram",
            id=f"telegram-{identifier}" if identifier else None,
            title=self.known.get("name"),
        )


def read(file: File) -> Iterator[Record]:
    """Yield the conversations of each chat."""
    any_message = False
    for chat, group in groupby(_items(file), key=lambda pair: pair[0]):
        any_message = True
        yield from conversations(file.path, (item for _, item in group), chat.about)
    # A file that is recognised and has none is of another form, which a person should hear of.
    if not any_message:
        raise ConversationError("no messages: expected a list under 'messages' or 'chats.list'")


def _items(file: File) -> Iterator[tuple[_Chat, Item]]:
    chat, number = _Chat(), 0
    with file.open() as stream:
        try:
            for prefix, value in values_at(stream, _MESSAGES):
                if prefix in _MESSAGES:
                    chat.started = True
                    number += 1
                    for item in parsed(file.path, number, value, _message):
                        yield chat, item
                elif (name := _own_prefix(prefix)) is not None:
                    # These stand before a chat's messages: after some, another chat begins.
                    if chat.started:
                        chat = _Chat()
                    chat.known[name] = key_of(value) or ""
        except ConversationError as error:
            yield chat, unreadable(file.path, number + 1, error)


def _own_prefix(prefix: str) -> str | None:
    """Return the chat's own value at a prefix."""
    place, _, name = prefix.rpartition(".")
    path = f"{place}." if place else ""
    return name if name in {"name", "type", "id"} and path in _LISTS else None


def _message(number: int, message: dict[str, Any]) -> Message | None:
    if message.get("type") != "message":
        return None
    # Newer exports have both; only the first says its zone.
    at = message.get("date_unixtime", message.get("date"))
    return Message(
        number,
        Participant(
            text_of(message.get("from"), "from") or "Deleted account",
            key_of(message.get("from_id")),
        ),
        _text(message.get("text")) or _question(message.get("poll")),
        epoch(at),
        key_of(message.get("id")),
    )


def _question(poll: object) -> str:
    """Return the question of a poll and its answers, which its author wrote; nothing for none."""
    if not isinstance(poll, dict):
        return ""
    answers = poll.get("answers")
    choices = answers if isinstance(answers, list) else []
    texts = (choice.get("text") for choice in choices if isinstance(choice, dict))
    return "\n".join(key for text in (poll.get("question"), *texts) if (key := key_of(text)))


def _text(value: object) -> str:
    """Return a text given as a string, or as pieces some of which are marked up."""
    if not isinstance(value, list):
        return text_of(value, "text")
    pieces = (piece.get("text") if isinstance(piece, dict) else piece for piece in value)
    return "".join(text_of(piece, "text") for piece in pieces)


SOURCE = Source(
    name="telegram",
    description="Telegram Desktop export (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Telegram Desktop, Export chat history or Export Telegram data, format JSON",
    kept="names and ids, times, chats that were left; cut into conversations by silence",
    left_out="joins, calls, pins, media, reactions, votes",
    loss=Loss.REST,
)
