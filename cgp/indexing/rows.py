"""One conversation as a record of the index: the same step on a laptop and in a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from cgp.annotators import Annotator
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.metadata import Metadata, Tag
from cgp.search import IndexedConversation, IndexedWindow
from cgp.windows import WindowPlan, cut

Leaf = tuple[int, int, tuple[Tag, ...]]
"""A leaf window: its first turn, the turn after its last, and its tags, the best first."""

WINDOW_TAGS = 12
CONVERSATION_TAGS = 24


async def make_row(
    conversation: Conversation,
    annotator: Annotator,
    embedder: Embedder,
    plan: WindowPlan,
    verified_metadata: Metadata | None,
    *,
    leaves: Sequence[Leaf] = (),
) -> IndexedConversation:
    """Return a conversation as the index holds it, its windows annotated.

    A finished conversation and its ``leaves`` keep their verified tags; the annotator gives the
    others. ``embedder`` finds where topics shift, so the windows are those that miners get.

    Raises:
        AnnotationError: if the annotator gives no answer.
    """
    if verified_metadata is None:
        verified_metadata = await annotator.annotate(
            conversation, max_tags=CONVERSATION_TAGS, purpose="index"
        )
    windows = []
    for start, stop, verified_tags in leaves or _cut(conversation, plan, embedder):
        tags = verified_tags
        if not tags:
            part = conversation.excerpt(start, stop)
            answer = await annotator.annotate(part, max_tags=WINDOW_TAGS, purpose="index")
            tags = answer.tags
        # A finished leaf may have more tags: those of several miners.
        windows.append(indexed_window(conversation, start, stop, tags[:WINDOW_TAGS]))
    return IndexedConversation(
        id=conversation.id,
        source=conversation.source,
        title=conversation.title,
        language=conversation.language,
        started_at=seconds(conversation.started_at),
        participants=tuple(p.name for p in conversation.participants),
        turns=len(conversation.turns),
        tags=verified_metadata.tags,
        windows=tuple(windows),
    )


def indexed_window(
    conversation: Conversation, start: int, stop: int, tags: Iterable[Tag]
) -> IndexedWindow:
    """Return the window of the turns from ``start`` up to ``stop`` as the index holds it."""
    text = conversation.excerpt(start, stop).transcript
    return IndexedWindow(start, stop, text, tuple(tags))


def _cut(conversation: Conversation, plan: WindowPlan, embedder: Embedder) -> list[Leaf]:
    """Return the leaves of a conversation that has none yet, without tags."""
    return [(leaf.start, leaf.stop, ()) for leaf in cut(conversation, plan, embedder).leaves()]


def seconds(started_at: str | None) -> float | None:
    """Return an ISO 8601 time as seconds since the epoch; UTC where it names no zone."""
    if started_at is None:
        return None
    moment = datetime.fromisoformat(started_at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def to_line(record: IndexedConversation) -> str:
    """Return a record as one line of JSON."""
    return json.dumps(asdict(record), ensure_ascii=False, sort_keys=True)


def from_line(line: str) -> IndexedConversation:
    """Return the record of a line that ``to_line`` made."""
    document = json.loads(line)
    windows = tuple(
        IndexedWindow(w["start"], w["stop"], w["text"], _tags(w["tags"]))
        for w in document["windows"]
    )
    whole = {
        "participants": tuple(document["participants"]),
        "tags": _tags(document["tags"]),
        "windows": windows,
    }
    return IndexedConversation(**(document | whole))


def _tags(documents: Iterable[dict[str, Any]]) -> tuple[Tag, ...]:
    return tuple(Tag(**document) for document in documents)
