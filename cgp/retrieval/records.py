"""Records of the retrieval indexes: windows without tags, and the level of each in its source."""

from __future__ import annotations

from typing import Final

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.indexing.rows import indexed_window, seconds
from cgp.retrieval.passages import Level
from cgp.search import IndexedConversation
from cgp.windows import WindowPlan, cut

_PREFIX: Final = "library-"


def source_of(level: Level) -> str:
    """Return the source of the library's rows for readers of a level.

    The level is a part of the row itself, so each query filters by it.
    """
    return f"{_PREFIX}{level}"


def is_library_source(source: str) -> bool:
    """Tell whether a source is one of the library's."""
    return source.startswith(_PREFIX)


def level_of(source: str) -> Level:
    """Return the level of a row of the library; a row without one is its owner's alone."""
    try:
        return Level(source.removeprefix(_PREFIX))
    except ValueError:
        return Level.PRIVATE


def plain_record(
    conversation: Conversation, embedder: Embedder, plan: WindowPlan, source: str | None = None
) -> IndexedConversation:
    """Return a conversation as the index holds it, cut into windows and without tags.

    It must have come through the gate. ``embedder`` finds where topics shift.
    """
    return IndexedConversation(
        id=conversation.id,
        source=source or conversation.source,
        title=conversation.title,
        language=conversation.language,
        started_at=seconds(conversation.started_at),
        participants=tuple(participant.name for participant in conversation.participants),
        turns=len(conversation.turns),
        tags=(),
        windows=tuple(
            indexed_window(conversation, window.start, window.stop, ())
            for window in cut(conversation, plan, embedder).leaves()
        ),
    )
