"""Records of the index: a conversation with the texts and tags of its windows."""

from __future__ import annotations

from dataclasses import dataclass

from cgp.metadata import Tag


@dataclass(frozen=True, slots=True)
class IndexedWindow:
    """Turns ``start`` (included) to ``stop`` (excluded) of a conversation: their text and tags.

    ``text`` has one line per turn, ``name: words``.
    """

    start: int
    stop: int
    text: str
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexedConversation:
    """One conversation as the index knows it.

    ``id`` is the conversation's own identifier, ``started_at`` is in seconds since the epoch
    (None: unknown), ``participants`` are names in the order of the conversation, ``turns`` is
    their number, ``tags`` belong to the whole conversation and ``windows`` are its leaves.
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
