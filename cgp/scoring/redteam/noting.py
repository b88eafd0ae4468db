"""Notes of a miner's annotator on a window: more tags than an answer holds.

Miners that run one annotator differ in their choice of its tags. The embedded annotator gives as
many tags as deserve it, which leaves nothing to choose; so here the next best candidates of its
ranking follow.
"""

from __future__ import annotations

import asyncio

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.annotators.embedded.labels import shipped_labels
from cgp.annotators.embedded.reading import read_window, reading_of
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.metadata import Metadata, Tag
from cgp.scoring.redteam.strategy import SPARE
from cgp.tagmodel import shipped_model

# Cosine from which a candidate would repeat a better one: the bound of the tag model's own choice.
_ALIKE = 0.55


class NotingAnnotator(EmbeddedAnnotator):
    """The embedded annotator, which adds further tags with less support to those of a window."""

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Return tags and profiles; see ``Annotator.annotate``.

        Only a window gets further tags: a ground truth has the annotator's own tags alone.
        """
        metadata = await super().annotate(conversation, max_tags=max_tags, purpose=purpose)
        if purpose != "window":
            return metadata
        return await asyncio.to_thread(_with_further_tags, metadata, conversation, max_tags)


def _with_further_tags(metadata: Metadata, conversation: Conversation, count: int) -> Metadata:
    """Return metadata with the next best candidates after its tags, ``count`` tags in all."""
    embedder = default_embedder()
    reading = reading_of(
        read_window(conversation),
        conversation,
        shipped_labels(embedder),
        embedder,
        default_encoder,
    )
    ranking = shipped_model().judge(reading, embedder)
    texts = {tag.text for tag in metadata.tags}
    picks = [i for i, candidate in enumerate(reading.candidates) if candidate.text in texts]
    further: list[Tag] = []
    for row in ranking.order.tolist():
        if len(metadata.tags) + len(further) >= count:
            break
        if not any(ranking.cosines[row, pick] >= _ALIKE for pick in picks):
            picks.append(row)
            further.append(Tag(reading.candidates[row].text, SPARE))
    return Metadata((*metadata.tags, *further), metadata.profiles)
