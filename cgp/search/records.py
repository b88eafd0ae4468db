"""What the index is built from: a conversation with the texts and tags of its windows."""

from __future__ import annotations

from dataclasses import dataclass

from cgp.metadata import Tag


@dataclass(frozen=True, slots=True)
class IndexedWindow:
    """Turns ``start`` (included) to ``stop`` (excluded) of a conversation: their text and tags.

    ``text`` has one line per turn, ``name: what they said``.
    """

    start: int
    stop: int
    text: str
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexedConversation:
    """One conversation as the index knows it.

    ``id`` is the conversation's own identifier, ``started_at`` seconds since the epoch where it is
    known, ``participants`` their names in the order of the conversation, ``turns`` their number,
    ``tags`` those of the whole conversation and ``windows`` its leaves.
    """

    id: str
    source: str
    title: str | None
    language: str | None
    started_at: float | None
    participants: tuple[str, ...]
    turns: int
    tags: tuple[Tag, ...]
    windows: tuple[IndexedWindow, ...]
