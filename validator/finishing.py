"""The end of a conversation: verified metadata, merged up its tree of windows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cgp.embedders import Embedder
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    Lease,
    MinedWindow,
    QualityRecord,
    ScoredAnswer,
    SerialWorker,
    Store,
    WindowRecord,
)
from validator.source import ConversationSource
from validator.standings import Standings
from validator.story import Story
from validator.verified import stored_tree, verified_conversation


@dataclass(frozen=True)
class Finishing:
    """Merges the verified answers of miners, and ends conversations at ``source``.

    ``standings`` say which miners count as one.
    """

    store: Store
    database: SerialWorker
    source: ConversationSource
    standings: Standings
    embedder: Embedder
    story: Story

    async def finish(self, lease: Lease, truth: GroundTruthRecord, quality: QualityRecord) -> None:
        """End a conversation of which all windows are done.

        Raises:
            LeaseLost: if somebody else holds it now.
        """
        identifier = lease.conversation.id
        windows = await self.database(self.store.windows_of, identifier)
        answers = {
            window.index: await self.database(self.store.answers_of, identifier, window.index)
            for window in windows
        }
        mined_windows = await asyncio.to_thread(self._mined_windows, lease, truth, windows, answers)
        # The first window is the whole: its metadata is the conversation's.
        metadata = mined_windows[0].metadata
        await self.source.finish(lease, ConversationResult(metadata, mined_windows, quality))
        tags = [tag.text for tag in metadata.tags]
        self.story.tell_end(lease.conversation, tags, len(windows))

    def _mined_windows(
        self,
        lease: Lease,
        truth: GroundTruthRecord,
        windows: list[WindowRecord],
        answers: Mapping[int, Sequence[ScoredAnswer]],
    ) -> list[MinedWindow]:
        """Return the verified metadata of the answers, for every window of the tree."""
        conversation = lease.conversation
        return verified_conversation(
            truth.metadata,
            stored_tree(conversation, truth.plan, self.embedder, windows),
            windows,
            answers,
            conversation=conversation,
            clusters=self.standings.clusters,
            embedder=self.embedder,
        )
