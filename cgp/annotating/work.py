"""The step of an annotating run: a stored conversation in, its windows and quality out, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cgp.annotating.tree import annotated_windows
from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.indexing.engines import RowMaker
from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.privacy import Gate
from cgp.quality import QUALITY_VERSION, Quality, measure
from cgp.store import AnnotatedConversation, QualityRecord


async def annotate_document(document: Mapping[str, Any], maker: RowMaker) -> str | None:
    """Return one line with the annotator's windows of a conversation, which it gets redacted.

    None for a conversation whose quality is below the least that is asked for.

    Raises:
        AnnotationError: if the annotator gives no answer.
        ValueError: if the document is not a conversation.
    """
    conversation = conversation_from_json(document["conversation"])
    safe = Gate.of(conversation, maker.policy).conversation
    # First, since it costs little and may spare the rest.
    quality = measure(safe, maker.embedder)
    if quality.summary < maker.min_quality:
        return None
    tree = await annotated_windows(
        safe, maker.annotator, maker.plan, maker.embedder, purpose="annotate", with_whole=True
    )
    line = {
        "id": conversation.id,
        "annotator": maker.annotator.name,
        "embedder": maker.embedder.id,
        "quality": asdict(quality),
        "windows": [window.to_json() for window in tree],
    }
    return json.dumps(line, ensure_ascii=False)


def annotated_of(line: str, conversations: Mapping[str, Conversation]) -> AnnotatedConversation:
    """Return the annotation in a line of ``annotate_document``; ``conversations`` by their ids."""
    document = json.loads(line)
    return AnnotatedConversation(
        conversation=conversations[document["id"]],
        annotator=document["annotator"],
        mined_windows=[
            MinedWindow(**(window | {"metadata": Metadata.from_json(window["metadata"])}))
            for window in document["windows"]
        ],
        quality=QualityRecord(
            QUALITY_VERSION, document["embedder"], Quality(**document["quality"])
        ),
    )
