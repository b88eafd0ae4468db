"""Steps before a conversation is mined: its redaction, and the check of its quality."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.errors import CgpError
from cgp.privacy import RedactionPolicy
from cgp.quality import QUALITY_VERSION, measure
from cgp.store import QualityRecord, Store


class BoringConversationError(
    CgpError, code="validator.boring", remedy="lower MIN_QUALITY to mine it all the same"
):
    """A conversation that is not worth mining; the message says why."""


@dataclass(frozen=True)
class Preparing:
    """Redacts conversations by ``policy``, and refuses those of a quality below ``min_quality``."""

    store: Store
    policy: RedactionPolicy
    embedder: Embedder
    min_quality: float

    async def redacted(self, conversation: Conversation) -> Conversation:
        """Return a conversation as all others see it."""
        # On a thread of its own: a long one takes seconds, in which leases must be kept up.
        return await asyncio.to_thread(self.store.redacted, conversation, self.policy)

    async def quality(self, conversation: Conversation) -> QualityRecord:
        """Return the quality of a conversation.

        Raises:
            BoringConversationError: if it is below the operator's minimum.
        """
        quality = await asyncio.to_thread(measure, conversation, self.embedder)
        if quality.summary < self.min_quality:
            raise BoringConversationError(
                f"its quality {quality.summary:.2f} is below MIN_QUALITY ({self.min_quality:g})"
            )
        return QualityRecord(QUALITY_VERSION, self.embedder.id, quality)
