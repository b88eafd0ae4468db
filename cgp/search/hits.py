"""Results of a search."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. ``score`` is the relevance, 0..1: how likely the query is about this (see
    ``ranking``); for a tag and for a similar conversation it is a cosine.

    For a window ``start`` and ``stop`` are its turns; for a conversation, the turns of its best
    window, whose ``text`` and ``tags`` are given. For a tag ``text`` is the tag itself and
    ``conversations`` the number of conversations that have it; the other fields are empty.
    ``repeats`` windows that show the passage of this one too were left out before the last result.
    """

    score: float
    conversation_id: str = ""
    title: str | None = None
    source: str = ""
    participants: tuple[str, ...] = ()
    started_at: float | None = None
    start: int = 0
    stop: int = 0
    tags: tuple[str, ...] = ()
    text: str = ""
    conversations: int = 1
    repeats: int = 0


def hit_of(row: Sequence[Any], score: float) -> Hit:
    """Return the hit of one row of windows or conversations."""
    _, own_id, title, source, participants, started_at, start, stop, tags, text = row
    return Hit(
        score=score,
        conversation_id=own_id,
        title=title,
        source=source,
        participants=tuple(json.loads(participants)),
        started_at=started_at,
        start=start,
        stop=stop,
        tags=tuple(tag for tag in tags.split("\n") if tag),
        text=text,
    )
