"""One conversation cut into its tree of windows, annotated and merged upwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from cgp.annotators import Annotator
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.meanings import same_meaning
from cgp.metadata import Metadata, merge
from cgp.mining import MinedWindow, merge_up, with_talk_of_window
from cgp.recurrence import by_recurrence
from cgp.windows import Window, WindowPlan, cut

# As many as a miner sends of a window by default, and as a validator's ground truth holds of the
# whole.
WINDOW_TAGS = 12
CONVERSATION_TAGS = 24


async def annotated_windows(
    conversation: Conversation,
    annotator: Annotator,
    plan: WindowPlan,
    embedder: Embedder,
    *,
    purpose: str,
    with_whole: bool = False,
) -> list[MinedWindow]:
    """Return the tree of windows in pre-order, its leaves annotated and merged upwards.

    ``with_whole`` has the annotator read the whole conversation as well, and its tags support those
    of the windows. The first tags of windows with parts stand in the order of ``cgp.recurrence``.
    ``embedder`` finds topic shifts and tags of one meaning.

    Raises:
        AnnotationError: if the annotator gives no answer.
    """
    tree = await asyncio.to_thread(cut, conversation, plan, embedder)
    leaves = []
    for leaf in tree.leaves():
        part = leaf.of(conversation)
        answer = await annotator.annotate(part, max_tags=WINDOW_TAGS, purpose=purpose)
        leaves.append(answer.shift(leaf.start))
    whole: list[Metadata] = []
    # Of a conversation of one window the window's tags are the whole's: once is enough.
    if with_whole and len(leaves) > 1:
        whole = [
            await annotator.annotate(conversation, max_tags=CONVERSATION_TAGS, purpose=purpose)
        ]
    return await asyncio.to_thread(_tree_with, conversation, tree, leaves, whole, embedder)


def _tree_with(
    conversation: Conversation,
    tree: Window,
    leaves: list[Metadata],
    whole: list[Metadata],
    embedder: Embedder,
) -> list[MinedWindow]:
    key = same_meaning([*whole, *leaves], embedder)
    root, *below = merge_up(tree, leaves, key, conversation)
    if whole:
        metadata = with_talk_of_window(merge([*whole, root.metadata], key=key), conversation, root)
        root = replace(root, metadata=metadata)
    return by_recurrence([root, *below], conversation)
