"""Records of chats with a model, as each service's export has them: an id, a title, messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cgp.conversation_json import Record
from cgp.sources.messages import About, Message, key_of, records_of, start_of, text_of


@dataclass(frozen=True, slots=True)
class ModelChat:
    """Facts about a chat, as its export has them: ``start`` is the time beside its messages."""

    source: str
    key: object
    title: object
    start: object


def model_chat_records(
    path: Path, number: int, chat: ModelChat, messages: Sequence[Message]
) -> Iterator[Record]:
    """Return the records of a chat.

    Raises:
        ConversationError: if its title is not text.
    """
    key = key_of(chat.key)
    about = About(
        chat.source,
        id=f"{chat.source}-{key}" if key else None,
        title=text_of(chat.title, "title"),
        started_at=start_of(chat.start, messages),
    )
    return records_of(path, number, about, messages)
